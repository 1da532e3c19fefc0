//! Real Redis and PostgreSQL servers, which can be frozen, killed and started again.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use crate::support::DEADLINE;

/// Where Debian has what is not on the path.
const BINARIES: &str = "/usr/lib/postgresql";

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Waits until something listens there.
#[track_caller]
fn wait(port: u16) {
    let end = Instant::now() + DEADLINE;
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "nothing listens on port {port}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A process and all that it has started.
fn family(parent: u32) -> Vec<u32> {
    let mut all = vec![parent];
    let mut index = 0;
    while let Some(parent) = all.get(index).copied() {
        let tasks = format!("/proc/{parent}/task/{parent}/children");
        let children = fs::read_to_string(tasks).unwrap_or_default();
        all.extend(
            children
                .split_whitespace()
                .filter_map(|pid| pid.parse::<u32>().ok()),
        );
        index += 1;
    }
    all
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may be gone by now.
        let _ = kill_process(pid, signal);
    }
}

/// A server that runs, or was killed.
#[derive(Debug)]
pub(crate) struct Running {
    port: u16,
    command: fn(&Path, u16) -> Command,
    folder: PathBuf,
    child: Child,
    // Removed last.
    _folder: TempDir,
}

impl Running {
    fn start(folder: TempDir, port: u16, command: fn(&Path, u16) -> Command) -> Self {
        let path = folder.path().to_owned();
        let child = spawn(command(&path, port));
        let running = Self {
            port,
            command,
            folder: path,
            child,
            _folder: folder,
        };
        wait(port);
        running
    }

    /// It stops in the middle of whatever it does.
    pub(crate) fn freeze(&self) {
        for pid in family(self.child.id()) {
            signal(pid, Signal::STOP);
        }
    }

    /// It goes on.
    pub(crate) fn thaw(&self) {
        for pid in family(self.child.id()) {
            signal(pid, Signal::CONT);
        }
    }

    /// It is gone at once.
    pub(crate) fn kill(&mut self) {
        for pid in family(self.child.id()) {
            signal(pid, Signal::KILL);
        }
        self.child.wait().expect("it has ended");
    }

    /// It is there again, at the same port.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn((self.command)(&self.folder, self.port));
        wait(self.port);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for pid in family(self.child.id()) {
            signal(pid, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

#[track_caller]
fn spawn(mut command: Command) -> Child {
    let program = command.get_program().to_owned();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
        .spawn()
        .unwrap_or_else(|error| panic!("{program:?} is needed: {error}"))
}

/// A Redis that keeps nothing on its disk, and its address.
pub(crate) fn redis() -> (Running, String) {
    let port = free_port();
    let folder = tempfile::tempdir().expect("a folder");
    let running = Running::start(folder, port, |folder, port| {
        let mut command = Command::new("redis-server");
        command
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(folder);
        command
    });
    (running, format!("redis://127.0.0.1:{port}/0"))
}

/// The newest PostgreSQL that is installed.
fn postgres_program(name: &str) -> PathBuf {
    let versions = fs::read_dir(BINARIES).into_iter().flatten().flatten();
    let mut programs: Vec<_> = versions
        .map(|version| version.path().join("bin").join(name))
        .filter(|program| program.exists())
        .collect();
    programs.sort();
    programs.pop().unwrap_or_else(|| PathBuf::from(name))
}

/// PostgreSQL refuses to be run by root.
fn as_postgres(program: PathBuf) -> Command {
    if !geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
        .arg(program);
    command
}

/// A PostgreSQL, and its address.
pub(crate) fn postgres() -> (Running, String) {
    let port = free_port();
    let folder = tempfile::tempdir().expect("a folder");
    if geteuid().is_root() {
        let chown = Command::new("chown")
            .arg("postgres")
            .arg(folder.path())
            .status();
        assert!(chown.expect("chown is needed").success());
    }
    let data = folder.path().join("data");
    let made = as_postgres(postgres_program("initdb"))
        .arg("-D")
        .arg(&data)
        .args(["-A", "trust", "-U", "postgres", "--no-sync"])
        .current_dir("/")
        .output()
        .expect("initdb of PostgreSQL is needed");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let running = Running::start(folder, port, |folder, port| {
        let mut command = as_postgres(postgres_program("postgres"));
        command
            .arg("-D")
            .arg(folder.join("data"))
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories=", "-c", "fsync=off"])
            .current_dir("/")
            .process_group(0);
        command
    });
    (
        running,
        format!("postgres://postgres@127.0.0.1:{port}/postgres"),
    )
}
