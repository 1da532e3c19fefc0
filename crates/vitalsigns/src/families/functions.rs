//! Functions that carry [`#[instrument_metrics]`](macro@crate::instrument_metrics): how often they
//! are called, how long they take, how many calls there are at once, and how they end.
//!
//! A call begins when the function is entered; that of an async function, or of one that returns a
//! future, with the first poll of the future, because before it nothing has happened. It ends when
//! there is a value, when it unwinds, or when the future is dropped. Time in which a future waits
//! belongs to it. What is done with the value afterwards is not seen here: an iterator or a stream is
//! a value, and what it does when it is asked for the next item is no part of the call.
//!
//! | `outcome` | what happened |
//! |---|---|
//! | `ok` | a value that is no `Err`, or what `outcome = …` takes for good |
//! | `error` | an `Err`, by whatever name its type goes |
//! | `cancelled` | the future was dropped between two polls |
//! | `panicked` | the function, or a poll of its future, unwound |
//!
//! `function` is the name as one would write it in the module: `charge`, `Shop::charge`,
//! `<Shop as Charge>::charge`. Type parameters are left out, so all instances of a generic function
//! are one.
//!
//! `function_duration_seconds` always has the bounds of the latencies of all objectives in the program
//! (`slo = …, latency = (250ms, 99)`). Other bounds for it, by
//! [`RegistryBuilder::buckets`](crate::RegistryBuilder::buckets), take the place of the default ones
//! and not of these, so that no choice of buckets leaves an objective that cannot be computed.

use crate::group::{Declaration, FieldSpec, GroupBuilder};
use crate::instrument::declared_bounds;
use crate::{
    Counter, Family, Gauge, Histogram, LabelSet, LabelValue, MetricGroup, RegisterError, Registry,
};

/// How a call ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::functions::Outcome};
///
/// assert_eq!(Outcome::VALUES, ["ok", "error", "cancelled", "panicked"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// There was a value.
    Ok,
    /// There was an error.
    Error,
    /// The future was dropped before it had a value.
    Cancelled,
    /// The call unwound.
    Panicked,
}

// The functions of a program are as many as somebody wrote: these caps are there so that there are
// caps.
#[derive(LabelSet)]
struct FunctionLabels<'a> {
    #[label(cap = 10_000)]
    function: &'a str,
    #[label(cap = 10_000)]
    module: &'a str,
}

#[derive(LabelSet)]
struct CallLabels<'a> {
    #[label(cap = 10_000)]
    function: &'a str,
    #[label(cap = 10_000)]
    module: &'a str,
    outcome: Outcome,
}

#[derive(LabelSet)]
struct ErrorLabels<'a> {
    #[label(cap = 10_000)]
    function: &'a str,
    #[label(cap = 10_000)]
    module: &'a str,
    #[label(cap = 200)]
    error: &'a str,
}

const MAX_SERIES: usize = 100_000;

/// What a function takes is often far below what a request does.
const DEFAULT_BOUNDS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

#[derive(Clone)]
pub(crate) struct FunctionMetrics {
    calls_total: Family<CallLabels<'static>, Counter>,
    duration_seconds: Family<FunctionLabels<'static>, Histogram>,
    calls_in_flight: Family<FunctionLabels<'static>, Gauge>,
    errors_total: Family<ErrorLabels<'static>, Counter>,
}

/// The bounds of all objectives, so that sums over functions stay sums: a family whose series had
/// different bounds could not be added up.
fn needed() -> &'static [f64] {
    static NEEDED: std::sync::OnceLock<Vec<f64>> = std::sync::OnceLock::new();
    NEEDED.get_or_init(declared_bounds)
}

// By hand, because the bounds are known only when the program runs.
impl MetricGroup for FunctionMetrics {
    const NAME: &'static str = "Functions";
    const PREFIX: &'static str = "function";

    fn build(group: &mut GroupBuilder<'_>) -> Result<Self, RegisterError> {
        let spec = |name, help| FieldSpec {
            name,
            help,
            unit: None,
            buckets: None,
            classic: true,
            native: false,
            exemplars: false,
            own_cells: None,
            max_series: Some(MAX_SERIES),
        };
        Ok(FunctionMetrics {
            calls_total: group.metric(spec(
                "calls_total",
                "Calls that ended, by function and outcome.",
            ))?,
            duration_seconds: group.declare(Declaration {
                prefix: Self::PREFIX,
                name: "duration_seconds",
                help: "Time from entering a function to leaving it, whatever the outcome.",
                unit: None,
                labels: FunctionLabels::LABELS,
                buckets: Some(DEFAULT_BOUNDS),
                needed: needed(),
                classic: true,
                native: false,
                exemplars: false,
                own_cells: None,
                max_series: Some(MAX_SERIES),
            })?,
            calls_in_flight: group.metric(FieldSpec {
                own_cells: Some(true),
                ..spec("calls_in_flight", "Calls that have begun and not ended.")
            })?,
            errors_total: group.metric(spec(
                "errors_total",
                "Calls that ended with an error, by function and the label of the error, of \
                 functions that give one.",
            ))?,
        })
    }

    fn share(&self) -> Self {
        self.clone()
    }
}

impl FunctionMetrics {
    /// Those of `registry`, or if it has other metrics with these names, some that nobody sees.
    pub(crate) fn of(registry: &Registry) -> Self {
        static NOWHERE: std::sync::OnceLock<FunctionMetrics> = std::sync::OnceLock::new();
        FunctionMetrics::register(registry).unwrap_or_else(|_| {
            let nowhere = || FunctionMetrics::register(&Registry::new());
            NOWHERE
                .get_or_init(|| nowhere().expect("a registry without metrics has the names free"))
                .clone()
        })
    }

    pub(crate) fn calls(&self, function: &str, module: &str) -> [Counter; Outcome::VALUES.len()] {
        [
            Outcome::Ok,
            Outcome::Error,
            Outcome::Cancelled,
            Outcome::Panicked,
        ]
        .map(|outcome| {
            self.calls_total.with(&CallLabels {
                function,
                module,
                outcome,
            })
        })
    }

    pub(crate) fn duration(&self, function: &str, module: &str) -> Histogram {
        self.duration_seconds
            .with(&FunctionLabels { function, module })
    }

    pub(crate) fn in_flight(&self, function: &str, module: &str) -> Gauge {
        self.calls_in_flight
            .with(&FunctionLabels { function, module })
    }

    pub(crate) fn error(&self, function: &str, module: &str, error: &str) {
        let labels = ErrorLabels {
            function,
            module,
            error,
        };
        self.errors_total.with(&labels).inc();
    }
}

/// The families of functions in a registry.
///
/// There is nothing to keep: functions with
/// [`#[instrument_metrics]`](macro@crate::instrument_metrics) find them by themselves. Registering
/// puts the families on the page, and into the catalogue, before the first function with
/// `registry = …` was called, and says if they cannot be there.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::Functions};
///
/// let registry = Registry::new();
/// Functions::register(&registry)?;
/// assert!(registry.catalogue().family("function_calls_total").is_some());
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Functions(());

impl Functions {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Functions};
    /// Functions::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        FunctionMetrics::register(registry)?;
        Ok(Functions(()))
    }
}
