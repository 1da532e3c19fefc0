//! Memory Tier Visualization: what the agent does with what it knows, as a picture.

use serde_json::json;

use super::rows;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Dashboard, Target, Visual};
use crate::query::QueryError;

pub(super) fn dashboard(maker: &Maker<'_>) -> Result<Option<Dashboard>, QueryError> {
    if !maker.has("memory_tier_moves_total") {
        return Ok(None);
    }
    maker.dashboard(
        "AI Agent Memory Tier Visualization",
        "What the agent does with what it knows: what lies in which tier, what moves between them \
         and why, who answers its questions, and what it decides.",
        [
            maker.row("The picture", [flow(maker), full(maker), served(maker)])?,
            maker.row(
                "Movements",
                [
                    reasons(maker),
                    directions(maker),
                    since_last_move(maker),
                    failed_moves(maker),
                    maker.heat(
                        (
                            "Duration of moves",
                            "How many moves took how long. A band that rises is a tier that gets \
                             slow.",
                        ),
                        maker.histogram("memory_tier_move_duration_seconds"),
                    ),
                    oldest(maker),
                ],
            )?,
            maker.row(
                "Decision patterns",
                [
                    maker.rate(
                        (
                            "Decisions",
                            "What the agent decides to do with items. One decision that takes over \
                             is a policy that has tipped.",
                        ),
                        maker.counter("memory_decisions_total"),
                        &["decision"],
                    ),
                    maker.rate(
                        (
                            "What became of decisions",
                            "Decisions by what became of them. `failed`: look at the log of the \
                             agent.",
                        ),
                        maker.counter("memory_decisions_total"),
                        &["outcome"],
                    ),
                    super::modes::timeline(maker),
                ],
            )?,
            operations_row(maker)?,
        ],
    )
}

/// Tiers as nodes, moves as edges. Grafana knows the edges by their fields `source` and `target`.
fn flow(maker: &Maker<'_>) -> Made {
    let items = maker.gauge("memory_tier_items")?.value().sum_by(["tier"])?;
    let nodes = items
        .copy_label("tier", "id")?
        .copy_label("tier", "title")?;
    let moves = maker.counter("memory_tier_moved_items_total")?;
    let moves = moves.rate().sum_by(["from", "to"])?.per_minute()?;
    let edges = moves
        .join_labels(["from", "to"], " ", "id")?
        .copy_label("from", "source")?
        .copy_label("to", "target")?;
    // Grafana draws what flows, not what could.
    let edges = Target::condition(&edges.above(per_minute(0.0))?, "moves")?;
    let panel = maker.panel(
        Visual::NodeGraph,
        (
            "Flow between the tiers",
            "What lies in each tier (items), and how many items move from one to another in each \
             minute. No edge at all: nothing moves, see since when.",
        ),
        [Target::new(&nodes, "items")?.table(), edges.table()],
    )?;
    let names = json!({"Value #A": "mainstat", "Value #B": "mainstat"});
    let hidden = json!({"Time": true, "tier": true, "from": true, "to": true});
    Ok(panel
        .transformed(
            "organize",
            json!({"excludeByName": hidden, "indexByName": {}, "renameByName": names}),
        )
        .size(10, 10))
}

fn per_minute(value: f64) -> crate::query::Quantity {
    crate::query::Quantity::new(value, crate::query::Unit::PER_MINUTE)
}

/// A capacity of 0 is no limit.
pub(super) fn full(maker: &Maker<'_>) -> Made {
    let by = ["tier"];
    let size = maker.gauge("memory_tier_bytes")?.value().sum_by(by)?;
    let capacity = maker
        .gauge("memory_tier_capacity_bytes")?
        .value()
        .sum_by(by)?;
    let limited = capacity.above(crate::query::Quantity::bytes(0.0))?;
    let share = size.ratio_to(&capacity)?.when(&limited)?;
    let panel = maker.panel(
        Visual::BarGauge,
        (
            "How full each tier is",
            "Which share of what a tier can hold it holds; none for a tier without a limit. A \
             full tier moves items down for want of space: make it larger, or let go sooner.",
        ),
        [Target::new(&share, "{{tier}}")?],
    )?;
    Ok(panel
        .or_says("no limit")
        .size(7, 10)
        .range(0.0, 1.0)
        .limits(0.85, 0.95))
}

