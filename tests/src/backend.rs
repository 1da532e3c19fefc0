//! What can happen to a server that others depend on.

use std::time::Duration;

use crate::program::Program;

/// How long a start may take, and an end.
pub(crate) const START: Duration = Duration::from_secs(30);

/// A server that can be disturbed.
pub trait Backend {
    /// Starts it again, at the same port, and waits until it answers.
    fn resume(&mut self);

    /// Its process, unless it is stopped.
    fn process(&mut self) -> &mut Option<Program>;

    /// Sends a signal to all of its processes.
    fn signal(&self, signal: &str);

    /// Halts it where it is.
    #[track_caller]
    fn freeze(&self) {
        self.signal("STOP");
    }

    /// Has it go on.
    #[track_caller]
    fn thaw(&self) {
        self.signal("CONT");
    }

    /// Kills it, so that it has no time for anything.
    #[track_caller]
    fn kill(&mut self) {
        self.signal("KILL");
        if let Some(mut process) = self.process().take() {
            process.wait(START);
        }
    }
}
