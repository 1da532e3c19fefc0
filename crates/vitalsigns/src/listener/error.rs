//! Why there is no listener.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::ListenerAddress;
use crate::endpoint::SelfTestError;

/// The metrics could not be served on a port of their own.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Endpoint, Listener, ListenerError, Registry};
///
/// let endpoint = Endpoint::new(&Registry::new());
/// let first = Listener::bind(endpoint.clone(), "127.0.0.1:0")?;
/// let error = Listener::bind(endpoint, first.address()).unwrap_err();
/// assert!(matches!(error, ListenerError::InUse { .. }));
/// # Ok::<(), ListenerError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListenerError {
    /// The text is no address.
    #[non_exhaustive]
    BadAddress {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Other machines can reach the address, and nobody said that they may.
    #[non_exhaustive]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// Another socket listens there: of this process or of another.
    #[non_exhaustive]
    InUse {
        /// Where.
        address: ListenerAddress,
    },
    /// The program lacks the permission.
    #[non_exhaustive]
    Denied {
        /// Where.
        address: ListenerAddress,
    },
    /// There is a file that is no socket; it is left alone.
    #[non_exhaustive]
    NotASocket {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses for another reason.
    #[non_exhaustive]
    Io {
        /// Where.
        address: ListenerAddress,
        /// What kind of error it is.
        kind: io::ErrorKind,
        /// What the system says.
        reason: String,
    },
    /// The socket is there, and does not serve the page as it should.
    SelfTest(SelfTestError),
}

impl ListenerError {
    pub(super) fn io(address: &ListenerAddress, error: &io::Error) -> Self {
        let address = address.clone();
        match error.kind() {
            io::ErrorKind::AddrInUse => ListenerError::InUse { address },
            io::ErrorKind::PermissionDenied => ListenerError::Denied { address },
            kind => ListenerError::Io {
                address,
                kind,
                reason: error.to_string(),
            },
        }
    }
}

impl fmt::Display for ListenerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenerError::BadAddress { text, reason } => write!(
                f,
                "`{text}` is no address to listen at ({reason}); write it as `127.0.0.1:9100`"
            ),
            ListenerError::NotLoopback { address } => write!(
                f,
                "`{address}` can be reached from other machines; listen at a loopback address such \
                 as `127.0.0.1:{}`, or call `allow_remote` if this is meant",
                address.port()
            ),
            ListenerError::InUse { address } => write!(
                f,
                "cannot listen at `{address}`: something listens there already"
            ),
            ListenerError::Denied {
                address: address @ ListenerAddress::Tcp(tcp),
            } if tcp.port() < 1024 => write!(
                f,
                "cannot listen at `{address}`: ports below 1024 need a privilege"
            ),
            ListenerError::Denied { address } => {
                write!(f, "cannot listen at `{address}`: permission denied")
            }
            ListenerError::NotASocket { path } => write!(
                f,
                "cannot listen at `{}`: there is a file that is no socket; remove it, or choose \
                 another path",
                path.display()
            ),
            ListenerError::Io {
                address, reason, ..
            } => {
                write!(f, "cannot listen at `{address}`: {reason}")
            }
            ListenerError::SelfTest(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ListenerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its words are this error's words already.
            ListenerError::SelfTest(error) => error.source(),
            _ => None,
        }
    }
}

impl From<SelfTestError> for ListenerError {
    fn from(error: SelfTestError) -> Self {
        ListenerError::SelfTest(error)
    }
}
