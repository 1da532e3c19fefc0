//! What the page says of checks.

use vitalsigns::{Counter, Family, Gauge, Histogram, LabelSet, LabelValue, MetricGroup, StateSet};

use crate::check::Group;
use crate::state::State;

/// How many checks there may be: each is some forty series.
pub(crate) const MOST_CHECKS: usize = 64;

/// How a run of a check ended.
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RunOutcome {
    Up,
    Degraded,
    Unknown,
    Down,
    Timeout,
    Panicked,
}

impl From<State> for RunOutcome {
    fn from(state: State) -> Self {
        match state {
            State::Up => RunOutcome::Up,
            State::Degraded => RunOutcome::Degraded,
            State::Unknown => RunOutcome::Unknown,
            State::Down => RunOutcome::Down,
        }
    }
}

#[derive(LabelSet)]
pub(crate) struct ByCheck<'a> {
    #[label(cap = 64)]
    pub(crate) check: &'a str,
}

#[derive(LabelSet)]
pub(crate) struct CheckOutcome<'a> {
    #[label(cap = 64)]
    pub(crate) check: &'a str,
    pub(crate) outcome: RunOutcome,
}

#[derive(LabelSet)]
pub(crate) struct FromTo<'a> {
    #[label(cap = 64)]
    pub(crate) check: &'a str,
    pub(crate) from: State,
    pub(crate) to: State,
}

#[derive(LabelSet)]
pub(crate) struct ByGroup {
    pub(crate) group: Group,
}

#[derive(MetricGroup)]
#[metrics(prefix = "health")]
pub(crate) struct HealthMetrics {
    /// How a check stands, by the age of its last result at the time of the scrape, too.
    pub(crate) check_state: Family<ByCheck<'static>, StateSet<State>>,
    /// How a group of checks stands; 503 where `down` or, but for live, `unknown` is on.
    pub(crate) group_state: Family<ByGroup, StateSet<State>>,
    /// How long runs of checks took, those that were stopped for their time included.
    #[metric(buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])]
    pub(crate) check_duration_seconds: Family<ByCheck<'static>, Histogram>,
    /// Runs of checks that ended, or whose time was over, by what they found.
    pub(crate) check_runs_total: Family<CheckOutcome<'static>, Counter>,
    /// When a check was last up or degraded; 0 for never.
    pub(crate) check_last_success_timestamp_seconds: Family<ByCheck<'static>, Gauge<f64>>,
    /// Changes of the state of a check.
    pub(crate) check_transitions_total: Family<FromTo<'static>, Counter>,
}
