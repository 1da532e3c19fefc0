//! The handles of one method and route, so that a request looks up one thing.

use std::array;
use std::sync::OnceLock;
use std::time::Duration;

use super::method::Method;
use super::metrics::HttpFamily;
use super::options::EXTRAS;
use super::routes::Shared;
use crate::label::Chosen;
use crate::metric::Calls;
use crate::{Counter, Gauge, Histogram, Label, LabelValue};

/// What the requests of one method and route record into.
pub(super) struct Route {
    pub(super) name: Box<str>,
    pub(super) method: Method,
    /// Whether its requests are not measured.
    pub(super) is_excluded: bool,
    /// The handles, made with the first request that is measured.
    handles: OnceLock<Handles>,
    outcomes: Outcomes,
}

pub(super) struct Handles {
    in_flight: InFlight,
    pub(super) first_byte: Option<Histogram>,
    pub(super) request_size: Option<Histogram>,
    pub(super) response_size: Option<Histogram>,
}

enum InFlight {
    /// And how long it took, whatever came of it.
    Timed(Calls<0>),
    /// Durations differ by status or by extra labels: each outcome has its own.
    Alone(Gauge),
}

/// What tells the outcomes of a route apart.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct OutcomeKey {
    pub(super) status: u16,
    pub(super) extras: [u16; EXTRAS],
}

/// What a request with this outcome records into.
pub(super) struct Outcome {
    pub(super) requests: Counter,
    pub(super) duration: Histogram,
    /// Whether no other outcome of the route has this duration.
    is_alone: bool,
}

impl Handles {
    /// A request is in flight from now on.
    #[inline]
    pub(super) fn enter(&self) {
        match &self.in_flight {
            InFlight::Timed(calls) => calls.begin(),
            InFlight::Alone(gauge) => gauge.inc(),
        }
    }

    /// A request is no longer in flight. Its duration is recorded here unless outcomes have their
    /// own.
    #[inline]
    pub(super) fn leave(&self, elapsed: Option<Duration>) {
        match &self.in_flight {
            InFlight::Timed(calls) => calls.end(None, elapsed),
            InFlight::Alone(gauge) => gauge.dec(),
        }
    }
}

impl Outcome {
    /// Counts a request, and its duration unless [`Handles::leave`] does.
    #[inline]
    pub(super) fn count(&self, elapsed: Option<Duration>) {
        self.requests.inc();
        if let (true, Some(elapsed)) = (self.is_alone, elapsed) {
            self.duration.observe_elapsed(elapsed);
        }
    }
}

/// Outcomes that came up; a route without extra labels rarely has more than one of these.
struct Outcomes {
    slots: [OnceLock<(OutcomeKey, Outcome)>; SLOTS],
    more: OnceLock<Box<Outcomes>>,
}

const SLOTS: usize = 8;

/// The most [`Outcomes`] of a route. What comes up then is looked up each time.
const CHAIN: usize = 16;

impl OutcomeKey {
    /// The slot that is looked at first. The usual statuses are spread.
    #[inline]
    fn slot(&self) -> usize {
        usize::from(self.status ^ (self.status >> 3) ^ self.extras[0])
    }
}

impl Outcomes {
    fn new() -> Self {
        Outcomes {
            slots: array::from_fn(|_| OnceLock::new()),
            more: OnceLock::new(),
        }
    }
}

impl Route {
    pub(super) fn new(shared: &Shared, method: Method, name: &str) -> Self {
        Route {
            name: name.into(),
            method,
            is_excluded: shared.options.excludes(name),
            handles: OnceLock::new(),
            outcomes: Outcomes::new(),
        }
    }

    #[inline]
    pub(super) fn is(&self, method: Method, name: &str) -> bool {
        self.method == method && *self.name == *name
    }

    /// Method and route as label values.
    pub(super) fn labels(&self) -> [Label<'_>; 2] {
        [Label::Closed(self.method.index()), Label::Open(&self.name)]
    }

    #[inline]
    pub(super) fn handles(&self, shared: &Shared) -> &Handles {
        self.handles.get_or_init(|| self.resolve(shared))
    }

    #[cold]
    fn resolve(&self, shared: &Shared) -> Handles {
        let Shared {
            metrics, options, ..
        } = shared;
        let labels = self.labels();
        let labels = Chosen(&labels);
        let histogram = |family: &Option<HttpFamily<Histogram>>| {
            family.as_ref().map(|family| family.with(&labels))
        };
        let in_flight = metrics.in_flight.with(&labels);
        Handles {
            in_flight: match options.duration_differs() {
                false => {
                    let duration = metrics.duration.with(&labels);
                    InFlight::Timed(Calls::new(in_flight, [], duration))
                }
                true => InFlight::Alone(in_flight),
            },
            first_byte: histogram(&metrics.first_byte),
            request_size: histogram(&metrics.request_size),
            response_size: histogram(&metrics.response_size),
        }
    }

    /// Records a request that ended like this.
    #[inline(always)]
    pub(super) fn record(&self, shared: &Shared, key: OutcomeKey, record: impl FnOnce(&Outcome)) {
        // Most are where they are looked for first.
        match self.outcomes.slots[key.slot() % SLOTS].get() {
            Some((known, outcome)) if *known == key => record(outcome),
            _ => self.record_elsewhere(shared, key, record),
        }
    }

    #[cold]
    fn record_elsewhere(&self, shared: &Shared, key: OutcomeKey, record: impl FnOnce(&Outcome)) {
        match self.find(shared, key) {
            Some(outcome) => record(outcome),
            None => record(&self.outcome(shared, key)),
        }
    }

    /// The outcome, wherever it is or will be; `None` if there are too many.
    #[inline(never)]
    fn find(&self, shared: &Shared, key: OutcomeKey) -> Option<&Outcome> {
        let mut outcomes = &self.outcomes;
        for _ in 0..CHAIN {
            for step in 0..SLOTS {
                let slot = &outcomes.slots[(key.slot() + step) % SLOTS];
                let (known, outcome) = slot.get_or_init(|| (key, self.outcome(shared, key)));
                if *known == key {
                    return Some(outcome);
                }
            }
            outcomes = outcomes.more.get_or_init(|| Box::new(Outcomes::new()));
        }
        None
    }

    #[cold]
    fn outcome(&self, shared: &Shared, key: OutcomeKey) -> Outcome {
        let Shared {
            metrics, options, ..
        } = shared;
        let status = options.status.of(key.status);
        let mut labels = Vec::with_capacity(3 + EXTRAS);
        labels.extend(self.labels());
        labels.push(status.label());
        labels.extend(
            options
                .extras
                .iter()
                .zip(key.extras)
                .map(|(_, index)| Label::Closed(index.into())),
        );
        let requests = metrics.requests.with(&Chosen(&labels));
        let (duration, is_alone) = match &self.handles(shared).in_flight {
            InFlight::Timed(calls) => (calls.duration.clone(), false),
            InFlight::Alone(_) => {
                if !options.status_on_duration {
                    labels.remove(2);
                }
                (metrics.duration.with(&Chosen(&labels)), true)
            }
        };
        Outcome {
            requests,
            duration,
            is_alone,
        }
    }
}
