//! Memory Tier Operations Real-Time: what is asked of each tier, how fast, and what it finds.

use super::memory;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::Dashboard;
use crate::query::QueryError;

pub(super) fn dashboard(maker: &Maker<'_>) -> Result<Option<Dashboard>, QueryError> {
    if !maker.has("memory_tier_operations_total") {
        return Ok(None);
    }
    let made = maker.dashboard(
        "Memory Tier Operations Real-Time",
        "What is asked of each tier just now: how often, how fast, how often it has the answer, \
         and how full it is.",
        [
            operations(maker)?,
            maker.row(
                "Latency",
                [
                    maker.quantiles(
                        (
                            "Duration of operations",
                            "The times that 50, 95 and 99 of 100 operations stay below, over all \
                             tiers.",
                        ),
                        maker.histogram("memory_tier_operation_duration_seconds"),
                    ),
                    maker.slowest(
                        (
                            "Duration by tier and operation (p95)",
                            "The time that 95 of 100 operations stay below. A hot tier that is \
                             slow is no hot tier: look at its store.",
                        ),
                        maker.histogram("memory_tier_operation_duration_seconds"),
                        &["tier", "operation"],
                    ),
                    maker.heat(
                        (
                            "Durations",
                            "How many operations took how long; each tier is a band.",
                        ),
                        maker.histogram("memory_tier_operation_duration_seconds"),
                    ),
                ],
            )?,
            maker.row(
                "Fill and movement",
                [
                    memory::full(maker),
                    memory::served(maker),
                    maker.level(
                        (
                            "Items",
                            "Items that each tier holds. A jump down without moves is data that \
                             was lost.",
                        ),
                        maker.gauge("memory_tier_items"),
                        &["tier"],
                    ),
                    drift(maker),
                    memory::since_last_move(maker),
                    memory::failed_moves(maker),
                    memory::oldest(maker),
                    maker.rate(
                        (
                            "Written",
                            "Items that were written to each tier from outside, per second.",
                        ),
                        maker.counter("memory_tier_written_items_total"),
                        &["tier"],
                    ),
                    maker.rate(
                        (
                            "Deleted",
                            "Items that were deleted from each tier, per second: dropped, evicted \
                             or expired.",
                        ),
                        maker.counter("memory_tier_deleted_items_total"),
                        &["tier"],
                    ),
                ],
            )?,
        ],
    )?;
    // What happens now, not what happened this morning.
    Ok(made.map(|mut dashboard| {
        dashboard.shows = std::time::Duration::from_secs(1800);
        dashboard
    }))
}

fn operations(maker: &Maker<'_>) -> super::rows::MaybeRow {
    let all = || maker.counter("memory_tier_operations_total");
    let with = |outcomes: &[&str]| all()?.any_of("outcome", outcomes);
    maker.row(
        "Operations",
        [
            maker.rate(
                ("Operations by tier", "Operations on each tier, per second."),
                all(),
                &["tier"],
            ),
            maker.rate(
                (
                    "Operations by outcome",
                    "Operations by how they ended. `failed` is the store; `miss` is an answer.",
                ),
                all(),
                &["outcome"],
            ),
            maker
                .share(
                    (
                        "Failed operations",
                        "Which share of the operations on each tier failed. Look at the store of \
                         that tier and at its health check.",
                    ),
                    with(&["failed", "panicked"]),
                    all(),
                    &["tier"],
                )
                .map(|panel| panel.limits(0.01, 0.05)),
            maker.share(
                (
                    "Hit rate",
                    "Which share of the reads of each tier found what they looked for. A fall of \
                     the hot tier means that it holds the wrong items.",
                ),
                with(&["hit"]),
                with(&["hit", "miss"]),
                &["tier"],
            ),
            maker.rate(
                (
                    "Operations by kind",
                    "Reads, searches, writes, updates and deletes, per second.",
                ),
                all(),
                &["operation"],
            ),
        ],
    )
}

fn drift(maker: &Maker<'_>) -> Made {
    maker.level(
        (
            "Drift",
            "Items that a tier holds beyond what was written, moved and deleted. Other than 0 for \
             long, something is lost or counted wrongly.",
        ),
        maker.gauge("memory_tier_drift_items"),
        &["tier"],
    )
}
