//! The handles of each method and route, so that a request looks up one thing.

use std::sync::{Arc, OnceLock, PoisonError, RwLock, Weak};

use hashbrown::HashMap;

use super::method::Method;
use super::metrics::{HttpFamily, HttpMetrics};
use super::options::{EXTRAS, Options};
use crate::label::Chosen;
use crate::{Counter, Gauge, Histogram, Label, LabelValue};

/// The most routes that are told apart; a route is written in the code, so this is generous.
pub(super) const ROUTES: usize = 1000;

/// The routes of one server.
pub(super) struct Routes {
    pub(super) shared: Arc<Shared>,
    by_name: RwLock<ByName>,
}

type ByName =
    HashMap<Arc<str>, [Option<Arc<Route>>; Method::VALUES.len()], foldhash::fast::RandomState>;

/// What all routes have in common.
pub(super) struct Shared {
    pub(super) metrics: HttpMetrics,
    pub(super) options: Options,
}

/// What the requests of one method and route record into.
pub(super) struct Route {
    pub(super) shared: Arc<Shared>,
    /// Where the other routes are.
    routes: Weak<Routes>,
    pub(super) method: Method,
    pub(super) name: Arc<str>,
    /// Whether its requests are not measured.
    pub(super) is_excluded: bool,
    /// The handles, made with the first request that is measured.
    handles: OnceLock<Handles>,
    /// Outcomes in the order in which they first came up; a route rarely has more.
    outcomes: [OnceLock<(OutcomeKey, Outcome)>; 8],
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

impl Routes {
    pub(super) fn new(metrics: HttpMetrics, options: Options) -> Arc<Self> {
        Arc::new(Routes {
            shared: Arc::new(Shared { metrics, options }),
            by_name: RwLock::default(),
        })
    }

    /// What tells this server from others.
    pub(super) fn identity(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    pub(super) fn route(self: &Arc<Self>, method: Method, name: &str) -> Arc<Route> {
        {
            let routes = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
            let known = routes.get(name).map(|methods| &methods[method.index()]);
            if let Some(Some(route)) = known {
                return Arc::clone(route);
            }
        }
        self.resolve(method, name)
    }

    /// A method and route that come up for the first time.
    #[cold]
    fn resolve(self: &Arc<Self>, method: Method, name: &str) -> Arc<Route> {
        let mut routes = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let name: Arc<str> = name.into();
        let make = || {
            Arc::new(Route {
                shared: Arc::clone(&self.shared),
                routes: Arc::downgrade(self),
                method,
                name: Arc::clone(&name),
                is_excluded: self.shared.options.excludes(&name),
                handles: OnceLock::new(),
                outcomes: Default::default(),
            })
        };
        if routes.len() >= ROUTES && !routes.contains_key(&name) {
            // Beyond the cap the families fold it into `other`; it is not worth remembering.
            return make();
        }
        let methods = routes.entry(Arc::clone(&name)).or_default();
        Arc::clone(methods[method.index()].get_or_insert_with(make))
    }
}

impl Route {
    /// The server that it belongs to, as [`Routes::identity`] says it.
    pub(super) fn server(&self) -> usize {
        self.routes.as_ptr().addr()
    }

    /// Another route of the same server, for the same method.
    pub(super) fn sibling(&self, name: &str) -> Option<Arc<Route>> {
        Some(self.routes.upgrade()?.route(self.method, name))
    }

    /// Method and route as label values.
    pub(super) fn labels(&self) -> [Label<'_>; 2] {
        [Label::Closed(self.method.index()), Label::Open(&self.name)]
    }

    pub(super) fn handles(&self) -> &Handles {
        self.handles.get_or_init(|| {
            let metrics = &self.shared.metrics;
            let labels = self.labels();
            let labels = Chosen(&labels);
            let histogram = |family: &Option<HttpFamily<Histogram>>| {
                family.as_ref().map(|family| family.with(&labels))
            };
            let options = &self.shared.options;
            Handles {
                in_flight: metrics.in_flight.with(&labels),
                duration: (!options.duration_differs()).then(|| metrics.duration.with(&labels)),
                first_byte: histogram(&metrics.first_byte),
                request_size: histogram(&metrics.request_size),
                response_size: histogram(&metrics.response_size),
            }
        })
    }

    /// Records a request that ended like this.
    pub(super) fn record(&self, key: OutcomeKey, record: impl FnOnce(&Outcome)) {
        for slot in &self.outcomes {
            let (known, outcome) = slot.get_or_init(|| (key, self.outcome(key)));
            if *known == key {
                return record(outcome);
            }
        }
        record(&self.outcome(key));
    }

    #[cold]
    fn outcome(&self, key: OutcomeKey) -> Outcome {
        let Shared { metrics, options } = &*self.shared;
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
        let duration = match &self.handles().duration {
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
