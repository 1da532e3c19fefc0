//! One request through a framework, in the process: without middleware, with middleware that does
//! nothing, and with middleware that measures. The routes have a parameter; a response body is
//! read to its end.

pub(crate) mod actix;
pub(crate) mod axum;
pub(crate) mod noop;
mod socket;
pub(crate) mod tower;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::{Bench, Fault, Recorded, Size};

/// As many as a service has.
pub(crate) const ROUTES: u64 = 50;

pub(crate) const BARE: &str = "bare";
pub(crate) const NO_OP: &str = "middleware that does nothing";

/// What the samples of this library and of prometheus-client that count requests begin with.
pub(crate) const COUNTS: &str = "http_requests_total{";

/// The pattern of a route.
pub(crate) fn route(number: u64) -> String {
    format!("/api/v1/resource-{number:02}/items/{{id}}")
}

/// A path for each route.
pub(crate) fn paths() -> impl Iterator<Item = String> {
    (0..ROUTES).map(|number| format!("/api/v1/resource-{number:02}/items/{}", 1000 + number))
}

pub(crate) fn run(bench: &mut Bench) -> Result<(), Fault> {
    let scenario = |id, title, one, operations| Recorded {
        id,
        title,
        one: (one, 1000),
        threads: &[1],
        warm_up: ROUTES,
        operations,
        beyond_first: true,
        checked: "each page has counted every request",
    };
    let apps = axum::all();
    let subjects = || apps.iter().map(axum::Served::subject).collect();
    let title = "E. One request through axum";
    scenario("E-axum", title, "axum", 10_000).run(bench, subjects, |_, _| Ok(()))?;
    let title = "E. One request through a plain tower service";
    scenario("E-tower", title, "tower", 50_000).run(bench, tower::subjects, |_, _| Ok(()))?;
    let title = "E. One request through actix-web";
    scenario("E-actix", title, "actix", 5_000).run(bench, actix::subjects, |_, _| Ok(()))?;
    match bench.size {
        Size::Full => socket::run(bench, &apps),
        Size::Short => Ok(()),
    }
}

/// The output of a future that does not wait for anything.
pub(crate) fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing in here waits"),
    }
}
