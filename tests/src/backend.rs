//! What can happen to a server.

use crate::postgres::Postgres;
use crate::redis::Redis;

/// A server that can be disturbed, for tests that do the same to several.
pub trait Backend {
    /// Halts it where it is.
    fn freeze(&self);
    /// Has it go on.
    fn thaw(&self);
    /// Kills it.
    fn kill(&mut self);
    /// Starts it again, at the same port.
    fn resume(&mut self);
}

macro_rules! server {
    ($($server:ty),+) => {$(
        impl Backend for $server {
            #[track_caller]
            fn freeze(&self) {
                self.freeze();
            }

            #[track_caller]
            fn thaw(&self) {
                self.thaw();
            }

            #[track_caller]
            fn kill(&mut self) {
                self.kill();
            }

            #[track_caller]
            fn resume(&mut self) {
                self.resume();
            }
        }
    )+};
}

server!(Postgres, Redis);
