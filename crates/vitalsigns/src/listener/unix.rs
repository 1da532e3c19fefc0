//! The file of a Unix socket.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{ListenerAddress, ListenerError};

/// How long a listener may take to let somebody in and still be taken for dead.
const ALIVE: Duration = Duration::from_secs(1);

/// Listens at `path` with these permissions.
///
/// The socket is made under another name beside it and then moved: nobody sees it with other
/// permissions, and where the file of a dead process is, there is always one.
pub(super) fn bind(path: &Path, mode: u32) -> Result<(UnixListener, SocketFile), ListenerError> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let address = ListenerAddress::Unix(path.to_owned());
    let failed = |error: io::Error| ListenerError::io(&address, &error);
    make_sure_nobody_listens(path, &address)?;
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    let draft = path.with_file_name(format!(".{:x}-{made:x}", process::id()));
    let _ = fs::remove_file(&draft);
    let socket = UnixListener::bind(&draft).map_err(failed)?;
    let moved = fs::set_permissions(&draft, Permissions::from_mode(mode))
        .and_then(|()| SocketFile::of(&draft, path))
        .and_then(|file| fs::rename(&draft, path).map(|()| file));
    match moved {
        Ok(file) => Ok((socket, file)),
        Err(error) => {
            let _ = fs::remove_file(&draft);
            Err(failed(error))
        }
    }
}

fn make_sure_nobody_listens(path: &Path, address: &ListenerAddress) -> Result<(), ListenerError> {
    let failed = |error: io::Error| ListenerError::io(address, &error);
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(file) if !file.file_type().is_socket() => {
            return Err(ListenerError::NotASocket {
                path: path.to_owned(),
            });
        }
        Ok(_) => {}
    }
    // A listener that is alive and lets nobody in keeps us waiting, so somebody else waits.
    let (says, answer) = mpsc::channel();
    let asked = path.to_owned();
    thread::Builder::new()
        .name("metrics-probe".to_owned())
        .spawn(move || says.send(UnixStream::connect(asked).map(drop)))
        .map_err(failed)?;
    match answer.recv_timeout(ALIVE) {
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(Err(error)) => Err(failed(error)),
        Ok(Ok(())) | Err(_) => Err(ListenerError::InUse {
            address: address.clone(),
        }),
    }
}

/// The file of a socket that listens; removed when it is dropped, unless it is another's by then.
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    fn of(now: &Path, later: &Path) -> io::Result<Self> {
        Ok(SocketFile {
            // Absolute: the program may change its folder.
            path: std::path::absolute(later)?,
            identity: identity(now)?,
        })
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
