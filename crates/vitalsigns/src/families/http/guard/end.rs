//! The end of a request: what is counted of it.

use std::num::NonZero;
use std::time::Duration;

use super::received::Received;
use super::{Presence, RequestGuard};
use crate::families::http::cause::Cause;
use crate::families::http::route::OutcomeKey;
use crate::label::Chosen;
use crate::{Exemplar, Label, LabelValue, Observation};

/// The status that counts for a client that left before there was a response, as nginx calls it.
const CLIENT_CLOSED_REQUEST: u16 = 499;
const INTERNAL_SERVER_ERROR: u16 = 500;

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// Nothing else was said.
    Dropped,
    Complete,
    Failed,
    Panicked,
}

impl RequestGuard {
    /// The body was sent to its end.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("GET", None);
    /// request.answered(204);
    /// request.complete();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn complete(&mut self) {
        self.end = End::Complete;
    }

    /// There is an error in place of a response, or in the middle of the body.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("GET", None);
    /// request.failed(); // Counts as 500, for there was no head.
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn failed(&mut self) {
        self.end = End::Failed;
    }

    /// The handler or the body panicked. What panics within [`watch`](Self::watch) is noticed
    /// without being told.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("GET", None);
    /// request.panicked();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn panicked(&mut self) {
        self.end = End::Panicked;
    }

    fn record(&self) {
        let (route, shared) = (&*self.route, self.route.shared());
        let handles = route.handles(shared);
        let elapsed = self.started.elapsed();
        let status = self.status.map_or_else(
            || match self.end {
                End::Failed | End::Panicked => INTERNAL_SERVER_ERROR,
                End::Dropped | End::Complete => CLIENT_CLOSED_REQUEST,
            },
            NonZero::get,
        );
        let key = OutcomeKey {
            status,
            extras: self.extras,
        };
        let mut timed = (!self.is_stream).then_some(elapsed);
        match self.rare.as_ref().and_then(|rare| rare.exemplar.as_ref()) {
            None => route.record(shared, key, |outcome| outcome.count(timed)),
            Some(labels) => {
                self.record_with(key, elapsed, &Exemplar::kept(labels));
                timed = None;
            }
        }
        if let Some(size) = &handles.response_size {
            size.observe(self.sent);
        }
        if let Some(size) = &handles.request_size {
            match (self.received, &self.rare) {
                (Received::Nothing, _) => size.observe(0),
                (Received::Counted, Some(rare)) => size.observe(rare.received.total()),
                _ => {}
            }
        }
        if self.is_stream || self.end != End::Complete || self.grpc.is_some() {
            self.record_besides(status, elapsed);
        }
        // Last, so that who sees no request in flight sees all of them counted.
        handles.leave(timed);
    }

    /// What most requests are not: streams, gRPC calls, cut off.
    #[cold]
    fn record_besides(&self, status: u16, elapsed: Duration) {
        let metrics = &self.route.shared().metrics;
        let labels = self.route.labels();
        if let (true, Some(family)) = (self.is_stream, &metrics.stream_duration) {
            family.with(&Chosen(&labels)).observe(elapsed);
        }
        if self.end == End::Panicked {
            metrics.panics.with(&Chosen(&labels)).inc();
        }
        let cause = match self.end {
            End::Complete => None,
            End::Dropped => Some(Cause::Cancelled),
            End::Failed => Some(Cause::Error),
            End::Panicked => Some(Cause::Panic),
        };
        if let (Some(cause), Some(_)) = (cause, self.status) {
            let [method, name] = labels;
            let labels = [method, name, Label::Closed(cause.index())];
            metrics.incomplete.with(&Chosen(&labels)).inc();
        }
        if let Some(call) = self.grpc {
            let code = call.code(status, self.end);
            let labels = [labels[1], Label::Closed(code.index())];
            metrics.grpc.with(&Chosen(&labels)).inc();
        }
    }

    /// Counts and observes, with what the numbers point to; the clock was read already.
    #[cold]
    fn record_with(&self, key: OutcomeKey, elapsed: Duration, exemplar: &Exemplar<'_>) {
        let now = || self.started.instant(elapsed);
        self.route.record(self.route.shared(), key, |outcome| {
            outcome.requests.add_at(1, exemplar, now);
            if !self.is_stream {
                outcome.duration.observe_at(elapsed.value(), exemplar, now);
            }
        });
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        if self.end == End::Dropped && std::thread::panicking() {
            self.end = End::Panicked;
        }
        if self.presence == Presence::Measured {
            self.record();
        }
    }
}
