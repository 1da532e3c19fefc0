//! A port of its own for the metrics, without a framework and without a runtime.
//!
//! One thread accepts, and each connection has a thread of its own: a client that stops reading
//! holds that one only, and for a limited time.

mod accept;
mod address;
mod connection;
mod error;
mod request;
mod response;
mod self_test;
mod shared;
mod stream;
#[cfg(unix)]
mod unix;

use std::fmt;
use std::net::TcpListener;
#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

pub use address::ListenerAddress;
pub use error::ListenerError;

use crate::endpoint::Endpoint;
use shared::{Limits, Shared};
use stream::{Socket, Waker};

/// Serves the metrics on a port of its own, and nothing else, until it is dropped.
///
/// It answers as long as the process has threads: also when an async runtime is stuck or was never
/// there. It starts only if it serves the page: it asks itself over the real socket.
///
/// HTTP/1.1 and 1.0, with connections that are kept open. The limits are 64 connections, 16 KiB and
/// 10 seconds for a head, 64 KiB for a body that nobody needs, 60 seconds between two requests, and
/// 30 seconds to read an answer; a client that keeps to none of them holds one thread until then.
/// When all connections are taken, the one that has asked for nothing longest, and for a second at
/// least, is closed.
///
/// # What it answers
///
/// | asked for | answered |
/// |---|---|
/// | `/metrics` | what the [`Endpoint`] answers |
/// | `/` | a line that names `/metrics` |
/// | `OPTIONS *` | `204` with `Allow` |
/// | any other path | `404` |
/// | no HTTP, or HTTP that can be read in two ways | `400`, and the connection is closed |
/// | a head or body that is too long, or takes too long | `431`, `413`, `408`, and the connection is closed |
/// | more connections than there may be | `503` with `Retry-After`, and the connection is closed |
///
/// # Who can reach it
///
/// Only this machine, unless [`allow_remote`](ListenerBuilder::allow_remote) is called. A token
/// ([`EndpointBuilder::bearer_token_file`](crate::EndpointBuilder::bearer_token_file)) says who may
/// read; Prometheus sends it with
///
/// ```yaml
/// scrape_configs:
///   - job_name: shop
///     authorization: { credentials_file: /etc/prometheus/shop.token }
///     static_configs: [{ targets: ["shop.internal:9100"] }]
/// ```
///
/// The listener does not speak TLS. Between machines, leave it on loopback or on a Unix socket, and
/// let a proxy speak TLS in front of it:
///
/// - nginx: `location = /metrics { proxy_pass http://127.0.0.1:9100; }`, or
///   `proxy_pass http://unix:/run/shop/metrics.sock:/metrics;`
/// - Caddy: `reverse_proxy /metrics 127.0.0.1:9100`, or `unix//run/shop/metrics.sock`
/// - stunnel: `accept = 9443`, `connect = 127.0.0.1:9100`
///
/// and have Prometheus ask the proxy with `scheme: https`. The `Authorization` header passes
/// through all three.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use vitalsigns::{Endpoint, Listener, Registry};
///
/// let registry = Registry::new();
/// let server = Listener::bind(Endpoint::new(&registry), "127.0.0.1:0")?;
/// println!("metrics at http://{}/metrics", server.address());
///
/// let mut client = TcpStream::connect(server.address().to_string())?;
/// client.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
/// let mut page = String::new();
/// client.read_to_string(&mut page)?;
/// assert!(page.starts_with("HTTP/1.1 200 OK\r\n"));
///
/// server.shut_down();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "it serves until it is dropped"]
pub struct Listener {
    address: ListenerAddress,
    shared: Arc<Shared>,
    waker: Waker,
    accepting: Option<JoinHandle<()>>,
    #[cfg(unix)]
    file: Option<unix::SocketFile>,
}

