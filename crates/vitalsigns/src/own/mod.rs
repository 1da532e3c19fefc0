//! What the library reports of itself: `vitalsigns_*`.
//!
//! A registry counts what it could not keep apart (overflow), what was no measurement (rejected)
//! and what it left out of a page (foreign families). The series are there, at 0, from the moment
//! that the metric they are about is registered, so that an alert on them has something to read.

mod labels;
#[cfg(feature = "push")]
mod pushes;
mod scrapes;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::descriptor::Descriptor;
use crate::family::Family;
use crate::kind::Kind;
use crate::label::LabelSet;
use crate::metric::{Counter, Gauge, Metric, Shape};
use crate::name::unit_of;
use crate::registry::{Dropped, Failure};
use crate::sample::Collect;
use labels::{About, DroppedFamily, FailureOf, Of};
#[cfg(feature = "push")]
pub(crate) use pushes::{Outcome, Pushes};
pub(crate) use scrapes::Scrapes;

/// What is reported of one collector.
pub(crate) struct CollectorOwn {
    up: Gauge,
    last_success: Gauge<f64>,
    error: Counter,
    panic: Counter,
    deadline: Counter,
}

impl CollectorOwn {
    /// Whether it could be read the last time.
    pub(crate) fn is_up(&self) -> bool {
        self.up.get() == 1
    }

    /// The collector has run, or has not.
    pub(crate) fn ended(&self, result: Result<(), Failure>) {
        self.up.set(i64::from(result.is_ok()));
        match result {
            Ok(()) => {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                self.last_success.set(now.unwrap_or_default().as_secs_f64());
            }
            Err(Failure::Error) => self.error.inc(),
            Err(Failure::Panic) => self.panic.inc(),
            Err(Failure::Deadline) => self.deadline.inc(),
        }
    }
}

/// The families of a registry about itself.
pub(crate) struct Own {
    overflow: Family<About<'static>, Counter>,
    rejected: Family<About<'static>, Counter>,
    halved: Family<About<'static>, Counter>,
    foreign: Family<Dropped, Counter>,
    dropped: Family<DroppedFamily<'static>, Gauge>,
    /// What was left out of the last page.
    last_dropped: Mutex<Vec<(Dropped, String)>>,
    up: Family<Of<'static>, Gauge>,
    last_success: Family<Of<'static>, Gauge<f64>>,
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
        let (up, up_family) = up(constant);
        let (failures, failures_family) = family(
            constant,
            "vitalsigns_collector_failures_total",
            "Times a collector failed, so that its families were left out, by cause; that a scraper \
             had no time for it is none.",
        );
        let (dropped, dropped_family) = family(
            constant,
            "vitalsigns_foreign_family_dropped",
            "Attached metrics of another library that are left out of this page, by name and cause.",
        );
        let (last_success, last_success_family) = family(
            constant,
            "vitalsigns_collector_last_success_timestamp_seconds",
            "When the collector was last read, in seconds since 1970; 0 if it never was.",
        );
        let own = Own {
            overflow,
            rejected,
            halved,
            foreign,
            dropped,
            last_dropped: Mutex::default(),
            up,
            last_success,
            failures,
        };
        let families = vec![
            overflow_family,
            rejected_family,
            halved_family,
            foreign_family,
            dropped_family,
            up_family,
            last_success_family,
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
            last_success: self.last_success.with(&Of { collector }),
            error: failures(Failure::Error),
            panic: failures(Failure::Panic),
            deadline: failures(Failure::Deadline),
        }
    }

    /// These foreign families are left out of a page.
    pub(crate) fn foreign_dropped(&self, dropped: &[(Dropped, String)]) {
        for (cause, _) in dropped {
            self.foreign.with(cause).inc();
        }
        let mut last = self
            .last_dropped
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *last == dropped {
            return;
        }
        for (cause, family) in last.iter().filter(|known| !dropped.contains(known)) {
            self.dropped.remove(&DroppedFamily {
                cause: *cause,
                family,
            });
        }
        for (cause, family) in dropped {
            self.dropped
                .with(&DroppedFamily {
                    cause: *cause,
                    family,
                })
                .set(1);
        }
        *last = dropped.to_vec();
    }
}

fn up(constant: &Arc<[(String, String)]>) -> (Family<Of<'static>, Gauge>, Arc<dyn Collect>) {
    family(
        constant,
        "vitalsigns_collector_up",
        "Whether the collector could be read for this page: 1 if so, 0 if its families are left \
         out.",
    )
}

/// Which collectors could be read, for one page only.
pub(crate) fn up_family(
    constant: &Arc<[(String, String)]>,
    collectors: impl Iterator<Item = (String, bool)>,
) -> Arc<dyn Collect> {
    let (up, family) = up(constant);
    for (collector, is_up) in collectors {
        let collector = &collector;
        up.with(&Of { collector }).set(i64::from(is_up));
    }
    family
}

fn family<L: LabelSet<Schema = L>, M: Metric>(
    constant: &Arc<[(String, String)]>,
    name: &'static str,
    help: &'static str,
) -> (Family<L, M>, Arc<dyn Collect>) {
    with_bounds(constant, name, help, &Arc::default())
}

fn with_bounds<L: LabelSet<Schema = L>, M: Metric>(
    constant: &Arc<[(String, String)]>,
    name: &'static str,
    help: &'static str,
    bounds: &Arc<[f64]>,
) -> (Family<L, M>, Arc<dyn Collect>) {
    let descriptor = Descriptor {
        name: name.to_owned(),
        kind: M::KIND,
        unit: unit_of(name, M::KIND),
        help,
        labels: L::LABELS,
        constant: Arc::clone(constant),
        buckets: (M::KIND == Kind::Histogram).then(|| Arc::clone(bounds)),
        native: false,
        exemplars: false,
        // As many as there are metrics and collectors.
        max_series: usize::MAX,
        expire_idle: None,
        states: None,
        group: "vitalsigns",
    };
    Family::make(
        descriptor,
        Arc::new(Shape::new(Arc::clone(bounds), None)),
        None,
    )
}
