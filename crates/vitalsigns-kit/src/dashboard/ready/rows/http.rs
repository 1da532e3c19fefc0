//! Requests: those that are answered, and those that are sent to others.

use super::MaybeRow;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Colour, Step, Visual};
use crate::query::{Counter, QueryError, Selector};

/// What services may call the label of the status, and that of the route.
const STATUS: [&str; 4] = ["status", "status_code", "code", "http_response_status_code"];
const ROUTE: [&str; 4] = ["route", "http_route", "endpoint", "handler"];

/// Rate, errors and durations of the requests that services answer.
pub(crate) fn requests(maker: &Maker<'_>, title: &str) -> MaybeRow {
    let status = maker.label("http_requests_total", &STATUS);
    let route = maker.label("http_requests_total", &ROUTE);
    let all = || maker.counter("http_requests_total");
    let failed = || all()?.starts_with(status, "5");
    let durations = || maker.histogram("http_request_duration_seconds");
    maker.row(
        title,
        [
            figure(maker, failed()),
            maker
                .share(
                    (
                        "Server errors by service",
                        "Which share of the requests of each service ended with 5xx. A service \
                         that stands out is where to look; new versions are marked in blue.",
                    ),
                    failed(),
                    all(),
                    &["job"],
                )
                .map(bad_share),
            maker.rate(
                (
                    "Requests by service",
                    "Requests that ended, per second. A fall to 0 means that nobody gets through: \
                     look at the load balancer and at the targets.",
                ),
                all(),
                &["job"],
            ),
            maker
                .slowest(
                    (
                        "Duration by service (p95)",
                        "The time that 95 of 100 requests stay below. When it rises: look at the \
                         database, at those who are asked, and at the CPU.",
                    ),
                    durations(),
                    &["job"],
                )
                .map(|panel| panel.limits(1.0, 2.5)),
            maker.quantiles(
                (
                    "Duration of requests",
                    "The times that 50, 95 and 99 of 100 requests stay below. When only p99 \
                     rises, a few routes or clients are slow: see the slowest routes.",
                ),
                durations(),
            ),
            maker.heat(
                (
                    "Durations",
                    "How many requests took how long. A second band is a second way through the \
                     code: a cache that is missed, a lock, a retry.",
                ),
                durations(),
            ),
            maker.rate(
                (
                    "Requests by status",
                    "Requests that ended, by status. Many 4xx are a client that was changed, \
                     many 499 are clients that do not wait.",
                ),
                all(),
                &[status],
            ),
            maker
                .share(
                    (
                        "Server errors by route",
                        "Which share of the requests of each route ended with 5xx. One route is a \
                         fault in its code, all routes are a dependency.",
                    ),
                    failed(),
                    all(),
                    &[route],
                )
                .map(bad_share),
            slowest_routes(maker, route),
            maker.level(
                (
                    "Requests in flight",
                    "Requests whose response has not ended. When it only rises, something behind \
                     hangs.",
                ),
                maker.gauge("http_requests_in_flight"),
                &["job"],
            ),
            maker.rate(
                (
                    "Responses cut off",
                    "Responses that were not sent to their end. `cancelled` is a client that \
                     left; `error` and `panic` are to be found in the log.",
                ),
                maker.counter("http_responses_incomplete_total"),
                &["cause"],
            ),
            maker.rate(
                (
                    "Panics",
                    "Requests whose handler panicked. Each is a fault in the code: look for the \
                     panic in the log of that service.",
                ),
                maker.counter("http_request_panics_total"),
                &["job"],
            ),
        ],
    )
}

fn bad_share(panel: crate::dashboard::model::Panel) -> crate::dashboard::model::Panel {
    panel.limits(0.01, 0.05)
}

/// The share of errors as one large number.
fn figure(maker: &Maker<'_>, failed: Result<Selector<Counter>, QueryError>) -> Made {
    let about = (
        "Server errors",
        "Which share of all requests ended with 5xx. See which service and which route, and \
         whether a version is new.",
    );
    let all = maker.counter("http_requests_total");
    let panel = maker.share(about, failed, all, &[])?;
    Ok(bad_share(panel).size(4, 8))
}

fn slowest_routes(maker: &Maker<'_>, route: &str) -> Made {
    let slow = maker.histogram("http_request_duration_seconds")?;
    let slow = slow.by([route])?.quantile(0.95)?.topk(10)?;
    let about = (
        "Slowest routes (p95)",
        "The ten routes with the longest durations. Those at the top are worth the work.",
    );
    maker.panel(
        Visual::BarGauge,
        about,
        [maker.quality(&slow, &format!("{{{{{route}}}}}"))?],
    )
}

/// What few services ask for: sizes, first bytes, streams, connections that left HTTP, gRPC.
pub(crate) fn details(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Requests in detail",
        [
            maker.quantiles(
                (
                    "Time to the first byte",
                    "How long clients waited for the head of the response. Far below the duration: \
                     it is the body that takes the time.",
                ),
                maker.histogram("http_time_to_first_byte_seconds"),
            ),
            maker.heat(
                (
                    "Size of requests",
                    "How many request bodies had which size.",
                ),
                maker.histogram("http_request_size_bytes"),
            ),
            maker.heat(
                (
                    "Size of responses",
                    "How many response bodies had which size. A new band at the top is a list \
                     without pages.",
                ),
                maker.histogram("http_response_size_bytes"),
            ),
            maker.quantiles(
                (
                    "Duration of streams",
                    "How long responses that are streams by their type stayed open.",
                ),
                maker.histogram("http_stream_duration_seconds"),
            ),
            maker.level(
                (
                    "Connections that left HTTP",
                    "WebSockets and their like that are open. A fall of all at once is a restart.",
                ),
                maker.gauge("http_upgraded_connections"),
                &["protocol"],
            ),
            maker.rate(
                (
                    "gRPC by code",
                    "gRPC calls that ended. `UNAVAILABLE` and `DEADLINE_EXCEEDED` are load or a \
                     dependency.",
                ),
                maker.counter("grpc_requests_total"),
                &["code"],
            ),
        ],
    )
}

/// Requests to others.
pub(crate) fn clients(maker: &Maker<'_>) -> MaybeRow {
    let all = || maker.counter("http_client_requests_total");
    maker.row(
        "Requests to others",
        [
            maker
                .share(
                    (
                        "Availability of others",
                        "Which share of the requests to each peer succeeded. A peer that is down \
                         is theirs to mend; ours is to say so and to wait longer between retries.",
                    ),
                    maker.counted("http_client_requests_total", "outcome", &["success"]),
                    all(),
                    &["peer"],
                )
                .map(|panel| {
                    panel.below(Colour::Bad).steps([
                        Step::new(0.95, Colour::Doubtful),
                        Step::new(0.99, Colour::Good),
                    ])
                }),
            maker.rate(
                (
                    "Requests to others by outcome",
                    "Requests that were sent, by how they ended. `connect` and `timeout` are the \
                     network or a peer that is down.",
                ),
                all(),
                &["outcome"],
            ),
            maker.slowest(
                (
                    "Duration by peer (p95)",
                    "The time that 95 of 100 requests to a peer stay below, retries included.",
                ),
                maker.histogram("http_client_request_duration_seconds"),
                &["peer"],
            ),
            maker.rate(
                (
                    "Retries",
                    "Requests that were sent again. More retries than requests make an outage \
                     worse.",
                ),
                maker.counter("http_client_retries_total"),
                &["peer"],
            ),
        ],
    )
}
