//! A judge that stays, for thousands of pages.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::{Family, LIMIT, SCRIPT, families, python_path};

/// One Python process with the parsers of [`strict_openmetrics`](super::strict_openmetrics) and
/// [`text_0_0_4`](super::text_0_0_4), which reads one page after the other. It is ended when this is
/// dropped.
#[derive(Debug)]
pub struct Reader {
    child: Child,
    pages: ChildStdin,
    answers: Receiver<String>,
}

impl Reader {
    /// Starts the process.
    #[track_caller]
    pub fn start() -> Self {
        let mut command = Command::new(python_path());
        command.args(["-I", "-c", SCRIPT, "many"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("cannot start {}: {error}", command.get_program().display()),
        };
        let (Some(pages), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            panic!("the judge has no pipes");
        };
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Reader {
            child,
            pages,
            answers,
        }
    }

    /// As [`strict_openmetrics`](super::strict_openmetrics).
    #[track_caller]
    pub fn openmetrics(&mut self, page: &str) -> Result<Vec<Family>, String> {
        self.read("openmetrics", page)
    }

    /// As [`text_0_0_4`](super::text_0_0_4).
    #[track_caller]
    pub fn text(&mut self, page: &str) -> Result<Vec<Family>, String> {
        self.read("text", page)
    }

    #[track_caller]
    fn read(&mut self, format: &str, page: &str) -> Result<Vec<Family>, String> {
        // The judge reads all of a page before it answers, so nobody waits for each other.
        let head = format!("{format} {}\n", page.len());
        let sent = self
            .pages
            .write_all(&[head.as_bytes(), page.as_bytes()].concat());
        if let Err(error) = sent.and_then(|()| self.pages.flush()) {
            panic!("the judge does not read: {error}");
        }
        let answer = match self.answers.recv_timeout(LIMIT) {
            Ok(answer) => answer,
            Err(error) => panic!("the judge does not answer: {error}"),
        };
        match serde_json::from_str(&answer) {
            Ok(json) => families(&json),
            Err(error) => panic!("the judge's answer is no JSON: {error}\n{answer}"),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Both may fail only when it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
