//! Connections that leave HTTP: WebSocket and tunnels.
//!
//! The request ends with its head; what follows is a connection, which may last for days and is
//! measured on its own.

use std::sync::{Arc, Mutex, PoisonError};

use super::routes::HeldRoute;
use crate::clock::Stopwatch;
use crate::label::Chosen;
use crate::{Gauge, Histogram, Label, LabelValue};

/// What a connection speaks after it has left HTTP.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::http::Protocol};
///
/// assert_eq!(Protocol::of("WebSocket").as_label(), "websocket");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// WebSocket, over HTTP/1.1 or over an extended `CONNECT`.
    #[label(rename = "websocket")]
    WebSocket,
    /// The tunnel of a `CONNECT`.
    Connect,
    /// Anything else.
    Other,
}

impl Protocol {
    /// The protocol with this name, as an `Upgrade` header or the `:protocol` of an extended
    /// `CONNECT` says it.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::http::Protocol;
    ///
    /// assert_eq!(Protocol::of("h2c"), Protocol::Other);
    /// ```
    pub fn of(name: &str) -> Self {
        if name.trim().eq_ignore_ascii_case("websocket") {
            Protocol::WebSocket
        } else {
            Protocol::Other
        }
    }
}

/// A request that asks to leave HTTP; whoever serves the connection [opens](Self::open) it.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::{HttpServer, http::Protocol}};
///
/// let http = HttpServer::register(&Registry::new())?;
/// let mut request = http.start("GET", Some("/live"));
/// let upgrade = request.upgrade(Protocol::WebSocket);
/// request.answered(101);
/// request.complete();
/// drop(request); // Answered; the connection begins.
///
/// let connection = upgrade.open();
/// drop(connection); // Closed.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct Upgrade {
    /// The route may become known later than that there is an upgrade.
    route: Arc<Mutex<HeldRoute>>,
    protocol: Protocol,
}

impl Upgrade {
    pub(super) fn new(route: &HeldRoute, protocol: Protocol) -> Self {
        Upgrade {
            route: Arc::new(Mutex::new(route.clone())),
            protocol,
        }
    }

    pub(super) fn moved(&self, route: &HeldRoute) {
        *self.route.lock().unwrap_or_else(PoisonError::into_inner) = route.clone();
    }

    /// The response with which the connection leaves HTTP was given.
    pub(super) fn count(&self) {
        self.with_labels(|route, labels| route.shared().metrics.upgrades.with(labels).inc());
    }

    /// The connection is open until the guard is dropped.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn open(&self) -> ConnectionGuard {
        self.with_labels(|route, labels| {
            let metrics = &route.shared().metrics;
            let connections = metrics.connections.with(labels);
            connections.inc();
            ConnectionGuard {
                connections,
                duration: metrics.connection_duration.with(labels),
                opened: Stopwatch::start(),
            }
        })
    }

    /// Opens the connection, and closes it when `serve` has ended or is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{HttpServer, http::Protocol}};
    /// # let http = HttpServer::register(&Registry::new())?;
    /// # let upgrade = http.start("GET", Some("/live")).upgrade(Protocol::WebSocket);
    /// let connection = upgrade.measure(async { /* Reads and writes until the end. */ });
    /// // tokio::spawn(connection);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub async fn measure<F: Future>(self, serve: F) -> F::Output {
        let _connection = self.open();
        serve.await
    }

    fn with_labels<T>(&self, act: impl FnOnce(&HeldRoute, &Chosen<'_>) -> T) -> T {
        let route = self
            .route
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let labels = [
            Label::Open(&route.name),
            Label::Closed(self.protocol.index()),
        ];
        act(&route, &Chosen(&labels))
    }
}

impl std::fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upgrade")
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}

/// A connection that has left HTTP and is open.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{HttpServer, http::Protocol}};
/// # let http = HttpServer::register(&Registry::new())?;
/// # let upgrade = http.start("GET", Some("/live")).upgrade(Protocol::WebSocket);
/// let connection = upgrade.open();
/// // It is served, and in the end:
/// drop(connection);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Debug)]
#[must_use = "a connection that is dropped at once was open for no time"]
pub struct ConnectionGuard {
    connections: Gauge,
    duration: Histogram,
    opened: Stopwatch,
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.duration.observe(self.opened.elapsed());
        self.connections.dec();
    }
}
