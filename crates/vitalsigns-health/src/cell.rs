//! A check as the others see it: how it stands, under a lock that nobody holds while a check runs.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Notify;
use vitalsigns::{Counter, Gauge, Histogram, LabelValue, StateSet};

use crate::check::{Check, Groups, Weight};
use crate::metrics::{ByCheck, CheckOutcome, FromTo, HealthMetrics, RunOutcome};
use crate::outcome::Outcome;
use crate::standing::{Event, Standing};
use crate::state::State;

/// One check: its standing, its metrics, and the sign to stop.
pub(crate) struct Cell {
    pub(crate) name: String,
    pub(crate) groups: Groups,
    pub(crate) weight: Weight,
    pub(crate) component: Option<&'static str>,
    standing: Mutex<Standing>,
    metrics: Handles,
    is_stopped: Mutex<bool>,
    stop_blocking: Condvar,
    stop_async: Notify,
}

/// The metrics of one check.
struct Handles {
    state: StateSet<State>,
    duration: Histogram,
    last_success: Gauge<f64>,
    runs: Vec<Counter>,
    transitions: Vec<Vec<Counter>>,
}

impl Handles {
    fn new(metrics: &HealthMetrics, check: &str) -> Self {
        let by = ByCheck { check };
        let transitions = |from: State| {
            let count = |to| {
                metrics
                    .check_transitions_total
                    .with(&FromTo { check, from, to })
            };
            all(count)
        };
        let runs = |outcome| {
            metrics
                .check_runs_total
                .with(&CheckOutcome { check, outcome })
        };
        let state = metrics.check_state.with(&by);
        state.set(State::Unknown);
        Handles {
            state,
            duration: metrics.check_duration_seconds.with(&by),
            last_success: metrics.check_last_success_timestamp_seconds.with(&by),
            runs: all(runs),
            transitions: all(transitions),
        }
    }
}

/// What `make` makes of each value of a closed set.
fn all<V: LabelValue, T>(make: impl Fn(V) -> T) -> Vec<T> {
    (0..V::VALUES.len())
        .filter_map(V::from_index)
        .map(make)
        .collect()
}

impl Cell {
    pub(crate) fn new(check: &Check, metrics: &HealthMetrics, is_told: bool) -> Arc<Self> {
        let (rules, now) = (check.rules.clone(), Instant::now());
        let standing = match is_told {
            true => Standing::lasting(rules, now),
            false => Standing::new(rules, now),
        };
        Arc::new(Cell {
            name: check.name.clone(),
            groups: check.groups,
            weight: check.weight,
            component: check.component,
            standing: Mutex::new(standing),
            metrics: Handles::new(metrics, &check.name),
            is_stopped: Mutex::new(false),
            stop_blocking: Condvar::new(),
            stop_async: Notify::new(),
        })
    }

    pub(crate) fn begin(&self) {
        self.update(|standing, now| standing.begin(now));
    }

    pub(crate) fn end(&self, outcome: Outcome, as_: RunOutcome) {
        self.update(|standing, now| standing.end(now, outcome, as_));
    }

    pub(crate) fn tell(&self, outcome: Outcome) {
        self.update(|standing, now| standing.tell(now, outcome));
    }

    /// Reads how it stands now.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Standing, Instant) -> T) -> T {
        let mut standing = lock(&self.standing);
        let now = Instant::now();
        let events = standing.settle(now);
        self.record(&standing, events);
        read(&standing, now)
    }

    fn update(&self, update: impl FnOnce(&mut Standing, Instant) -> Vec<Event>) {
        let mut standing = lock(&self.standing);
        let events = update(&mut standing, Instant::now());
        self.record(&standing, events);
    }

    /// Under the lock of the standing, so that the metrics follow it in order.
    fn record(&self, standing: &Standing, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Changed { from, to, cause } => {
                    self.metrics.transitions[from.index()][to.index()].inc();
                    log(&self.name, from, to, cause.map(|cause| cause.as_label()));
                }
                Event::Ran {
                    outcome,
                    elapsed,
                    succeeded,
                } => {
                    self.metrics.runs[outcome.index()].inc();
                    self.metrics.duration.observe(elapsed);
                    if succeeded {
                        self.metrics.last_success.set(now_seconds());
                    }
                }
            }
        }
        self.metrics.state.set(standing.state);
    }

    pub(crate) fn stop(&self) {
        *lock(&self.is_stopped) = true;
        self.stop_blocking.notify_all();
        self.stop_async.notify_one();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *lock(&self.is_stopped)
    }

    /// Waits on a thread, at the most until it is told to stop.
    pub(crate) fn wait_blocking(&self, pause: Duration) {
        let is_stopped = lock(&self.is_stopped);
        let waited = self
            .stop_blocking
            .wait_timeout_while(is_stopped, pause, |is_stopped| !*is_stopped);
        drop(waited);
    }

    /// The same in a task.
    pub(crate) async fn wait(&self, pause: Duration) {
        if !self.is_stopped() {
            let _ = tokio::time::timeout(pause, self.stop_async.notified()).await;
        }
    }
}

fn now_seconds() -> f64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0.0, |now| now.as_secs_f64())
}

#[cfg(feature = "tracing")]
fn log(check: &str, from: State, to: State, cause: Option<&str>) {
    let cause = cause.unwrap_or("none");
    match to {
        State::Up => tracing::info!(check, %from, %to, "a health check changed"),
        _ => tracing::warn!(check, %from, %to, cause, "a health check changed"),
    }
}

#[cfg(not(feature = "tracing"))]
fn log(_: &str, _: State, _: State, _: Option<&str>) {}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
