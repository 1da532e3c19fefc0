//! A real Redis.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use crate::backend::{Backend, START};
use crate::poll;
use crate::program::{Program, free_port};

/// A server that keeps nothing on disk and wants a password.
#[derive(Debug)]
pub struct Redis {
    program: Option<Program>,
    port: u16,
}

impl Redis {
    /// The password.
    pub const PASSWORD: &str = "hunter2-of-redis";

    /// Starts an empty server.
    #[track_caller]
    pub fn start() -> Self {
        let mut redis = Redis {
            program: None,
            port: free_port(),
        };
        redis.resume();
        redis
    }

    /// The port, the same after a stop.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it is, and for whom.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", Self::PASSWORD, self.port)
    }

    /// Stops it, with all connections.
    #[track_caller]
    pub fn stop(&mut self) {
        if let Some(program) = self.program.take() {
            program.stop();
        }
    }

    /// Sends one command over a connection of its own; `Err` says what it answered, or why not.
    pub fn command(&self, line: &str) -> Result<(), String> {
        let ask = || {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            write!(stream, "AUTH {}\r\n{line}\r\nQUIT\r\n", Self::PASSWORD)?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok::<_, std::io::Error>(answer)
        };
        match ask() {
            Ok(answer) if answer.contains("\r\n+") && !answer.contains('-') => Ok(()),
            Ok(answer) => Err(answer),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Backend for Redis {
    #[track_caller]
    fn resume(&mut self) {
        let mut server = Command::new("redis-server");
        server.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"]);
        server.args(["--save", "", "--appendonly", "no"]);
        server.args(["--requirepass", Self::PASSWORD]);
        self.program = Some(Program::start(server));
        poll::until_ok(START, "Redis", || self.command("PING"));
    }

    fn process(&mut self) -> &mut Option<Program> {
        &mut self.program
    }

    #[track_caller]
    fn signal(&self, signal: &str) {
        match &self.program {
            Some(program) => program.signal(signal),
            None => panic!("Redis is stopped"),
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(program) = &self.program {
            // One that is halted would not end.
            program.signal("CONT");
        }
    }
}
