//! What the library reports of pushes; only of registries that are pushed.
//!
//! A push carries what was known before it.

use std::sync::Arc;
use std::time::SystemTime;

use super::family;
use crate::family::Family;
use crate::label::{Label, LabelSet, LabelSpec, LabelValues};
use crate::metric::{Counter, Gauge};
use crate::sample::Collect;

/// How a push ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The gateway has taken it.
    Success,
    /// It was not sent: a label or a secret is not as it should be.
    Invalid,
    /// There was no answer.
    Unreachable,
    /// There was no answer in time.
    Timeout,
    /// The gateway answered that it will not take it.
    Refused,
    /// The gateway answered that it cannot take it now.
    Unavailable,
}

impl LabelSet for Outcome {
    type Schema = Outcome;
    const LABELS: &'static [LabelSpec] = &[LabelSpec {
        name: "outcome",
        values: LabelValues::Closed(&[
            "success",
            "invalid",
            "unreachable",
            "timeout",
            "refused",
            "unavailable",
        ]),
    }];

    fn label(&self, _: usize) -> Label<'_> {
        Label::Closed(*self as usize)
    }
}

/// The families about pushes.
pub(crate) struct Pushes {
    pushes: Family<Outcome, Counter>,
    last_push: Family<(), Gauge<f64>>,
    last_success: Family<(), Gauge<f64>>,
}

impl Pushes {
    pub(crate) fn new(constant: &Arc<[(String, String)]>) -> (Self, Vec<Arc<dyn Collect>>) {
        let (pushes, pushes_family) = family(
            constant,
            "vitalsigns_pushes_total",
            "Pushes to a Pushgateway before this one, by outcome; attempts of one push are not \
             told apart.",
        );
        let (last_push, last_push_family) = family(
            constant,
            "vitalsigns_push_last_success_timestamp_seconds",
            "When a Pushgateway last took a push before this one, in seconds since 1970; 0 if none \
             was taken.",
        );
        let (last_success, last_success_family) = family(
            constant,
            "job_last_success_timestamp_seconds",
            "When the job last did what it is for, in seconds since 1970.",
        );
        let pushes = Pushes {
            pushes,
            last_push,
            last_success,
        };
        // Not there before the job has succeeded: a 0 would take the place of the time that a run
        // before this one has left on the gateway.
        pushes.last_success.remove(&());
        (
            pushes,
            vec![pushes_family, last_push_family, last_success_family],
        )
    }

    /// A push has ended.
    pub(crate) fn ended(&self, outcome: Outcome) {
        self.pushes.with(&outcome).inc();
        if outcome == Outcome::Success {
            self.last_push.with(&()).set(now());
        }
    }

    /// The job has succeeded.
    pub(crate) fn succeeded(&self) {
        self.last_success.with(&()).set(now());
    }
}

fn now() -> f64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_default().as_secs_f64()
}
