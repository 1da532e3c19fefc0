//! What the library reports of itself: `vitalsigns_*`.
//!
//! A registry counts what it could not keep apart (overflow), what was no measurement (rejected)
//! and what it left out of a page (foreign families). The series are there, at 0, from the moment
//! that the metric they are about is registered, so that an alert on them has something to read.

use std::sync::Arc;

use crate::descriptor::Descriptor;
use crate::family::Family;
use crate::label::{Label, LabelSet, LabelSpec, LabelValues};
use crate::metric::{Counter, Gauge, Metric, Shape};
use crate::registry::{Dropped, Failure};
use crate::sample::Collect;

/// The metric that a series is about: as many as are registered.
struct About<'a> {
    metric: &'a str,
}

impl<'a> LabelSet for About<'a> {
    type Schema = About<'static>;
    const LABELS: &'static [LabelSpec] = &[LabelSpec {
        name: "metric",
        values: LabelValues::Capped(10_000),
    }];

    fn label(&self, _: usize) -> Label<'_> {
        Label::Open(self.metric)
    }
}

/// The collector that a series is about.
struct Of<'a> {
    collector: &'a str,
}

impl<'a> LabelSet for Of<'a> {
    type Schema = Of<'static>;
    const LABELS: &'static [LabelSpec] = &[COLLECTOR];

    fn label(&self, _: usize) -> Label<'_> {
        Label::Open(self.collector)
    }
}

/// The collector that a series is about, and why it failed.
struct FailureOf<'a> {
    collector: &'a str,
    failure: Failure,
}

impl<'a> LabelSet for FailureOf<'a> {
    type Schema = FailureOf<'static>;
    const LABELS: &'static [LabelSpec] = &[
        COLLECTOR,
        LabelSpec {
            name: "cause",
            values: LabelValues::Closed(&["error", "panic", "deadline"]),
        },
    ];

    fn label(&self, index: usize) -> Label<'_> {
        match index {
            0 => Label::Open(self.collector),
            _ => Label::Closed(self.failure as usize),
        }
    }
}

const COLLECTOR: LabelSpec = LabelSpec {
    name: "collector",
    values: LabelValues::Capped(10_000),
};

/// What is reported of one collector.
pub(crate) struct CollectorOwn {
    up: Gauge,
    error: Counter,
    panic: Counter,
    deadline: Counter,
}

impl CollectorOwn {
    /// The collector has run, or has not.
    pub(crate) fn ended(&self, result: Result<(), Failure>) {
        self.up.set(i64::from(result.is_ok()));
        match result {
            Ok(()) => {}
            Err(Failure::Error) => self.error.inc(),
            Err(Failure::Panic) => self.panic.inc(),
            Err(Failure::Deadline) => self.deadline.inc(),
        }
    }
}

/// Why a foreign family was left out.
#[derive(Clone, Copy)]
enum Cause {
    Duplicate,
    Unreadable,
}

impl LabelSet for Cause {
    type Schema = Cause;
    const LABELS: &'static [LabelSpec] = &[LabelSpec {
        name: "cause",
        values: LabelValues::Closed(&["duplicate", "unreadable"]),
    }];

    fn label(&self, _: usize) -> Label<'_> {
        Label::Closed(*self as usize)
    }
}

/// The families of a registry about itself.
pub(crate) struct Own {
    overflow: Family<About<'static>, Counter>,
    rejected: Family<About<'static>, Counter>,
    halved: Family<About<'static>, Counter>,
    foreign: Family<Cause, Counter>,
    up: Family<Of<'static>, Gauge>,
    failures: Family<FailureOf<'static>, Counter>,
}

impl Own {
    pub(crate) fn new(constant: &Arc<[(String, String)]>) -> (Self, Vec<Arc<dyn Collect>>) {
        let (overflow, overflow_family) = family(
            constant,
            "vitalsigns_series_overflow_total",
            "Look-ups of a series whose label values were beyond a cap and were folded into one.",
        );
        let (rejected, rejected_family) = family(
            constant,
            "vitalsigns_observations_rejected_total",
            "Values that were no measurement (NaN, infinite, or negative where that is impossible) \
             and were not recorded.",
        );
        let (halved, halved_family) = family(
            constant,
            "vitalsigns_native_resolution_halvings_total",
            "Times the resolution of a native histogram was halved, because its values fell into \
             more than 160 buckets.",
        );
        let (foreign, foreign_family) = family(
            constant,
            "vitalsigns_foreign_families_dropped_total",
            "Attached metrics of other libraries that were left out of a page.",
        );
        let (up, up_family) = family(
            constant,
            "vitalsigns_collector_up",
            "Whether the collector could be read for this page: 1 if so, 0 if its families are \
             left out.",
        );
        let (failures, failures_family) = family(
            constant,
            "vitalsigns_collector_failures_total",
            "Pages from which the families of a collector were left out, by cause.",
        );
        let own = Own {
            overflow,
            rejected,
            halved,
            foreign,
            up,
            failures,
        };
        let families = vec![
            overflow_family,
            rejected_family,
            halved_family,
            foreign_family,
            up_family,
            failures_family,
        ];
        (own, families)
    }

    pub(crate) fn overflow(&self, metric: &str) -> Counter {
        self.overflow.with(&About { metric })
    }

    pub(crate) fn rejected(&self, metric: &str) -> Counter {
        self.rejected.with(&About { metric })
    }

    pub(crate) fn halved(&self, metric: &str) -> Counter {
        self.halved.with(&About { metric })
    }

    /// Takes back the series about a metric that was not registered after all.
    pub(crate) fn forget(&self, metric: &str) {
        self.overflow.remove(&About { metric });
        self.rejected.remove(&About { metric });
        self.halved.remove(&About { metric });
    }

    pub(crate) fn collector(&self, collector: &str) -> CollectorOwn {
        let failures = |failure| self.failures.with(&FailureOf { collector, failure });
        CollectorOwn {
            up: self.up.with(&Of { collector }),
            error: failures(Failure::Error),
            panic: failures(Failure::Panic),
            deadline: failures(Failure::Deadline),
        }
    }

    /// So many foreign families were left out of a page.
    pub(crate) fn foreign_dropped(&self, dropped: &Dropped) {
        let count = |cause, families: usize| self.foreign.with(&cause).add(families as u64);
        count(Cause::Duplicate, dropped.duplicates);
        count(Cause::Unreadable, dropped.unreadable);
    }
}

fn family<L: LabelSet<Schema = L>, M: Metric>(
    constant: &Arc<[(String, String)]>,
    name: &str,
    help: &'static str,
) -> (Family<L, M>, Arc<dyn Collect>) {
    let descriptor = Descriptor {
        name: name.to_owned(),
        kind: M::KIND,
        unit: None,
        help,
        labels: L::LABELS,
        constant: Arc::clone(constant),
        buckets: None,
        native: false,
        // As many as there are metrics and collectors.
        max_series: usize::MAX,
        expire_idle: None,
        states: None,
        group: "vitalsigns",
    };
    Family::make(descriptor, Arc::new(Shape::new(Arc::default(), None)), None)
}
