//! How fast an objective's budget of errors is used up, over two windows at a time.
//!
//! The long window says that it matters, the short one that it still goes on. The factors are those
//! of the SRE workbook for a budget of 30 days: at 14.4 times what is allowed, a fiftieth of the
//! budget is gone in an hour.

use std::time::Duration;

use vitalsigns::{Catalogue, ObjectiveEntry};

use super::{Alert, Severity};
use crate::query::{Condition, Quantity, Queries, QueryError, Vector};

const HOUR: Duration = Duration::from_secs(3600);

/// How many times faster than allowed the budget is used up, and over what time.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::alert::BURN_RATES;
///
/// let fast = &BURN_RATES[0];
/// assert_eq!((fast.factor, fast.long.as_secs(), fast.short.as_secs()), (14.4, 3600, 300));
/// // A budget of 30 days: so much of it is gone when the alert fires.
/// let gone = fast.factor * fast.long.as_secs_f64() / (30.0 * 86_400.0);
/// assert!((gone - 0.02).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct BurnRate {
    /// How many times what is allowed.
    pub factor: f64,
    /// Over what time it matters.
    pub long: Duration,
    /// Over what time it still goes on.
    pub short: Duration,
    /// How much it matters.
    pub severity: Severity,
}

/// Two that wake somebody, and two that wait for a working day.
pub const BURN_RATES: [BurnRate; 4] = [
    BurnRate {
        factor: 14.4,
        long: HOUR,
        short: Duration::from_secs(300),
        severity: Severity::Critical,
    },
    BurnRate {
        factor: 6.0,
        long: Duration::from_secs(6 * 3600),
        short: Duration::from_secs(1800),
        severity: Severity::Critical,
    },
    BurnRate {
        factor: 3.0,
        long: Duration::from_secs(24 * 3600),
        short: Duration::from_secs(2 * 3600),
        severity: Severity::Warning,
    },
    BurnRate {
        factor: 1.0,
        long: Duration::from_secs(3 * 24 * 3600),
        short: Duration::from_secs(6 * 3600),
        severity: Severity::Warning,
    },
];

/// The alerts of an objective: for its successes and for its latency, whichever it declares, one
/// for each of [`BURN_RATES`]. All functions that declare an objective of this name share it;
/// functions of the same names in each other's modules would be counted with them.
///
/// Where so much cannot be lost, there is no alert: with 90 % promised, more than 14.4 times the
/// allowed errors would be more than all calls.
///
/// # Errors
///
/// [`QueryError::UnknownFamily`] if the catalogue lacks the families of functions, and
/// [`QueryError::NotABound`] if it lacks the bound of a latency.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns::{Registry, instrument_metrics};
/// use vitalsigns_kit::alert::burn_rate_alerts;
/// use vitalsigns_kit::query::Rendering;
///
/// #[instrument_metrics(registry = registry, slo = "checkout", success = 99.9)]
/// fn check_out(registry: &Registry) {}
///
/// let registry = Registry::new();
/// check_out(&registry);
/// let alerts = burn_rate_alerts(&registry.catalogue(), "checkout")?;
/// assert_eq!(alerts.len(), 4);
/// let text = alerts[0].expression(&Rendering::over(Duration::from_secs(300))?);
/// assert!(text.contains("[1h]") && text.contains("> 0.0144 and"));
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
pub fn burn_rate_alerts(catalogue: &Catalogue, objective: &str) -> Result<Vec<Alert>, QueryError> {
    let of_name = |entry: &&ObjectiveEntry| entry.name == objective;
    let entries: Vec<&ObjectiveEntry> = catalogue.objectives.iter().filter(of_name).collect();
    let families = Families::of(catalogue);
    let mut alerts = Vec::new();
    for (kind, groups) in [
        ("Errors", by_success(&entries)),
        ("Latency", by_latency(&entries)),
    ] {
        for (promise, functions) in groups {
            for rate in &BURN_RATES {
                let allowed = allowed(promise.ratio());
                let Some(condition) = burns(&families, &promise, &functions, rate, allowed)? else {
                    continue;
                };
                let name = format!("SloBurn{kind}");
                let alert = Alert::new(name, condition, rate.severity)
                    .label("slo", objective)
                    .label("burn_rate", rate.factor.to_string());
                alerts.push(alert);
            }
        }
    }
    Ok(alerts)
}