impl Listener {
    /// Serves `endpoint` at a TCP address: `127.0.0.1:9100`, `[::1]:9100`, `localhost:9100`, a
    /// [`SocketAddr`](std::net::SocketAddr), or `:9100`, which is short for the first. Port 0 takes any free one.
    ///
    /// # Errors
    ///
    /// [`ListenerError`] if this is no address, none of this machine's, taken, not permitted, or
    /// reachable from others; and if the page is not served.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Listener, Registry};
    ///
    /// let endpoint = Endpoint::new(&Registry::new());
    /// let error = Listener::bind(endpoint, "0.0.0.0:9100").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "`0.0.0.0:9100` can be reached from other machines; listen at a loopback address such \
    ///      as `127.0.0.1:9100`, or call `allow_remote` if this is meant",
    /// );
    /// ```
    pub fn bind(endpoint: Endpoint, address: impl fmt::Display) -> Result<Self, ListenerError> {
        Listener::builder(endpoint).bind(address)
    }

    /// Serves `endpoint` at a Unix socket that only this user can connect to.
    ///
    /// The file of a process that has died is replaced. It is removed at the end.
    ///
    /// # Errors
    ///
    /// [`ListenerError`] if a process listens there, if there is another kind of file, if it cannot
    /// be made, and if the page is not served.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Listener, Registry};
    ///
    /// let path = std::env::temp_dir().join(format!("metrics-{}.sock", std::process::id()));
    /// let server = Listener::bind_unix(Endpoint::new(&Registry::new()), &path)?;
    /// assert!(path.exists());
    /// server.shut_down();
    /// assert!(!path.exists());
    /// # Ok::<(), vitalsigns::ListenerError>(())
    /// ```
    #[cfg(unix)]
    pub fn bind_unix(endpoint: Endpoint, path: impl AsRef<Path>) -> Result<Self, ListenerError> {
        Listener::builder(endpoint).bind_unix(path)
    }

    /// Chooses how the endpoint is served.
    ///
    /// # Examples
    ///
    /// See [`ListenerBuilder`].
    pub fn builder(endpoint: Endpoint) -> ListenerBuilder {
        ListenerBuilder {
            endpoint,
            limits: Limits::default(),
            remote: false,
            #[cfg(unix)]
            group: false,
        }
    }