/// Of all reads that were answered, who answered.
pub(super) fn served(maker: &Maker<'_>) -> Made {
    let reads = maker.counted(
        "memory_tier_operations_total",
        "operation",
        &["read", "search"],
    )?;
    let hits = reads.with("outcome", "hit")?.rate();
    let share = hits.sum_by(["tier"])?.ratio_on(NO_LABELS, &hits.sum()?)?;
    let panel = maker.panel(
        Visual::Stacked,
        (
            "Who served the answers",
            "Which share of the reads that found something each tier answered. The more the cold \
             tier serves, the slower the agent is: what it needs lies too deep.",
        ),
        [maker.quality(&share, "{{tier}}")?],
    )?;
    Ok(panel.size(7, 10).range(0.0, 1.0))
}

const NO_LABELS: [&str; 0] = [];

fn reasons(maker: &Maker<'_>) -> Made {
    let moves = maker.counter("memory_tier_moved_items_total")?.rate();
    let moves = moves.sum_by(["reason"])?.per_minute()?;
    maker.panel(
        Visual::Stacked,
        (
            "Moves by reason",
            "Items that moved in each minute, and why. Much `space_pressure` is a tier that is \
             too small.",
        ),
        [maker.traffic(&moves, "{{reason}}")?],
    )
}

fn directions(maker: &Maker<'_>) -> Made {
    let moves = maker.counter("memory_tier_moved_items_total")?.rate();
    let moves = moves.sum_by(["from", "to"])?.per_minute()?;
    maker.panel(
        Visual::Stacked,
        (
            "Moves by direction",
            "Items that moved in each minute, from where to where. Items that go down and come up \
             again at once are moved for nothing.",
        ),
        [maker.traffic(&moves, "{{from}} to {{to}}")?],
    )
}

pub(super) fn since_last_move(maker: &Maker<'_>) -> Made {
    let panel = maker.age(
        (
            "Since the last move",
            "How long ago items last moved in each direction; none for never. A mover that is \
             stuck shows here first: look at its thread and at the tier that it writes to.",
        ),
        maker.gauge("memory_tier_last_move_timestamp_seconds"),
        &["from", "to"],
    )?;
    Ok(panel.not_a_number("never").limits(900.0, 3600.0))
}

pub(super) fn failed_moves(maker: &Maker<'_>) -> Made {
    let panel = maker.share(
        (
            "Moves that failed",
            "Which share of the moves in each direction failed or panicked. Look at the tier that \
             is written to.",
        ),
        maker.counted(
            "memory_tier_moves_total",
            "outcome",
            &["failed", "panicked"],
        ),
        maker.counter("memory_tier_moves_total"),
        &["from", "to"],
    )?;
    Ok(panel.limits(0.01, 0.05))
}

pub(super) fn oldest(maker: &Maker<'_>) -> Made {
    maker
        .age(
            (
                "Age of the oldest item",
                "How old the oldest item of each tier is. In the hot tier it should be young: what \
                 is old there is never let go of.",
            ),
            maker.gauge("memory_tier_oldest_item_timestamp_seconds"),
            &["tier"],
        )
        .map(|panel| panel.not_a_number("not known"))
}

fn operations_row(maker: &Maker<'_>) -> rows::MaybeRow {
    maker.row(
        "System performance",
        [
            maker.rate(
                ("Operations by tier", "Operations on each tier, per second."),
                maker.counter("memory_tier_operations_total"),
                &["tier"],
            ),
            maker.slowest(
                (
                    "Duration by tier (p95)",
                    "The time that 95 of 100 operations on a tier stay below.",
                ),
                maker.histogram("memory_tier_operation_duration_seconds"),
                &["tier"],
            ),
            maker.level(
                ("Items by tier", "Items that each tier holds."),
                maker.gauge("memory_tier_items"),
                &["tier"],
            ),
        ],
    )
}
