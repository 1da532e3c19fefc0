//! Which of a closed set of states are on.

use std::fmt;
use std::marker::PhantomData;

use super::cell::{RetiredFlag, is_shared};
use super::sealed::Recorded;
use super::{Metric, Shape};
use crate::kind::Kind;
use crate::label::LabelValue;
use crate::sample::Value;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The states of a thing: a mode, a circuit breaker, a health status.
///
/// The page has one sample for each state, 1 if it is on and 0 if not; the label that carries the
/// state has the name of the metric, as OpenMetrics says. All states are off at the start. The
/// states are a closed enum ([`LabelValue`]) of 64 at the most, which is checked when the program
/// is compiled.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, MetricGroup, Registry, StateSet};
///
/// #[derive(LabelValue)]
/// enum Mode {
///     Baseline,
///     Reflex,
///     Companion,
/// }
///
/// #[derive(MetricGroup)]
/// struct Agent {
///     /// The mode that the agent is in.
///     agent_mode: StateSet<Mode>,
/// }
///
/// let registry = Registry::new();
/// let agent = Agent::register(&registry)?;
/// agent.agent_mode.set(Mode::Reflex);
/// assert!(agent.agent_mode.is_on(Mode::Reflex));
/// assert!(!agent.agent_mode.is_on(Mode::Baseline));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct StateSet<S> {
    cell: Arc<StateCell>,
    states: PhantomData<fn(S)>,
}

#[derive(Debug)]
struct StateCell {
    /// One bit for each state.
    on: AtomicU64,
    retired: RetiredFlag,
}

impl<S: LabelValue> StateSet<S> {
    const FITS: () = assert!(
        S::VALUES.len() <= 64,
        "a state set has 64 states at the most"
    );

    /// Turns this state on and all others off, in one step.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Lamp {
    /// #     /// Lit.
    /// #     lamp_lit: vitalsigns::StateSet<bool>,
    /// # }
    /// # let lamp = <Lamp as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// lamp.lamp_lit.set(false);
    /// lamp.lamp_lit.set(true);
    /// assert!(!lamp.lamp_lit.is_on(false));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn set(&self, state: S) {
        self.cell.on.store(Self::bit(&state), Ordering::Relaxed);
        self.cell.retired.clear();
    }

    /// Turns this state on and leaves the others as they are.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Lamp {
    /// #     /// Lit.
    /// #     lamp_lit: vitalsigns::StateSet<bool>,
    /// # }
    /// # let lamp = <Lamp as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// lamp.lamp_lit.turn_on(true);
    /// assert!(lamp.lamp_lit.is_on(true));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn turn_on(&self, state: S) {
        self.cell.on.fetch_or(Self::bit(&state), Ordering::Relaxed);
        self.cell.retired.clear();
    }

    /// Turns this state off and leaves the others as they are.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Lamp {
    /// #     /// Lit.
    /// #     lamp_lit: vitalsigns::StateSet<bool>,
    /// # }
    /// # let lamp = <Lamp as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// lamp.lamp_lit.turn_on(true);
    /// lamp.lamp_lit.turn_off(true);
    /// assert!(!lamp.lamp_lit.is_on(true));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn turn_off(&self, state: S) {
        self.cell
            .on
            .fetch_and(!Self::bit(&state), Ordering::Relaxed);
        self.cell.retired.clear();
    }

    /// Whether this state is on.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Lamp {
    /// #     /// Lit.
    /// #     lamp_lit: vitalsigns::StateSet<bool>,
    /// # }
    /// # let lamp = <Lamp as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// assert!(!lamp.lamp_lit.is_on(true));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn is_on(&self, state: S) -> bool {
        self.cell.on.load(Ordering::Relaxed) & Self::bit(&state) != 0
    }

    fn bit(state: &S) -> u64 {
        const { Self::FITS };
        // Only an index that was implemented by hand can be too large; no state is on then.
        u32::try_from(state.index())
            .ok()
            .and_then(|bit| 1_u64.checked_shl(bit))
            .unwrap_or(0)
    }
}

impl<S: LabelValue> Metric for StateSet<S> {
    const KIND: Kind = Kind::StateSet;
}

#[allow(private_interfaces)]
impl<S: LabelValue> Recorded for StateSet<S> {
    const STATES: Option<&'static [&'static str]> = Some(S::VALUES);

    fn make(_: &std::sync::Arc<Shape>) -> Self {
        const { Self::FITS };
        let cell = StateCell {
            on: AtomicU64::new(0),
            retired: RetiredFlag::new(),
        };
        StateSet {
            cell: Arc::new(cell),
            states: PhantomData,
        }
    }

    fn read(&self, _: &mut Vec<u64>, read: &mut dyn FnMut(Value<'_>)) {
        read(Value::StateSet {
            states: S::VALUES,
            on: self.cell.on.load(Ordering::Relaxed),
        });
    }

    fn trace(&self) -> u64 {
        self.cell.on.load(Ordering::Relaxed)
    }

    fn is_held(&self) -> bool {
        is_shared(&self.cell)
    }

    fn retire(&self) {
        self.cell.retired.set();
    }

    fn is_retired(&self) -> bool {
        self.cell.retired.is()
    }

    fn revive(&self) {
        self.cell.retired.clear();
    }
}

impl<S> Clone for StateSet<S> {
    fn clone(&self) -> Self {
        StateSet {
            cell: Arc::clone(&self.cell),
            states: PhantomData,
        }
    }
}

impl<S: LabelValue> fmt::Debug for StateSet<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = self.cell.on.load(Ordering::Relaxed);
        let states = S::VALUES
            .iter()
            .enumerate()
            .filter(|(bit, _)| on & (1 << bit) != 0);
        f.debug_set()
            .entries(states.map(|(_, state)| state))
            .finish()
    }
}
