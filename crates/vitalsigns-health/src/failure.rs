//! Errors, reduced to what may be shown.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;

use crate::state::Cause;

/// Why a check failed, without what the error said: messages of drivers have hosts, users and
/// passwords in them.
///
/// Every error becomes one by `?`, by what kind of error it is or was caused by. Words of your own
/// are yours to choose: [`Failure::because`].
///
/// # Examples
///
/// ```
/// use vitalsigns_health::{Check, Failure, Outcome};
///
/// let check = Check::new("cache", || async {
///     tokio::net::TcpStream::connect("127.0.0.1:1").await?;
///     Ok::<_, Failure>(Outcome::up())
/// });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    cause: Cause,
    reason: Option<Cow<'static, str>>,
}

impl Failure {
    /// A failure of this cause.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_health::{Cause, Failure};
    ///
    /// assert_eq!(Failure::new(Cause::Auth).cause(), Cause::Auth);
    /// ```
    pub fn new(cause: Cause) -> Self {
        Failure {
            cause,
            reason: None,
        }
    }

    /// A failure in your own words, which callers with the token see as they are.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_health::{Cause, Failure};
    ///
    /// let failure = Failure::because("the migration is not done");
    /// assert_eq!(failure.cause(), Cause::Reported);
    /// ```
    pub fn because(reason: impl Into<Cow<'static, str>>) -> Self {
        Failure {
            cause: Cause::Reported,
            reason: Some(reason.into()),
        }
    }

    /// The cause.
    ///
    /// # Examples
    ///
    /// See [`Failure::new`].
    pub fn cause(&self) -> Cause {
        self.cause
    }

    pub(crate) fn into_parts(self) -> (Cause, Option<Cow<'static, str>>) {
        (self.cause, self.reason)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Some(reason) => f.write_str(reason),
            None => self.cause.fmt(f),
        }
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::new(cause_of(&error))
    }
}

/// The first error of the chain that is of a known kind.
pub(crate) fn cause_of(error: &(dyn Error + 'static)) -> Cause {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(cause) = known(error) {
            return cause;
        }
        next = error.source();
    }
    Cause::Error
}

fn known(error: &(dyn Error + 'static)) -> Option<Cause> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return of_io(error);
    }
    if error.is::<tokio::time::error::Elapsed>() {
        return Some(Cause::Timeout);
    }
    #[cfg(feature = "postgres")]
    if let Some(cause) = crate::checks::postgres::known(error) {
        return Some(cause);
    }
    #[cfg(feature = "redis")]
    if let Some(cause) = crate::checks::redis::known(error) {
        return Some(cause);
    }
    #[cfg(feature = "http")]
    if let Some(cause) = crate::checks::http::known(error) {
        return Some(cause);
    }
    None
}

fn of_io(error: &io::Error) -> Option<Cause> {
    use io::ErrorKind as Kind;
    // What is wrapped says more than the kind that it was given.
    if let Some(inner) = error.get_ref()
        && let Some(cause) = known(inner)
    {
        return Some(cause);
    }
    Some(match error.kind() {
        Kind::ConnectionRefused => Cause::Refused,
        Kind::TimedOut | Kind::WouldBlock => Cause::Timeout,
        Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
        | Kind::UnexpectedEof
        | Kind::NotConnected
        | Kind::HostUnreachable
        | Kind::NetworkUnreachable
        | Kind::NetworkDown
        | Kind::AddrNotAvailable => Cause::Unreachable,
        Kind::PermissionDenied => Cause::Auth,
        Kind::NotFound => Cause::Missing,
        Kind::InvalidData => Cause::Protocol,
        Kind::StorageFull | Kind::QuotaExceeded | Kind::OutOfMemory => Cause::Exhausted,
        Kind::ReadOnlyFilesystem => Cause::ReadOnly,
        // The standard library has no kind for it.
        _ if error.to_string().starts_with("failed to lookup address") => Cause::Dns,
        // Hosts of a driver may be wrapped in an error of its own.
        _ => return None,
    })
}
