//! The handles of one method and route, so that a request looks up one thing.

use std::array;
use std::sync::OnceLock;

use super::method::Method;
use super::metrics::HttpFamily;
use super::options::EXTRAS;
use super::routes::Shared;
use crate::label::Chosen;
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
    pub(super) in_flight: Gauge,
    /// Unless it differs by status or by extra labels.
    duration: Option<Histogram>,
    pub(super) first_byte: Option<Histogram>,
    pub(super) request_size: Option<Histogram>,
    pub(super) response_size: Option<Histogram>,
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
        Handles {
            in_flight: metrics.in_flight.with(&labels),
            duration: (!options.duration_differs()).then(|| metrics.duration.with(&labels)),
            first_byte: histogram(&metrics.first_byte),
            request_size: histogram(&metrics.request_size),
            response_size: histogram(&metrics.response_size),
        }
    }

    /// Records a request that ended like this.
    #[inline]
    pub(super) fn record(&self, shared: &Shared, key: OutcomeKey, record: impl FnOnce(&Outcome)) {
        // Most are where they are looked for first.
        match self.outcomes.slots[key.slot() % SLOTS].get() {
            Some((known, outcome)) if *known == key => record(outcome),
            _ => match self.find(shared, key) {
                Some(outcome) => record(outcome),
                None => record(&self.outcome(shared, key)),
            },
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
        let duration = match &self.handles(shared).duration {
            Some(duration) => duration.clone(),
            None => {
                if !options.status_on_duration {
                    labels.remove(2);
                }
                metrics.duration.with(&Chosen(&labels))
            }
        };
        Outcome { requests, duration }
    }
}
