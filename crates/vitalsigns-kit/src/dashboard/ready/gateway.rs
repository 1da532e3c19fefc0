//! API Gateway: who is let in, who is held back, and what is behind it.

use super::rows;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Colour, Dashboard, Panel, Step, Target, Visual, Word};
use crate::query::QueryError;

pub(super) fn dashboard(maker: &Maker<'_>) -> Result<Option<Dashboard>, QueryError> {
    if !maker.has("gateway_upstream_requests_total") {
        return Ok(None);
    }
    maker.dashboard(
        "API Gateway",
        "What comes through the gateway: requests and their durations, errors by endpoint and by \
         service, who is let in, and who is held back.",
        [
            rows::requests(maker, "Request rate and response times")?,
            upstreams(maker)?,
            authentication(maker)?,
            limits(maker)?,
        ],
    )
}

fn upstreams(maker: &Maker<'_>) -> rows::MaybeRow {
    let all = || maker.counter("gateway_upstream_requests_total");
    let lost = ["server_error", "timeout", "connect", "error", "panicked"];
    maker.row(
        "Errors by service",
        [
            maker
                .share(
                    (
                        "Errors by upstream",
                        "Which share of the requests to each service failed. `connect`: it is \
                         down; `timeout`: it is slow.",
                    ),
                    maker.counted("gateway_upstream_requests_total", "outcome", &lost),
                    all(),
                    &["upstream"],
                )
                .map(bad_share),
            maker.rate(
                (
                    "Requests by upstream",
                    "Requests that were forwarded, by service.",
                ),
                all(),
                &["upstream"],
            ),
            maker.rate(
                (
                    "Upstream outcomes",
                    "Requests that were forwarded, by how they ended.",
                ),
                all(),
                &["outcome"],
            ),
            maker.slowest(
                (
                    "Duration by upstream (p95)",
                    "How long each service took at most, for 95 of 100 requests.",
                ),
                maker.histogram("gateway_upstream_request_duration_seconds"),
                &["upstream"],
            ),
            maker.level(
                (
                    "Requests at upstreams",
                    "Requests that a service has not answered yet. A steady rise: it hangs.",
                ),
                maker.gauge("gateway_upstream_requests_in_flight"),
                &["upstream"],
            ),
            maker.rate(
                (
                    "Requests sent nowhere",
                    "Requests that no service was asked for. `circuit_open` is a service that is \
                     being spared.",
                ),
                maker.counter("gateway_unforwarded_requests_total"),
                &["reason"],
            ),
            circuits(maker),
        ],
    )
}

fn bad_share(panel: Panel) -> Panel {
    panel.limits(0.01, 0.05)
}

fn circuits(maker: &Maker<'_>) -> Made {
    let open = maker.states("gateway_circuit_state")?;
    let open = open.with(&maker.name("gateway_circuit_state"), "open")?;
    let open = open.value().max_by(["upstream"])?;
    let panel = maker.panel(
        Visual::StateTimeline,
        (
            "Open circuits",
            "When which service was spared because it failed too often.",
        ),
        [Target::new(&open, "{{upstream}}")?],
    )?;
    Ok(panel
        .size(24, 8)
        .steps([Step::new(1.0, Colour::Bad)])
        .words([
            Word::new(0.0, "closed", Colour::Good),
            Word::new(1.0, "open", Colour::Bad),
        ]))
}

fn authentication(maker: &Maker<'_>) -> rows::MaybeRow {
    let all = || maker.counter("gateway_authentications_total");
    maker.row(
        "Authentication",
        [
            maker.share(
                (
                    "Authentication success",
                    "Which share of the attempts got in, by method. A fall of one method after a \
                     roll-out is a key or a clock.",
                ),
                maker.counted("gateway_authentications_total", "outcome", &["success"]),
                all(),
                &["method"],
            ),
            maker.rate(
                (
                    "Authentications by outcome",
                    "Attempts by how they ended. Many `invalid` from one moment on: somebody is \
                     trying passwords. Look at the addresses in the log.",
                ),
                all(),
                &["outcome"],
            ),
            maker.rate(
                (
                    "Authentication failures by method",
                    "Attempts that did not get in, per second.",
                ),
                all().and_then(|all| all.none_of("outcome", &["success"])),
                &["method"],
            ),
        ],
    )
}

fn limits(maker: &Maker<'_>) -> rows::MaybeRow {
    let all = || maker.counter("gateway_rate_limit_decisions_total");
    maker.row(
        "Rate limiting",
        [
            maker.share(
                (
                    "Requests held back",
                    "Which share of the requests each limiter refused. Much by `global` is load; \
                     much by `client` is one client.",
                ),
                maker.counted(
                    "gateway_rate_limit_decisions_total",
                    "decision",
                    &["limited"],
                ),
                all(),
                &["limiter"],
            ),
            maker.rate(
                (
                    "Decisions of limiters",
                    "Requests that were let through and held back.",
                ),
                all(),
                &["decision"],
            ),
        ],
    )
}
