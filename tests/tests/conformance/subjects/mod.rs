//! The subjects: each serves the same routes with one framework and the middleware for it.
//!
//! To add one, write a module with a `start` and name it in [`ALL`]; a test in `main.rs` drives
//! it. What its handlers do is said in [`routes`](crate::routes), what can be around its app in
//! [`With`]; a framework with bodies of its own can poll a [`Scripted`](crate::body::Scripted) in
//! them. The cases know nothing of subjects, but for exceptions with a reason.

mod actix;
mod axum;
mod hyper;
mod tokio_server;
mod tower;
mod websocket;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use vitalsigns::Registry;

/// A framework with the middleware for it.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// How it writes the pattern that is `/files/{*path}` in the table.
    pub(crate) wildcard: &'static str,
    /// Serves [`ROUTES`](crate::routes::ROUTES) with this around the app, on a port of its own.
    pub(crate) start: fn(&[With]) -> Running,
}

/// `vitalsigns_tower::axum::instrument` around a router, served by `axum::serve`.
pub(crate) const AXUM: Subject = Subject {
    name: "axum",
    wildcard: "/files/{*path}",
    start: axum::start,
};

/// `MetricsLayer` around a service without any router that we know, served by hyper.
pub(crate) const HYPER: Subject = Subject {
    name: "hyper",
    wildcard: "/files/{*path}",
    start: hyper::start,
};

/// `vitalsigns_actix::Metrics` around an app, served by actix over HTTP/1 and HTTP/2.
pub(crate) const ACTIX: Subject = Subject {
    name: "actix",
    wildcard: "/files/{path}*",
    start: actix::start,
};

/// Why actix does not learn that a stream of HTTP/2 has ended before its answer.
pub(crate) const STREAMS_ARE_TASKS: &str = "actix answers each stream of HTTP/2 in a task of its \
    own, which goes on when the stream or the connection ends, until it has something to send";

/// All subjects.
pub(crate) const ALL: &[&Subject] = &[&AXUM, &HYPER, &ACTIX];

/// What is around an app, beside the middleware that is tested.
#[derive(Clone, Copy, Debug)]
pub(crate) enum With {
    /// Around the middleware.
    Outside(Around),
    /// Between the middleware and the handlers.
    Inside(Around),
    /// Requests that match no route are answered by a handler of the app, with 200.
    Fallback,
    /// The same below `/nested` only, by a handler of the nested router.
    NestedFallback,
    /// What is below `/nested` is only there for requests with `x-key: 1`. Only actix has guards.
    Guarded,
    /// Who closes its half of a connection of HTTP/1 may still want the answer.
    HalfClosed,
}

/// A layer, wrap or middleware, as the framework calls it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Around {
    /// Makes a 500 of a panic.
    CatchPanic,
    /// Makes a 504 of a request that has no answer after [`TIMEOUT`].
    Timeout,
    /// Answers 403 and asks nobody.
    Guard,
    /// Fails with an error and asks nobody. What clients see of that is up to the framework; one
    /// that wants errors handled makes a 500 of it.
    Error,
    /// Fails with an error that says 401, and asks nobody.
    Refuse,
    /// Answers 503 in place of what it was given.
    Replace,
    /// Compresses with gzip.
    Compression,
    /// The middleware that is tested, once more and for the same registry.
    Metrics,
    /// Takes slashes off the end of the path, before it is routed.
    TrimSlash,
}

/// How long [`Around::Timeout`] waits.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(300);

/// A subject that serves.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) registry: Registry,
    pub(crate) received: Received,
    pub(crate) server: Box<dyn Server>,
}

impl Running {
    /// How many requests came to the middleware.
    pub(crate) fn received(&self) -> i64 {
        self.received.0.load(Ordering::SeqCst)
    }
}

/// Counts what comes to the middleware, right in front of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received(Arc<AtomicI64>);

impl Received {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// How a subject ends. Both come back when it has, and may be called when it already has.
pub(crate) trait Server: Send + Sync {
    /// It takes no more connections and waits for the requests in flight.
    fn shut_down(&self);

    /// It lets go of everything at once.
    fn abort(&self);
}
