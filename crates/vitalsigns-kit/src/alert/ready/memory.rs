//! Tiers of memory, and the agents that decide on them.

use super::Made;
use super::patterns::{Call, Level, Part, Share, Than};
use super::scope::{Scope, hours, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::Quantity;

const HITS: Words = Words {
    summary: "The hot tier of {job} misses too often",
    description: "Only {value} of the reads of the hot tier are hits, less than {threshold}.",
    meaning: "What is asked for is too rarely in the hot tier: items are put there that nobody \
              asks for, or those that are asked for are moved away.",
    impact: "Answers come from slower tiers.",
    mitigation: &[
        "Look at the moves by reason: space_pressure means that the tier is too small.",
        "After a start or a change of what is asked for, give it an hour to settle.",
        "Look at the decisions of the agent: what is demoted and asked for soon after?",
    ],
};

const SLOW: Words = Words {
    summary: "The tier {tier} of {job} is slow",
    description: "One operation of twenty takes longer than {threshold}; as far as buckets tell, \
                  {value}.",
    meaning: "The 95th percentile of the operations of this tier is above the limit.",
    impact: "Whoever asks the memory waits.",
    mitigation: &[
        "Look which operation is slow below.",
        "Look at the store behind the tier: its connections, its memory, its disk.",
        "Look at its size: searches grow with it.",
    ],
};

const FULL: Words = Words {
    summary: "The tier {tier} of {job} is nearly full",
    description: "{value} of what it can hold is used, more than {threshold}.",
    meaning: "The tier approaches its capacity; then items have to be moved or let go of.",
    impact: "Items are moved for want of space, not because they are old.",
    mitigation: &[
        "Look whether items are still moved to the next tier; see MoverStalled.",
        "Raise the capacity if the machine has the memory.",
    ],
};

const STALLED: Words = Words {
    summary: "Nothing is moved out of the tiers of {job}",
    description: "The hot tier is full to {value}, more than {threshold}, and no move has succeeded \
                  in an hour.",
    meaning: "What moves items between tiers stands still although a tier needs it.",
    impact: "The tier fills up until items are lost or writes fail.",
    mitigation: &[
        "Look at the moves that failed, by the query above, and at the log for their errors.",
        "Look whether the mover runs at all: a task that panicked does not come back.",
        "Look whether the next tier can be written to.",
    ],
};

const DRIFT: Words = Words {
    summary: "The tier {tier} of {job} holds other than was put there",
    description: "It holds {value} items more than were written, moved and deleted (fewer, if \
                  negative), for an hour.",
    meaning: "What the store holds and what was counted differ: items were lost, or changed by \
              something that is not counted.",
    impact: "Items may be missing, or the figures of this tier are wrong.",
    mitigation: &[
        "Look whether something else writes to or deletes from the store.",
        "Look whether the store evicts by itself (maxmemory-policy of Redis).",
        "Look for failed moves: an item may be in two tiers or in none.",
    ],
};

const MOVES: Words = Words {
    summary: "Moves between the tiers of {job} fail",
    description: "{value} of the moves from {from} to {to} fail, more than {threshold}.",
    meaning: "Too many moves end with an error or a panic.",
    impact: "Items stay where they are; tiers fill up.",
    mitigation: &[
        "Look at the errors in the log, and at the health checks of both stores.",
        "Look whether the tier to which they go is full.",
    ],
};

const DECISIONS: Words = Words {
    summary: "Decisions of the agents of {job} fail",
    description: "{value} of the decisions of kind {decision} failed, more than {threshold}.",
    meaning: "The agent decides, and what it decided cannot be carried out.",
    impact: "The agent does less than it seems to.",
    mitigation: &[
        "Look at the errors in the log at the time of the decisions.",
        "Look at the health checks of what the decisions act on.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let call = |name, hold, words| Call {
        name,
        severity: Severity::Warning,
        hold,
        words,
    };
    let mut alerts = hits(scope)?;
    alerts.extend(slow(scope)?);
    alerts.extend(
        Part {
            call: call("MemoryTierFull", minutes(15), &FULL),
            used: "memory_tier_bytes",
            whole: "memory_tier_capacity_bytes",
            by: &[("tier", "hot")],
            percent: 90.0,
            may_be_unlimited: true,
        }
        .alert(scope)?,
    );
    alerts.extend(stalled(scope)?);
    alerts.extend(drift(scope)?);
    alerts.extend(
        Share {
            call: call("MemoryMovesFailing", minutes(5), &MOVES),
            family: "memory_tier_moves_total",
            label: "outcome",
            bad: &["failed", "panicked"],
            ignored: &["cancelled"],
            good: "success",
            by: &[("from", "hot"), ("to", "warm")],
            percent: 10.0,
            at_least: 10.0,
            window: minutes(15),
        }
        .alert(scope)?,
    );
    alerts.extend(
        Share {
            call: call("AgentDecisionsFailing", minutes(5), &DECISIONS),
            family: "agent_decisions_total",
            label: "outcome",
            bad: &["failed", "panicked"],
            ignored: &["cancelled"],
            good: "applied",
            by: &[("decision", "promote")],
            percent: 20.0,
            at_least: 10.0,
            window: minutes(15),
        }
        .alert(scope)?,
    );
    Ok(alerts)
}

fn hits(scope: &Scope<'_>) -> Made {
    let name = "memory_tier_operations_total";
    let Some(operations) = scope.counter(name, &["tier", "outcome"])? else {
        return Ok(Vec::new());
    };
    if !scope.has_value(name, "tier", "hot") {
        return Ok(Vec::new());
    }
    let hot = operations.with("tier", "hot")?;
    let quarter = minutes(15);
    let all = hot
        .any_of("outcome", &["hit", "miss"])?
        .increase_over(quarter)?;
    let all = all.sum_by(["job"])?;
    let hits = hot
        .with("outcome", "hit")?
        .increase_over(quarter)?
        .sum_by(["job"])?;
    let share = hits.ratio_to(&all)?;
    let condition = share
        .below(Quantity::percent(70.0))?
        .and(&all.at_least(100.0)?)?;
    let labels = |outcome| [("tier", "hot"), ("operation", "read"), ("outcome", outcome)];
    let scenario = scope
        .story(name)
        .series(
            name,
            &labels("hit"),
            Track::PerMinute(690.0),
            Track::PerMinute(710.0),
        )
        .series(
            name,
            &labels("miss"),
            Track::PerMinute(310.0),
            Track::PerMinute(290.0),
        )
        .by(&[("job", "")])
        .shows(0.69, 0.71)
        .guarded(0.001);
    let alert = scope.alert("MemoryTierMisses", Severity::Warning, condition, &HITS)?;
    let moves = scope.counter("memory_tier_moves_total", &["from", "to", "reason"])?;
    let alert = alert.hold(minutes(15)).scenario(scenario);
    let Some(moves) = moves else {
        return Ok(vec![alert]);
    };
    let moves = moves
        .rate()
        .sum_by(["job", "from", "to", "reason"])?
        .topk(20)?;
    Ok(vec![
        alert.ask("What is moved, and why?", scope.text(&moves)),
    ])
}

fn slow(scope: &Scope<'_>) -> Made {
    let name = "memory_tier_operation_duration_seconds";
    let Some(durations) = scope.histogram(name, &["tier", "operation"])? else {
        return Ok(Vec::new());
    };
    let Some((limit, next)) = scope.bounds(name, 1.0) else {
        return Ok(Vec::new());
    };
    let by = durations.by(["job", "tier"])?;
    let enough = by.rate().above(Quantity::per_second(0.05))?;
    let condition = by
        .quantile(0.95)?
        .above(Quantity::seconds(limit))?
        .and(&enough)?;
    let bucket = format!("{name}_bucket");
    let le = vitalsigns::FamilyEntry::le;
    let (at, above) = (le(limit), le(next));
    let labels = |le| [("tier", "cold"), ("operation", "search"), ("le", le)];
    let scenario = scope
        .story(name)
        .series(
            &bucket,
            &labels(&at),
            Track::PerMinute(94.0),
            Track::PerMinute(96.0),
        )
        .always(&bucket, &labels(&above), Track::PerMinute(100.0))
        .always(&bucket, &labels("+Inf"), Track::PerMinute(100.0))
        .by(&[("job", ""), ("tier", "cold")])
        .shows(limit + (next - limit) / 6.0, limit * 95.0 / 96.0)
        .guarded(0.02);
    let alert = scope.alert("MemoryTierSlow", Severity::Warning, condition, &SLOW)?;
    let each = durations.by(["job", "tier", "operation"])?.quantile(0.95)?;
    let alert = alert.hold(minutes(10)).scenario(scenario);
    Ok(vec![alert.ask(
        "Which operations are slow?",
        scope.text(&each.topk(10)?),
    )])
}

fn stalled(scope: &Scope<'_>) -> Made {
    let (bytes, capacity) = ("memory_tier_bytes", "memory_tier_capacity_bytes");
    let moves = "memory_tier_moves_total";
    let families = (
        scope.gauge(bytes, &["tier"])?,
        scope.gauge(capacity, &["tier"])?,
        scope.counter(moves, &["from", "outcome"])?,
    );
    let (Some(used), Some(whole), Some(moved)) = families else {
        return Ok(Vec::new());
    };
    if !scope.has_value(bytes, "tier", "hot") || !scope.has_value(moves, "from", "hot") {
        return Ok(Vec::new());
    }
    let whole = whole.with("tier", "hot")?.value().sum_by(["job"])?;
    let share = used
        .with("tier", "hot")?
        .value()
        .sum_by(["job"])?
        .ratio_to(&whole)?;
    let limited = whole.above(Quantity::bytes(0.0))?;
    let out = moved.with("from", "hot")?.with("outcome", "success")?;
    let some = out.increase_over(hours(1))?.sum_by(["job"])?.above(0.0)?;
    let full = share.above(Quantity::percent(90.0))?.and(&limited)?;
    let condition = full.unless(&some)?;
    let tier = [("tier", "hot")];
    let labels = [("from", "hot"), ("to", "warm"), ("outcome", "success")];
    let scenario = scope
        .story(bytes)
        .always(bytes, &tier, Track::Level(950.0))
        .always(capacity, &tier, Track::Level(1000.0))
        .series(moves, &labels, Track::PerMinute(0.0), Track::PerMinute(0.1))
        .by(&[("job", "")])
        .shows(0.95, 0.95)
        .silent("there is room", &scope.name(bytes), Track::Level(500.0))
        .silent(
            "there is no limit",
            &scope.name(capacity),
            Track::Level(0.0),
        );
    let alert = scope.alert("MoverStalled", Severity::Critical, condition, &STALLED)?;
    let outcomes = moved
        .increase_over(hours(1))?
        .sum_by(["job", "from", "outcome"])?;
    let alert = alert.hold(minutes(10)).scenario(scenario);
    Ok(vec![alert.ask(
        "What became of the moves of the last hour?",
        scope.text(&outcomes),
    )])
}

fn drift(scope: &Scope<'_>) -> Made {
    let name = "memory_tier_drift_items";
    let by: &[(&str, &str)] = &[("tier", "hot")];
    let call = |than| Level {
        call: Call {
            name: "MemoryTierDrift",
            severity: Severity::Warning,
            hold: hours(1),
            words: &DRIFT,
        },
        family: name,
        is_states: false,
        only: &[],
        by,
        than,
        values: (2.0, 0.0),
    };
    let mut alerts = Vec::new();
    for alert in call(Than::Above(0.0)).alert(scope)? {
        alerts.push(alert.label("direction", "more"));
    }
    let fewer = Level {
        by: &[("tier", "warm")],
        values: (-2.0, 0.0),
        ..call(Than::Below(0.0))
    };
    for alert in fewer.alert(scope)? {
        alerts.push(alert.label("direction", "fewer"));
    }
    Ok(alerts)
}
