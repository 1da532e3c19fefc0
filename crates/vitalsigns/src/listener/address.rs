//! Where to listen, and who can come from there.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use super::ListenerError;

/// Where a [`Listener`](crate::Listener) listens.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Endpoint, Listener, ListenerAddress, Registry};
///
/// let server = Listener::bind(Endpoint::new(&Registry::new()), "127.0.0.1:0")?;
/// let ListenerAddress::Tcp(address) = server.address() else { unreachable!() };
/// assert_ne!(address.port(), 0);
/// assert_eq!(server.address().to_string(), address.to_string());
/// # Ok::<(), vitalsigns::ListenerError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListenerAddress {
    /// An address and a port.
    Tcp(SocketAddr),
    /// The file of a Unix socket.
    Unix(PathBuf),
}

impl ListenerAddress {
    /// The address and the port, unless it is a Unix socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Listener, Registry};
    ///
    /// let server = Listener::bind(Endpoint::new(&Registry::new()), "127.0.0.1:0")?;
    /// assert!(server.address().socket_addr().unwrap().ip().is_loopback());
    /// # Ok::<(), vitalsigns::ListenerError>(())
    /// ```
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            ListenerAddress::Tcp(address) => Some(*address),
            ListenerAddress::Unix(_) => None,
        }
    }
}

impl fmt::Display for ListenerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenerAddress::Tcp(address) => address.fmt(f),
            ListenerAddress::Unix(path) => path.display().fmt(f),
        }
    }
}

/// The addresses that a text stands for; one at least, and all of them allowed.
pub(super) fn resolve(text: &str, remote: bool) -> Result<Vec<SocketAddr>, ListenerError> {
    let bad = |reason: String| ListenerError::BadAddress {
        text: text.to_owned(),
        reason,
    };
    let full = match text.strip_prefix(':') {
        Some(port) if !port.contains(':') => format!("127.0.0.1:{port}"),
        _ => text.to_owned(),
    };
    let resolved = full.to_socket_addrs();
    let addresses: Vec<_> = resolved.map_err(|error| bad(error.to_string()))?.collect();
    if addresses.is_empty() {
        return Err(bad("the name has no address".to_owned()));
    }
    let reachable = addresses
        .iter()
        .find(|address| !address.ip().to_canonical().is_loopback());
    match reachable {
        Some(&address) if !remote => Err(ListenerError::NotLoopback { address }),
        _ => Ok(addresses),
    }
}

/// Where this process itself reaches what listens at `address`.
pub(super) fn from_here(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_unless_told() {
        for text in [
            "127.0.0.1:9100",
            "127.8.8.8:9100",
            "[::1]:9100",
            "[::ffff:127.0.0.1]:9100",
            ":9100",
        ] {
            assert!(resolve(text, false).is_ok(), "{text}");
        }
        assert_eq!(resolve(":1", false).unwrap()[0].to_string(), "127.0.0.1:1");
        for text in [
            "0.0.0.0:9100",
            "[::]:9100",
            "192.0.2.1:9100",
            "[2001:db8::1]:9100",
            "[::ffff:192.0.2.1]:9100",
        ] {
            let error = resolve(text, false).unwrap_err();
            assert!(matches!(error, ListenerError::NotLoopback { .. }), "{text}");
            assert!(resolve(text, true).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_told() {
        for text in [
            "",
            ":",
            "::",
            "9100",
            "127.0.0.1",
            ":port",
            "127.0.0.1:99999",
        ] {
            let error = resolve(text, true).unwrap_err();
            assert!(matches!(error, ListenerError::BadAddress { .. }), "{text}");
            assert!(error.to_string().starts_with(&format!("`{text}` is no ")));
        }
    }
}
