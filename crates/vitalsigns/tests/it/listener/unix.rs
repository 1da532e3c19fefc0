//! On a Unix socket in place of a port.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use vitalsigns::ListenerError;

use super::{LAST, SOON, all, builder, status};

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vs-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("metrics.sock")
    }

    fn files(&self) -> usize {
        fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn sent(path: &PathBuf, text: &str) -> String {
    let mut client = UnixStream::connect(path).unwrap();
    client.set_read_timeout(Some(SOON)).unwrap();
    client.write_all(text.as_bytes()).unwrap();
    all(client)
}

#[test]
fn a_unix_socket_serves_the_same_and_removes_its_file() {
    let folder = Folder::new("serves");
    let path = folder.socket();
    let server = builder().0.bind_unix(&path).unwrap();
    assert_eq!(server.address().to_string(), path.display().to_string());
    assert_eq!(server.address().socket_addr(), None);
    assert!(sent(&path, LAST).contains("\njobs_total 0\n"));
    let waiting = UnixStream::connect(&path).unwrap();
    server.shut_down();
    assert_eq!(all(waiting), "");
    assert_eq!(folder.files(), 0);
}

#[test]
fn only_those_may_connect_who_are_allowed() {
    let folder = Folder::new("mode");
    let path = folder.socket();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let server = builder().0.bind_unix(&path).unwrap();
    assert_eq!(mode(), 0o600);
    server.shut_down();
    let server = builder().0.allow_group().bind_unix(&path).unwrap();
    assert_eq!(mode(), 0o660);
    server.shut_down();
}

#[test]
fn the_file_of_the_dead_is_replaced_and_that_of_the_living_is_not() {
    let folder = Folder::new("dead");
    let path = folder.socket();
    // The file stays when its socket is closed, as when a process dies.
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let server = builder().0.bind_unix(&path).unwrap();
    let error = builder().0.bind_unix(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen at `{}`: something listens there already",
            path.display()
        )
    );
    assert_eq!(status(&sent(&path, LAST)), 200);
    assert_eq!(folder.files(), 1);
    server.shut_down();
}

#[test]
fn what_is_no_socket_is_left_alone() {
    let folder = Folder::new("file");
    let path = folder.socket();
    fs::write(&path, "letters").unwrap();
    let error = builder().0.bind_unix(&path).unwrap_err();
    assert!(matches!(error, ListenerError::NotASocket { .. }));
    assert_eq!(fs::read_to_string(&path).unwrap(), "letters");
    let nowhere = folder.0.join("no/metrics.sock");
    let error = builder().0.bind_unix(&nowhere).unwrap_err();
    assert!(matches!(
        error,
        ListenerError::Io {
            kind: ErrorKind::NotFound,
            ..
        }
    ));
    let long = folder.0.join("x".repeat(200));
    assert!(builder().0.bind_unix(&long).is_err());
    assert_eq!(folder.files(), 1);
}

#[test]
fn the_file_of_a_successor_is_not_removed() {
    let folder = Folder::new("successor");
    let path = folder.socket();
    let server = builder().0.bind_unix(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let successor = builder().0.bind_unix(&path).unwrap();
    // It ends though nobody can reach it by its name any more.
    server.shut_down();
    assert_eq!(status(&sent(&path, LAST)), 200);
    successor.shut_down();
    assert_eq!(folder.files(), 0);
}
