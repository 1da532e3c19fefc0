//! A real PostgreSQL.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{fs, thread};

use crate::backend::{Backend, START};
use crate::poll;
use crate::program::{self, Program};
use crate::temp::TempDir;

/// A server with an empty database `postgres` and one user, `app`, who needs a password.
#[derive(Debug)]
pub struct Postgres {
    program: Option<Program>,
    port: u16,
    dir: TempDir,
}

impl Postgres {
    /// The password of the user.
    pub const PASSWORD: &str = "hunter2-of-postgres";

    /// How many connections there may be.
    pub const MOST_CONNECTIONS: u32 = 20;

    /// Makes an empty server and starts it.
    #[track_caller]
    pub fn start() -> Self {
        let dir = TempDir::new();
        let password = dir.write("password", Self::PASSWORD);
        if is_root() {
            // It refuses to run as root; Debian's package makes a user for it.
            run(Command::new("chown")
                .args(["-R", "postgres"])
                .arg(dir.path()));
        }
        let mut init = as_user(&binary("initdb"));
        init.arg("-D").arg(dir.path().join("data"));
        // Not `scram-sha-256`: a client that is not optimised takes long to prove what it knows.
        init.args(["-U", "app", "-A", "password", "--no-sync", "-E", "UTF8"]);
        init.args(["--locale=C", "--pwfile"]).arg(password);
        run(&mut init);
        let mut postgres = Postgres {
            program: None,
            port: program::free_port(),
            dir,
        };
        postgres.resume();
        postgres
    }

    /// The port, the same after a stop.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it is, and for whom.
    pub fn url(&self) -> String {
        let (password, port) = (Self::PASSWORD, self.port);
        format!("postgres://app:{password}@127.0.0.1:{port}/postgres")
    }

    /// Stops it, with all connections.
    #[track_caller]
    pub fn stop(&mut self) {
        if let Some(mut program) = self.program.take() {
            // What SIGTERM asks for waits for its clients.
            program.signal("INT");
            program.wait(START);
        }
    }
}

impl Backend for Postgres {
    #[track_caller]
    fn resume(&mut self) {
        let mut server = as_user(&binary("postgres"));
        server.arg("-D").arg(self.dir.path().join("data"));
        for setting in [
            format!("port={}", self.port),
            format!("max_connections={}", Self::MOST_CONNECTIONS),
            "superuser_reserved_connections=0".into(),
            "listen_addresses=127.0.0.1".into(),
            "unix_socket_directories=".into(),
            "fsync=off".into(),
        ] {
            server.arg("-c").arg(setting);
        }
        let program = Program::start(server);
        poll::until_ok(START, "PostgreSQL", || {
            let mut ask = Command::new(binary("pg_isready"));
            ask.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
            match succeeds(&mut ask) {
                true => Ok(()),
                false => Err(program.log()),
            }
        });
        self.program = Some(program);
    }

    fn process(&mut self) -> &mut Option<Program> {
        &mut self.program
    }

    #[track_caller]
    fn signal(&self, signal: &str) {
        let Some(program) = &self.program else {
            panic!("PostgreSQL is stopped");
        };
        let pid = program.pid();
        // While there is somebody to ask.
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.unwrap_or_default();
        program.signal(signal);
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill -s \"$0\" \"$@\"", signal]);
        // One that has ended meanwhile needs no signal.
        succeeds(kill.args(children.split_whitespace()));
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.program.is_some() && !thread::panicking() {
            self.thaw();
            self.stop();
        }
    }
}

/// Where Debian has it, or on the `PATH`.
fn binary(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let file = entry.path().join("bin").join(name);
            file.is_file().then_some((version, file))
        })
        .max();
    newest.map_or_else(|| program::find(name), |(_, file)| file)
}

/// The command, as a user who is not root.
fn as_user(binary: &PathBuf) -> Command {
    if !is_root() {
        return Command::new(binary);
    }
    let mut command = Command::new(program::find("setpriv"));
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    // Another user is another process to the system, which forgets what it was told.
    command.args(["--pdeathsig", "KILL", "--"]).arg(binary);
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        let uids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        uids.and_then(|uids| uids.split_whitespace().nth(1)) == Some("0")
    })
}

fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

#[track_caller]
fn run(command: &mut Command) {
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr);
            panic!("{command:?}: {}\n{text}", output.status);
        }
        Err(error) => panic!("{command:?}: {error}"),
    }
}
