//! Starting outside programs, and ending them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use std::{env, thread};

use crate::http;
use crate::poll;
use crate::temp::TempDir;

/// How long a program may take to end after SIGTERM before it gets SIGKILL.
const GRACE: Duration = Duration::from_secs(5);

/// How long one request to a ready page may take.
const READY_REQUEST: Duration = Duration::from_secs(2);

/// How many ports are tried when another process takes the chosen one first.
const PORTS_TRIED: usize = 3;

/// How many of the log's last lines a panic shows.
const LINES_SHOWN: usize = 20;

/// A running program. Dropping it ends it: SIGTERM, then SIGKILL after some seconds.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    port: Option<u16>,
    /// Holds the log; removed after the program has ended.
    dir: TempDir,
}

impl Program {
    /// Starts the command, with nothing on stdin, and stdout and stderr in a log file. Does not
    /// wait for it.
    ///
    /// A program without a `/` in its name is looked for as [`find`] does.
    #[track_caller]
    pub fn start(command: Command) -> Self {
        let path = find(command.get_program());
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        let dir = TempDir::new();
        let started = File::create(log_path(&dir)).and_then(|log| {
            let mut command = tied(&path, &command);
            command
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log);
            spawn(command)
        });
        match started {
            Ok(child) => Self {
                name,
                child,
                port: None,
                dir,
            },
            Err(error) => panic!("cannot start {}: {error}", path.display()),
        }
    }

    /// Starts a server on a free port of 127.0.0.1 and waits until `ready_path` answers with status
    /// 200.
    ///
    /// `command` gets the port. It is called again, with another port, when some other process was
    /// faster in taking the port. Panics with the last lines of the log when the program ends early
    /// or `deadline` passes.
    #[track_caller]
    pub fn serve(
        ready_path: &str,
        deadline: Duration,
        mut command: impl FnMut(u16) -> Command,
    ) -> Self {
        let mut tried = 0;
        loop {
            tried += 1;
            let port = free_port();
            let mut program = Self::start(command(port));
            program.port = Some(port);
            match program.ready(ready_path, deadline) {
                Ok(()) => return program,
                Err(_) if tried < PORTS_TRIED && program.port_was_taken() => {}
                Err(reason) => panic!("{}: {reason}\n{}", program.name, program.last_lines()),
            }
        }
    }

    /// The program's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port of a program that was started by [`Program::serve`].
    #[track_caller]
    pub fn port(&self) -> u16 {
        match self.port {
            Some(port) => port,
            None => panic!("{} was started without a port", self.name),
        }
    }

    /// `127.0.0.1:PORT`, for a program that was started by [`Program::serve`].
    #[track_caller]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port())
    }

    /// The URL of this path, for a program that was started by [`Program::serve`].
    #[track_caller]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that it has written so far, stdout and stderr mixed.
    pub fn log(&self) -> String {
        match fs::read(log_path(&self.dir)) {
            Ok(log) => String::from_utf8_lossy(&log).into_owned(),
            Err(error) => format!("(no log: {error})"),
        }
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it ends by itself; panics with the last lines of the log when it does not.
    #[track_caller]
    pub fn wait(&mut self, deadline: Duration) -> ExitStatus {
        match self.ended(deadline) {
            Some(status) => status,
            None => panic!(
                "{} did not end within {deadline:?}\n{}",
                self.name,
                self.last_lines()
            ),
        }
    }

    /// Sends a signal, named without `SIG`: `TERM`, `INT`, `STOP`.
    #[track_caller]
    pub fn signal(&self, signal: &str) {
        if let Err(error) = self.try_signal(signal) {
            panic!(
                "cannot send SIG{signal} to {} ({}): {error}",
                self.name,
                self.pid()
            );
        }
    }

    /// Ends it with SIGTERM, or with SIGKILL if that does not work in some seconds, and says how it
    /// ended.
    #[track_caller]
    pub fn stop(mut self) -> ExitStatus {
        match self.end() {
            Ok(status) => status,
            Err(error) => panic!("cannot end {}: {error}", self.name),
        }
    }

    /// Asks until it is ready; `Err` says why it is not.
    fn ready(&mut self, path: &str, deadline: Duration) -> Result<(), String> {
        let url = self.url(path);
        poll::attempt(deadline, || {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Ok(Err(format!("ended before {url} was ready: {status}")));
            }
            match http::request("GET", &url, &[], b"", READY_REQUEST) {
                Ok(response) if response.status == 200 => Ok(Ok(())),
                Ok(response) => Err(format!("status {}", response.status)),
                Err(error) => Err(error.to_string()),
            }
        })
        .unwrap_or_else(|(waited, reason)| {
            Err(format!(
                "waited {:.1} s for {url} to be ready: {reason}",
                waited.as_secs_f64()
            ))
        })
    }

    fn port_was_taken(&mut self) -> bool {
        !self.is_running() && self.log().to_lowercase().contains("address already in use")
    }

    fn last_lines(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        let shown = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
        format!("the last lines of its log:\n{}", shown.join("\n"))
    }

    fn ended(&mut self, deadline: Duration) -> Option<ExitStatus> {
        poll::attempt(deadline, || self.child.try_wait().ok().flatten().ok_or(())).ok()
    }

    fn try_signal(&self, signal: &str) -> io::Result<()> {
        // The shell's own `kill`: the program of this name is not on every machine. The id cannot
        // have gone to another process, because it is kept until we have waited for the child.
        let status = Command::new("sh")
            .args([
                "-c",
                "kill -s \"$0\" \"$1\"",
                signal,
                &self.pid().to_string(),
            ])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other("kill failed"))
        }
    }

    fn end(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        if self.try_signal("TERM").is_ok()
            && let Some(status) = self.ended(GRACE)
        {
            return Ok(status);
        }
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("cannot end {} ({}): {error}", self.name, self.pid());
        }
    }
}

