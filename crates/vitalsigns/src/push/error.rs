//! Why a push did not arrive.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::RegisterError;
use crate::own::Outcome;

/// A pusher could not be made, or what it pushed was not taken.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns::{PushError, Pusher, Registry};
///
/// // Nothing listens here.
/// let pusher = Pusher::builder(&Registry::new(), "http://127.0.0.1:9")
///     .job("nightly-import")
///     .retries(0)
///     .build()?;
/// match pusher.push() {
///     Err(PushError::Unreachable { url, attempts, .. }) => {
///         assert_eq!(url, "http://127.0.0.1:9/metrics/job/nightly-import");
///         assert_eq!(attempts, 1);
///     }
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), PushError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// The address of the gateway is none.
    #[non_exhaustive]
    Address {
        /// The address; without a user, who should not be in it.
        url: String,
        /// Why, and what would be right.
        reason: &'static str,
    },
    /// The builder was told no job, or an empty one.
    NoJob,
    /// The grouping key cannot have this label.
    #[non_exhaustive]
    Label {
        /// The name of the label.
        label: String,
        /// Why, and what would be right.
        reason: &'static str,
    },
    /// The library's own metrics about pushes have no place in the registry.
    #[non_exhaustive]
    Register {
        /// Why not.
        error: RegisterError,
    },
    /// A label of the grouping key is also one of the registry's. The gateway would overwrite it,
    /// so that series that it tells apart become one.
    #[non_exhaustive]
    Inconsistent {
        /// The name of the label.
        label: String,
        /// A metric that has it; `None` if it is a constant label.
        metric: Option<String>,
    },
    /// The file with the token or the password cannot be read.
    #[non_exhaustive]
    SecretFile {
        /// The file.
        file: PathBuf,
        /// Why not.
        error: io::ErrorKind,
    },
    /// The token or the password is empty, or cannot stand in a header.
    #[non_exhaustive]
    Secret {
        /// The file that it is in, if it is one.
        file: Option<PathBuf>,
        /// Why, and what would be right.
        reason: &'static str,
    },
    /// The gateway could not be asked: nobody listens, the host is not known, or the connection
    /// broke.
    #[non_exhaustive]
    Unreachable {
        /// The group.
        url: String,
        /// Why not.
        reason: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The gateway did not answer in time.
    #[non_exhaustive]
    Timeout {
        /// The group.
        url: String,
        /// How long there was for all attempts.
        timeout: Duration,
        /// How often it was tried; the last time had no answer.
        attempts: u32,
    },
    /// The answer names another address. It is not followed: a push would lose its body, and a
    /// secret might go astray.
    #[non_exhaustive]
    Redirect {
        /// The group.
        url: String,
        /// The status of the answer.
        status: u16,
        /// The address that it names; empty if it names none.
        location: String,
    },
    /// The gateway, or something in front of it, did not take it.
    #[non_exhaustive]
    Status {
        /// The group.
        url: String,
        /// The status of the answer.
        status: u16,
        /// The first line of the answer.
        message: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The thread that pushes from time to time could not be started, or has died.
    #[non_exhaustive]
    Thread {
        /// Why.
        reason: String,
    },
}

impl PushError {
    /// How a push that failed so has ended.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            PushError::Unreachable { .. } | PushError::Thread { .. } => Outcome::Unreachable,
            PushError::Timeout { .. } => Outcome::Timeout,
            PushError::Status { status, .. } if *status == 429 || *status >= 500 => {
                Outcome::Unavailable
            }
            PushError::Redirect { .. } | PushError::Status { .. } => Outcome::Refused,
            _ => Outcome::Invalid,
        }
    }
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PushError::Address { url, reason } => {
                write!(f, "`{url}` is no address of a Pushgateway: {reason}")
            }
            PushError::NoJob => f.write_str(
                "what is pushed belongs to a job; say which, as in `job(\"nightly-import\")`",
            ),
            PushError::Label { label, reason } => {
                write!(f, "label `{label}` of the grouping key: {reason}")
            }
            PushError::Register { error } => write!(f, "pushes cannot be counted: {error}"),
            PushError::Inconsistent { label, metric } => {
                write!(f, "label `{label}` of the grouping key is also ")?;
                match metric {
                    Some(metric) => write!(f, "a label of metric `{metric}`")?,
                    None => f.write_str("a constant label of the registry")?,
                }
                f.write_str(", which the gateway would overwrite; give one of them another name")
            }
            PushError::SecretFile { file, error } => write!(
                f,
                "the file with the secret for the gateway, `{}`, cannot be read: {error}",
                file.display()
            ),
            PushError::Secret { file, reason } => {
                f.write_str("the secret for the gateway")?;
                if let Some(file) = file {
                    write!(f, ", in `{}`,", file.display())?;
                }
                write!(f, " {reason}")
            }
            PushError::Unreachable {
                url,
                reason,
                attempts,
            } => {
                write!(f, "cannot reach `{url}`: {reason}")?;
                tried(*attempts, f)
            }
            PushError::Timeout {
                url,
                timeout,
                attempts,
            } => {
                write!(f, "`{url}` did not answer within {timeout:?}")?;
                tried(*attempts, f)
            }
            PushError::Redirect {
                url,
                status,
                location,
            } => write!(
                f,
                "`{url}` answered with status {status}, a redirect to `{location}`; push to the \
                 gateway's own address"
            ),
            PushError::Status {
                url,
                status,
                message,
                attempts,
            } => {
                write!(f, "`{url}` answered with status {status}")?;
                if !message.is_empty() {
                    write!(f, ": {message}")?;
                }
                f.write_str(match status {
                    401 | 403 => "; it wants `basic_auth` or a bearer token, or another one",
                    404 | 405 => {
                        "; the address is to be that of a Pushgateway, without `/metrics` at its end"
                    }
                    413 => "; the page is too long for it",
                    _ => "",
                })?;
                tried(*attempts, f)
            }
            PushError::Thread { reason } => write!(f, "no thread pushes any more: {reason}"),
        }
    }
}

fn tried(attempts: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match attempts {
        0 | 1 => Ok(()),
        _ => write!(f, " (tried {attempts} times)"),
    }
}

impl std::error::Error for PushError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            PushError::Register { error } => Some(error),
            _ => None,
        }
    }
}
