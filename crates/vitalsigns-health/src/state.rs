//! What can be said of a check, and why.

use std::fmt;

use vitalsigns::LabelValue;

/// What is known of a check, or of a group of them; from good to bad.
///
/// # Examples
///
/// ```
/// use vitalsigns_health::State;
///
/// assert!(State::Down > State::Unknown && State::Degraded > State::Up);
/// assert_eq!(State::Degraded.to_string(), "degraded");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It works.
    Up,
    /// It works, not as well as it should.
    Degraded,
    /// Nobody knows: it was not looked at yet, or not for too long, or it is not implemented.
    Unknown,
    /// It does not work.
    Down,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_label())
    }
}

/// Why a check is not up: a closed set, so that it can be shown and logged without showing what
/// an error says.
///
/// # Examples
///
/// ```
/// use std::io;
/// use vitalsigns_health::{Cause, Failure};
///
/// let error = io::Error::new(io::ErrorKind::ConnectionRefused, "postgres://app:secret@db:5432");
/// assert_eq!(Failure::from(error).cause(), Cause::Refused);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// There is no result yet.
    Starting,
    /// The last result is too old to say anything.
    Stale,
    /// The service stops.
    Draining,
    /// There is no check behind the name.
    NotImplemented,
    /// There is nothing to check where there should be something.
    NotConfigured,
    /// The check panicked.
    Panicked,
    /// There was no result in time.
    Timeout,
    /// Nobody listens there.
    Refused,
    /// The connection ended, or there is no way to the peer.
    Unreachable,
    /// The name of the host is not known.
    Dns,
    /// There is no TLS with the peer, or its certificate is not trusted.
    Tls,
    /// The peer does not know us, or does not let us in.
    Auth,
    /// The peer does not speak as it should.
    Protocol,
    /// There is no connection, or no place, left.
    Exhausted,
    /// A limit is reached.
    Limit,
    /// What should be writable is not.
    ReadOnly,
    /// A file, a program or a thing in it is missing.
    Missing,
    /// It is there, and not what it should be.
    Mismatch,
    /// The peer says that it is not well itself.
    Unavailable,
    /// Another error.
    Error,
    /// What the check says itself.
    Reported,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_label())
    }
}
