//! For the tests of the examples: the program itself, and waiting with a deadline.

use std::{
    io::{BufRead, BufReader, Lines, Read},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// How long anything may take before a test fails.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until something becomes true.
pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < end, "it does not happen: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// A program that was started; it is killed when this is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts a program with nothing on its input; what it says is read here.
    #[track_caller]
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { child, lines }
    }

    /// Runs a program that must fail, and gives what it complains of.
    #[track_caller]
    pub fn complaint(command: Command) -> String {
        let mut program = Self::start(command);
        assert_eq!(program.exit_code(DEADLINE), Some(1));
        program.complaints()
    }

    /// The next line that it says.
    #[track_caller]
    pub fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
    }

    /// All the lines that it says until it ends.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<String> {
        self.lines
            .by_ref()
            .map(|line| line.expect("text"))
            .collect()
    }

    /// Where it listens and has its metrics, from the next line.
    #[track_caller]
    pub fn address(&mut self) -> SocketAddr {
        let line = self.line();
        let (_, url) = line.rsplit_once("http://").unwrap_or_default();
        let addr = url
            .strip_suffix("/metrics")
            .and_then(|addr| addr.parse().ok());
        addr.unwrap_or_else(|| panic!("no address of metrics in {line}"))
    }

    /// Sends a signal, as `TERM` or `INT`.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        // The shell's own `kill`: the program of this name is not on every machine.
        let kill = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", name, &pid])
            .status()
            .expect("kill can be run");
        assert!(kill.success());
    }

    /// Waits for its end and gives its exit code; what it says must be no more than a pipe holds.
    #[track_caller]
    pub fn exit_code(&mut self, within: Duration) -> Option<i32> {
        let end = Instant::now() + within;
        loop {
            if let Some(status) = self
                .child
                .try_wait()
                .expect("the program can be waited for")
            {
                return status.code();
            }
            assert!(
                Instant::now() < end,
                "the program does not end within {within:?}"
            );
            std::thread::sleep(PAUSE);
        }
    }

    /// All that it complains of until it ends.
    #[track_caller]
    pub fn complaints(&mut self) -> String {
        let mut complaints = String::new();
        let mut stderr = self.child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut complaints).expect("text");
        complaints
    }

    /// Kills it and waits for its end.
    #[track_caller]
    pub fn kill(&mut self) {
        self.child.kill().expect("the program can be killed");
        self.child.wait().expect("the program has ended");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the demo of a program until a signal stops it: it must end well within that time, and leave
/// no file behind.
///
/// `progress` is what its first line of progress says.
#[track_caller]
pub fn signals_end_a_demo(
    mut command: impl FnMut() -> Command,
    progress: &[&str],
    within: Duration,
) {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = command();
        command.env("TMPDIR", folder.path());
        let mut program = Program::start(command);
        program.address();
        // The line in between says what it works with.
        program.line();
        let line = program.line();
        assert!(progress.iter().all(|part| line.contains(part)), "{line}");
        program.signal(signal);
        assert_eq!(program.exit_code(within), Some(0), "{signal}");
        let left = std::fs::read_dir(folder.path()).expect("the folder is there");
        assert_eq!(left.count(), 0, "{signal} leaves files behind");
    }
}