    /// Where it listens; the port is the real one where 0 was asked for.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn address(&self) -> &ListenerAddress {
        &self.address
    }

    /// Stops, as dropping it does.
    ///
    /// Connections on which nothing is asked are closed at once. Answers that are being sent have
    /// three seconds to end; then they are cut off. A page that is still being written by then (a
    /// collector hangs) goes nowhere, and its thread ends with it. This waits, so in async code it
    /// belongs on a thread for blocking work.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn shut_down(self) {
        drop(self);
    }

    fn start(
        endpoint: Endpoint,
        limits: Limits,
        socket: Socket,
        address: ListenerAddress,
    ) -> Result<Self, ListenerError> {
        let failed = |error| ListenerError::io(&address, &error);
        let waker = socket.waker(&address).map_err(failed)?;
        let shared = Arc::new(Shared::new(endpoint, limits));
        let accepting = {
            let shared = Arc::clone(&shared);
            Builder::new()
                .name("metrics-listen".to_owned())
                .spawn(move || accept::accept(&shared, &socket))
                .map_err(failed)?
        };
        Ok(Listener {
            address,
            shared,
            waker,
            accepting: Some(accepting),
            #[cfg(unix)]
            file: None,
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        #[cfg(unix)]
        drop(self.file.take());
        self.shared.stop();
        if let Some(accepting) = self.accepting.take()
            && self.shared.wait_for_the_door(|| self.waker.wake())
        {
            let _ = accepting.join();
        }
        self.shared.wait_for_the_last();
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("address", &self.address)
            .field("endpoint", &self.shared.endpoint)
            .finish_non_exhaustive()
    }
}

/// Chooses how the endpoint is served on a port of its own; see [`Listener::builder`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns::{Endpoint, Listener, Registry};
///
/// let endpoint = Endpoint::builder(&Registry::new()).bearer_token("a long secret").build()?;
/// let server = Listener::builder(endpoint)
///     .allow_remote()
///     .most_connections(8)
///     .head_timeout(Duration::from_secs(5))
///     .idle_timeout(Duration::from_secs(90))
///     .write_timeout(Duration::from_secs(10))
///     .bind("0.0.0.0:0")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is served before `bind`"]
pub struct ListenerBuilder {
    endpoint: Endpoint,
    limits: Limits,
    remote: bool,
    #[cfg(unix)]
    group: bool,
}

impl ListenerBuilder {
    /// Lets it listen at addresses that other machines can reach.
    ///
    /// A token alone does not: it passes in clear text, and that the page leaves the machine is a
    /// decision of its own.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn allow_remote(mut self) -> Self {
        self.remote = true;
        self
    }

    /// Lets users of the file's group connect to the Unix socket as well: mode 0660 in place of
    /// 0600.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Listener, Registry};
    ///
    /// let path = std::env::temp_dir().join(format!("group-{}.sock", std::process::id()));
    /// let builder = Listener::builder(Endpoint::new(&Registry::new())).allow_group();
    /// let server = builder.bind_unix(&path)?;
    /// # Ok::<(), vitalsigns::ListenerError>(())
    /// ```
    #[cfg(unix)]
    pub fn allow_group(mut self) -> Self {
        self.group = true;
        self
    }

    /// How many connections there may be at once, 64 if nothing is said; one at least.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn most_connections(mut self, most: usize) -> Self {
        self.limits.connections = most.max(1);
        self
    }

    /// How long a request may take to arrive, from its first byte, or from the connection for the
    /// first request; 10 seconds if nothing is said. The body has as long once more.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn head_timeout(mut self, timeout: Duration) -> Self {
        self.limits.head = timeout;
        self
    }

    /// How long a connection is kept on which nothing is asked, 60 seconds if nothing is said.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.limits.idle = timeout;
        self
    }

    /// How long a client may take to read an answer, 30 seconds if nothing is said.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.limits.write = timeout;
        self
    }

    /// Serves at a TCP address, as [`Listener::bind`] does.
    ///
    /// # Errors
    ///
    /// As [`Listener::bind`].
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn bind(self, address: impl fmt::Display) -> Result<Listener, ListenerError> {
        let addresses = address::resolve(&address.to_string(), self.remote)?;
        let socket = TcpListener::bind(&*addresses);
        let address = ListenerAddress::Tcp(addresses[0]);
        let failed = |error| ListenerError::io(&address, &error);
        let socket = socket.map_err(failed)?;
        let bound = socket.local_addr().map_err(failed)?;
        let address = ListenerAddress::Tcp(bound);
        let listener = Listener::start(self.endpoint, self.limits, Socket::Tcp(socket), address)?;
        self_test::of(&listener.shared, &listener.address)?;
        Ok(listener)
    }

    /// Serves at a Unix socket, as [`Listener::bind_unix`] does.
    ///
    /// # Errors
    ///
    /// As [`Listener::bind_unix`].
    ///
    /// # Examples
    ///
    /// See [`allow_group`](Self::allow_group).
    #[cfg(unix)]
    pub fn bind_unix(self, path: impl AsRef<Path>) -> Result<Listener, ListenerError> {
        let mode = if self.group { 0o660 } else { 0o600 };
        let (socket, file) = unix::bind(path.as_ref(), mode)?;
        let address = ListenerAddress::Unix(path.as_ref().to_owned());
        let mut listener =
            Listener::start(self.endpoint, self.limits, Socket::Unix(socket), address)?;
        listener.file = Some(file);
        self_test::of(&listener.shared, &listener.address)?;
        Ok(listener)
    }
}
