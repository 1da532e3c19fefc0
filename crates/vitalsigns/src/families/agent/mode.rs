//! The mode that agents are in.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::oldest::{Oldest, Place};
use super::super::stateful::{State, Stateful};
use super::super::{Known, unsaid};
use crate::clock::Stopwatch;
use crate::{
    Counter, Family, Gauge, Histogram, LabelSet, LabelValue, MetricGroup, RegisterError, Registry,
    StateSet,
};

/// How the run of an agent ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::agent::Outcome};
///
/// assert_eq!(Outcome::VALUES, ["stopped", "failed", "cancelled", "panicked"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done, or told to stop.
    Stopped,
    /// It could not go on.
    Failed,
    /// It was dropped.
    Cancelled,
    /// It was dropped by a panic.
    Panicked,
}

#[derive(LabelSet)]
struct ByMode<M> {
    mode: Known<M>,
}

#[derive(LabelSet)]
struct FromToTrigger<M, T> {
    from: Known<M>,
    to: Known<M>,
    trigger: Known<T>,
}

#[derive(LabelSet)]
struct ModeOutcome<M> {
    mode: Known<M>,
    outcome: Outcome,
}

#[derive(MetricGroup)]
#[metrics(prefix = "agent")]
struct ModeMetrics<M: LabelValue, T: LabelValue> {
    /// Which modes agents are in; with one agent, one.
    mode: StateSet<Known<M>>,
    /// Agents that run, by the mode that they are in.
    running: Family<ByMode<M>, Gauge>,
    /// Switches of agents from one mode to another, by what triggered them.
    mode_switches_total: Family<FromToTrigger<M, T>, Counter>,
    /// Time that an agent stayed in a mode, once it left it.
    #[metric(buckets = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 14400, 43200, 86400])]
    mode_duration_seconds: Family<ByMode<M>, Histogram>,
    /// When the agent that is in the mode for longest entered it; NaN if none is in it.
    mode_oldest_entry_timestamp_seconds: Family<ByMode<M>, Gauge<f64>>,
    /// Runs of agents that ended, by the mode that they were in at last and outcome.
    runs_total: Family<ModeOutcome<M>, Counter>,
}

/// How many agents are in each mode, and the line of those that are.
struct Modes {
    running: Mutex<Box<[usize]>>,
    oldest: Box<[Arc<Oldest>]>,
}

impl<M: LabelValue, T: LabelValue> State<ModeMetrics<M, T>> for Modes {
    fn of(metrics: &ModeMetrics<M, T>) -> Self {
        let oldest = |index| {
            let mode = Known {
                index,
                of: PhantomData,
            };
            let labels = ByMode { mode };
            Oldest::new(metrics.mode_oldest_entry_timestamp_seconds.with(&labels))
        };
        Modes {
            running: Mutex::new(vec![0; M::VALUES.len()].into()),
            oldest: (0..M::VALUES.len()).map(oldest).collect(),
        }
    }
}

/// The metrics of the modes of agents.
///
/// `M` is the service's enum of modes, 64 at the most, `T` its enum of what triggers a switch.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::AgentModes;
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Mode {
///     Baseline,
///     Reflex,
///     Companion,
/// }
///
/// #[derive(LabelValue)]
/// enum Trigger {
///     HeartRate,
///     Message,
/// }
///
/// let modes = AgentModes::<Mode, Trigger>::register(&Registry::new())?;
/// let agent = modes.start(Mode::Baseline);
/// agent.switch(Mode::Reflex, Trigger::HeartRate);
/// agent.switch(Mode::Companion, Trigger::Message);
/// agent.stop();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct AgentModes<M: LabelValue, T: LabelValue> {
    metrics: Stateful<ModeMetrics<M, T>, Modes>,
}

impl<M: LabelValue, T: LabelValue> AgentModes<M, T> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AgentModes};
    /// let modes = AgentModes::<bool, bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Stateful::register(registry)?;
        Ok(AgentModes { metrics })
    }

    /// An agent begins to run, in this mode.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AgentModes};
    /// # let modes = AgentModes::<bool, bool>::register(&Registry::new())?;
    /// let agent = modes.start(false);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn start(&self, mode: M) -> Agent<M, T> {
        let mode = Known::new(mode);
        let current = Current::enter(&self.metrics, mode);
        move_agent(&self.metrics, None, Some(mode));
        Agent {
            metrics: self.metrics.clone(),
            current: Mutex::new(current),
            outcome: None,
        }
    }
}

