//! Running other programs, and what is said when one fails.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Why xtask stops: what to print, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) code: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: 1,
        }
    }

    /// Adds a paragraph that says what to do next.
    pub(crate) fn hint(mut self, hint: &str) -> Self {
        self.message.push('\n');
        self.message.push_str(hint);
        self
    }
}

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    // `cargo run` says where the package lies now; the path known at compile time is for a program
    // that is started without cargo.
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map(Path::to_owned).unwrap_or(package)
}

/// The cargo that runs us, in the workspace's root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs the command with its output shown; an exit code other than 0 is a failure with that code.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let line = shown(command);
    println!("$ {line}");
    let status = command
        .status()
        .map_err(|error| not_started(&line, &error))?;
    judge(&line, status)
}

/// [`run`], but the program is ended, and that is a failure, when it takes longer than `limit`.
pub(crate) fn run_within(limit: Duration, command: &mut Command) -> Result<(), Failure> {
    let line = shown(command);
    println!("$ {line}");
    let mut child = command
        .spawn()
        .map_err(|error| not_started(&line, &error))?;
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return judge(&line, status),
            Ok(None) if started.elapsed() < limit => thread::sleep(Duration::from_millis(50)),
            waited => {
                let threads = threads(child.id());
                // Both may fail only when it has ended meanwhile.
                let _ = child.kill();
                let _ = child.wait();
                return Err(Failure::new(match waited {
                    Ok(_) => format!(
                        "`{line}` did not end within {} s and was killed; its threads were:{threads}",
                        limit.as_secs()
                    ),
                    Err(error) => format!("cannot wait for `{line}`: {error}"),
                }));
            }
        }
    }
}

/// What each thread of a process does, as far as the system tells: its name, its state, and what it
/// waits for in the kernel.
fn threads(process: u32) -> String {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
        return " unknown".to_owned();
    };
    let mut told = String::new();
    for thread in threads.flatten() {
        let read = |file| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
        let status = read("status");
        let state = status.lines().find_map(|line| line.strip_prefix("State:"));
        let (name, state, place) = (read("comm"), state.unwrap_or(""), read("wchan"));
        let _ = write!(
            told,
            "\n    {:<16} {:<14} {place}",
            name.trim(),
            state.trim()
        );
    }
    told
}

/// What the command prints on stdout; stderr is shown.
pub(crate) fn output_of(command: &mut Command) -> Result<String, Failure> {
    let line = shown(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| not_started(&line, &error))?;
    judge(&line, output.status)?;
    String::from_utf8(output.stdout).map_err(|_| Failure::new(format!("`{line}` printed no UTF-8")))
}

/// Whether the command can be started and ends with exit code 0; nothing of it is shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn not_started(line: &str, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot start `{line}`: {error}"))
}

fn judge(line: &str, status: ExitStatus) -> Result<(), Failure> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(Failure {
            message: format!("`{line}` failed with exit code {code}"),
            code: u8::try_from(code).unwrap_or(1),
        }),
        (None, signal) => {
            let signal = signal.unwrap_or(0);
            Err(Failure {
                message: format!("`{line}` was ended by signal {signal}"),
                code: u8::try_from(128 + signal).unwrap_or(1),
            })
        }
    }
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let mut line = String::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            let _ = write!(
                line,
                "{}={} ",
                name.to_string_lossy(),
                quoted(&value.to_string_lossy())
            );
        }
    }
    let program = Path::new(command.get_program());
    let name = match program.file_name() {
        // The full path of cargo only hides what is run.
        Some(name) if name == "cargo" => name.to_string_lossy(),
        _ => program.to_string_lossy(),
    };
    line.push_str(&quoted(&name));
    for word in command.get_args() {
        line.push(' ');
        line.push_str(&quoted(&word.to_string_lossy()));
    }
    line
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_as_typed() {
        let mut command = Command::new("/some/where/cargo");
        command
            .args(["doc", "--no-deps", "two words", ""])
            .env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            shown(&command),
            "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'two words' ''"
        );
    }

    #[test]
    fn exit_codes_are_kept() {
        let failure =
            run(Command::new("sh").args(["-c", "exit 7"])).expect_err("exit 7 is a failure");
        assert_eq!(
            (failure.code, failure.message.as_str()),
            (7, "`sh -c 'exit 7'` failed with exit code 7")
        );
        let failure =
            run(Command::new("sh").args(["-c", "kill -9 $$"])).expect_err("a signal is a failure");
        assert_eq!(failure.code, 137);
        let failure =
            run(&mut Command::new("no-such-program")).expect_err("there is no such program");
        assert!(
            failure
                .message
                .starts_with("cannot start `no-such-program`: "),
            "{}",
            failure.message
        );
    }

    #[test]
    fn what_does_not_end_is_killed() {
        let failure = run_within(Duration::from_millis(100), Command::new("sleep").arg("60"))
            .expect_err("it does not end");
        let begin =
            "`sleep 60` did not end within 0 s and was killed; its threads were:\n    sleep ";
        assert!(failure.message.starts_with(begin), "{}", failure.message);
    }
}