/// The families of functions, under the namespace of the catalogue.
struct Families<'c> {
    queries: Queries<'c>,
    namespace: &'c str,
}

impl<'c> Families<'c> {
    fn of(catalogue: &'c Catalogue) -> Self {
        Families {
            queries: Queries::new(catalogue),
            namespace: &catalogue.namespace,
        }
    }

    fn name(&self, name: &str) -> String {
        match self.namespace {
            "" => name.to_owned(),
            namespace => format!("{namespace}_{name}"),
        }
    }
}

/// What is promised.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Promise {
    Success { ratio: f64 },
    Latency { seconds: f64, ratio: f64 },
}

impl Promise {
    fn ratio(&self) -> f64 {
        match self {
            Promise::Success { ratio } | Promise::Latency { ratio, .. } => *ratio,
        }
    }
}

/// The functions that promise the same.
type Groups<'a> = Vec<(Promise, Vec<&'a ObjectiveEntry>)>;

fn by_success<'a>(entries: &[&'a ObjectiveEntry]) -> Groups<'a> {
    grouped(entries, |entry| {
        let ratio = entry.success_ratio?;
        Some(Promise::Success { ratio })
    })
}

fn by_latency<'a>(entries: &[&'a ObjectiveEntry]) -> Groups<'a> {
    grouped(entries, |entry| {
        let latency = entry.latency?;
        Some(Promise::Latency {
            seconds: latency.seconds,
            ratio: latency.ratio,
        })
    })
}

fn grouped<'a>(
    entries: &[&'a ObjectiveEntry],
    promise: impl Fn(&ObjectiveEntry) -> Option<Promise>,
) -> Groups<'a> {
    let mut groups: Groups<'a> = Vec::new();
    for entry in entries {
        let Some(promise) = promise(entry) else {
            continue;
        };
        match groups.iter_mut().find(|(known, _)| *known == promise) {
            Some((_, functions)) => functions.push(entry),
            None => groups.push((promise, vec![entry])),
        }
    }
    groups
}

/// The share that may fail, without the dust of binary fractions.
fn allowed(promised: f64) -> f64 {
    rounded(1.0 - promised)
}

fn rounded(ratio: f64) -> f64 {
    (ratio * 1e9).round() / 1e9
}

fn burns(
    families: &Families<'_>,
    promise: &Promise,
    functions: &[&ObjectiveEntry],
    rate: &BurnRate,
    allowed: f64,
) -> Result<Option<Condition>, QueryError> {
    let threshold = rounded(rate.factor * allowed);
    if threshold >= 1.0 {
        return Ok(None);
    }
    let over = |window| -> Result<Condition, QueryError> {
        let lost = lost(families, promise, functions, window)?;
        lost.above(Quantity::ratio(threshold))
    };
    over(rate.long)?.and(&over(rate.short)?).map(Some)
}

/// The share of the calls that break the promise.
fn lost(
    families: &Families<'_>,
    promise: &Promise,
    functions: &[&ObjectiveEntry],
    window: Duration,
) -> Result<Vector, QueryError> {
    let mut names: Vec<&str> = functions
        .iter()
        .map(|entry| entry.function.as_str())
        .collect();
    let mut modules: Vec<&str> = functions
        .iter()
        .map(|entry| entry.module.as_str())
        .collect();
    for list in [&mut names, &mut modules] {
        list.sort_unstable();
        list.dedup();
    }
    match promise {
        Promise::Success { .. } => {
            let calls = families
                .queries
                .counter(&families.name("function_calls_total"))?;
            let calls = calls
                .any_of("function", &names)?
                .any_of("module", &modules)?;
            // Who gave up has neither got nor missed anything.
            let all = calls.none_of("outcome", &["cancelled"])?;
            let bad = calls.any_of("outcome", &["error", "panicked"])?;
            let sum = |calls: &crate::query::Selector<crate::query::Counter>| {
                calls.rate_over(window)?.sum_by(["job"])
            };
            sum(&bad)?.ratio_to(&sum(&all)?)
        }
        Promise::Latency { seconds, .. } => {
            let durations = families
                .queries
                .histogram(&families.name("function_duration_seconds"))?;
            let durations = durations
                .any_of("function", &names)?
                .any_of("module", &modules)?;
            let durations = durations.by(["job"])?.over(window)?;
            durations.share_above(Quantity::seconds(*seconds))
        }
    }
}