/// Moves an agent between modes, or in, or out. Under one lock for all agents, so that the states
/// that are on are those that somebody is in, whoever else switches.
fn move_agent<M: LabelValue, T: LabelValue>(
    metrics: &Stateful<ModeMetrics<M, T>, Modes>,
    from: Option<Known<M>>,
    to: Option<Known<M>>,
) {
    let running = &metrics.state().running;
    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(mode) = to {
        running[mode.index()] += 1;
        metrics.running.with(&ByMode { mode }).inc();
    }
    if let Some(mode) = from {
        running[mode.index()] -= 1;
        metrics.running.with(&ByMode { mode }).dec();
    }
    match (from, to) {
        // The only one: in one step, so that no scrape sees it in two modes.
        (_, Some(to)) if running.iter().sum::<usize>() == 1 => metrics.mode.set(to),
        _ => {
            if let Some(to) = to {
                metrics.mode.turn_on(to);
            }
            if let Some(from) = from.filter(|from| running[from.index()] == 0) {
                metrics.mode.turn_off(from);
            }
        }
    }
}

impl<M: LabelValue, T: LabelValue> Clone for AgentModes<M, T> {
    fn clone(&self) -> Self {
        AgentModes {
            metrics: self.metrics.clone(),
        }
    }
}

impl<M: LabelValue, T: LabelValue> fmt::Debug for AgentModes<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentModes").finish_non_exhaustive()
    }
}

/// An agent that runs. It can be shared; switches from many threads come one after the other.
/// Dropped before it says how it ended, its run counts as cancelled; dropped by a panic, as
/// panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::AgentModes};
/// # let modes = AgentModes::<bool, bool>::register(&Registry::new())?;
/// let agent = modes.start(false);
/// std::thread::scope(|scope| {
///     scope.spawn(|| agent.switch(true, false));
///     scope.spawn(|| agent.switch(true, true)); // One of them switches, the other finds it done.
/// });
/// agent.stop();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "the run of an agent that is dropped counts as cancelled"]
pub struct Agent<M: LabelValue, T: LabelValue> {
    metrics: Stateful<ModeMetrics<M, T>, Modes>,
    current: Mutex<Current<M>>,
    outcome: Option<Outcome>,
}

/// The mode that an agent is in, since when.
struct Current<M> {
    mode: Known<M>,
    since: Stopwatch,
    _place: Place,
}

impl<M: LabelValue> Current<M> {
    fn enter<T: LabelValue>(metrics: &Stateful<ModeMetrics<M, T>, Modes>, mode: Known<M>) -> Self {
        Current {
            mode,
            since: Stopwatch::start(),
            _place: metrics.state().oldest[mode.index()].join(),
        }
    }
}

impl<M: LabelValue, T: LabelValue> Agent<M, T> {
    /// Switches to another mode, which ends the time in the one before. `false` if the agent is in
    /// that mode already: then nothing is recorded, and its time there goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AgentModes};
    /// # let modes = AgentModes::<bool, bool>::register(&Registry::new())?;
    /// let agent = modes.start(false);
    /// assert!(agent.switch(true, true));
    /// assert!(!agent.switch(true, true));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn switch(&self, to: M, trigger: T) -> bool {
        let (to, trigger) = (Known::new(to), Known::new(trigger));
        let mut current = self.current();
        let from = current.mode;
        if from.index() == to.index() {
            return false;
        }
        let labels = FromToTrigger { from, to, trigger };
        self.metrics.mode_switches_total.with(&labels).inc();
        self.leave(&current);
        *current = Current::enter(&self.metrics, to);
        move_agent(&self.metrics, Some(from), Some(to));
        true
    }

    /// It was done, or told to stop.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AgentModes};
    /// # let modes = AgentModes::<bool, bool>::register(&Registry::new())?;
    /// modes.start(false).stop();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn stop(mut self) {
        self.outcome = Some(Outcome::Stopped);
    }

    /// It could not go on.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AgentModes};
    /// # let modes = AgentModes::<bool, bool>::register(&Registry::new())?;
    /// modes.start(false).fail();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self) {
        self.outcome = Some(Outcome::Failed);
    }

    fn current(&self) -> MutexGuard<'_, Current<M>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, current: &Current<M>) {
        let labels = ByMode { mode: current.mode };
        let durations = self.metrics.mode_duration_seconds.with(&labels);
        durations.observe(current.since.elapsed());
    }
}

impl<M: LabelValue, T: LabelValue> Drop for Agent<M, T> {
    fn drop(&mut self) {
        let outcome = self
            .outcome
            .unwrap_or_else(|| unsaid(Outcome::Cancelled, Outcome::Panicked));
        let current = self.current();
        let mode = current.mode;
        let labels = ModeOutcome { mode, outcome };
        self.metrics.runs_total.with(&labels).inc();
        self.leave(&current);
        move_agent(&self.metrics, Some(mode), None);
    }
}

impl<M: LabelValue, T: LabelValue> fmt::Debug for Agent<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("mode", &self.current().mode.as_label())
            .finish_non_exhaustive()
    }
}