/// The full path of a program on `PATH`.
///
/// Panics where there is none; the message says how to install the programs that the tests need.
#[track_caller]
pub fn find(name: impl AsRef<OsStr>) -> PathBuf {
    let name = Path::new(name.as_ref());
    let found = if name.components().count() > 1 {
        name.is_file().then(|| name.to_owned())
    } else {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    };
    match found {
        Some(file) => file,
        None => panic!("{} is missing: run `cargo xtask install`", name.display()),
    }
}

/// A TCP port of 127.0.0.1 that nothing listens on, and that this process has not handed out
/// before.
#[track_caller]
pub fn free_port() -> u16 {
    static HANDED_OUT: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut handed_out = HANDED_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let bound = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        match bound {
            Ok(address) if handed_out.insert(address.port()) => return address.port(),
            Ok(_) => {}
            Err(error) => panic!("cannot listen on 127.0.0.1: {error}"),
        }
    }
}

/// Builds a program of this workspace, with its default features, and returns where it lies.
#[track_caller]
pub fn workspace_binary(package: &str, binary: &str) -> PathBuf {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(workspace_root())
        .args(["build", "--quiet", "--package", package, "--bin", binary])
        .arg("--message-format=json-render-diagnostics")
        .stdin(Stdio::null())
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => panic!("cannot start cargo: {error}"),
    };
    if !output.status.success() {
        panic!(
            "cannot build {binary} of {package}:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let executable = String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            (message["target"]["name"] == binary).then_some(())?;
            message["executable"].as_str().map(PathBuf::from)
        });
    match executable {
        Some(executable) => executable,
        None => panic!("cargo built {package}, but names no executable {binary}"),
    }
}

/// A program of a newer Debian that `cargo xtask install` unpacked beside the system: of
/// `prometheus-2.53` or `prometheus-3`.
#[track_caller]
pub fn beside(folder: &str, name: &str) -> PathBuf {
    let path = workspace_root()
        .join("target/tools")
        .join(folder)
        .join("root/usr/bin")
        .join(name);
    find(path.as_os_str())
}

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn workspace_root() -> PathBuf {
    // cargo says where the package lies now; the path known at compile time is for a test that is
    // started without cargo.
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let is_root = |folder: &&Path| {
        fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.contains("[workspace]"))
    };
    package
        .ancestors()
        .find(is_root)
        .unwrap_or(&package)
        .to_owned()
}

fn log_path(dir: &TempDir) -> PathBuf {
    dir.path().join("log")
}

/// The command, run through `setpriv` where there is one, so that the system kills the program when
/// this process ends without dropping its [`Program`]: a static, an abort, a SIGKILL.
fn tied(path: &Path, command: &Command) -> Command {
    let setpriv = env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("setpriv"))
        .find(|file| cfg!(target_os = "linux") && file.is_file());
    let mut tied = match setpriv {
        Some(setpriv) => {
            let mut tied = Command::new(setpriv);
            tied.args(["--pdeathsig", "KILL", "--"]).arg(path);
            tied
        }
        None => Command::new(path),
    };
    tied.args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        tied.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => tied.env(name, value),
            None => tied.env_remove(name),
        };
    }
    tied
}

/// Starts the command from a thread that never ends: "the parent has died" is said when the
/// *thread* that started the program ends, and a test's thread ends before a static does.
fn spawn(command: Command) -> io::Result<Child> {
    type Request = (Command, mpsc::Sender<io::Result<Child>>);
    static SPAWNER: OnceLock<mpsc::Sender<Request>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<Request>();
        thread::spawn(move || {
            for (mut command, answer) in receiver {
                // Nobody is there to answer only if the asking thread has ended.
                let _ = answer.send(command.spawn());
            }
        });
        sender
    });
    let (sender, receiver) = mpsc::channel();
    spawner.send((command, sender)).map_err(io::Error::other)?;
    receiver.recv().map_err(io::Error::other)?
}
