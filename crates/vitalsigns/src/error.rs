//! What can go wrong before anything is recorded.

use std::fmt;

use crate::kind::Kind;
use crate::metric::BucketFault;
use crate::name::NameFault;

/// A group of metrics could not be registered; none of its metrics was.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Gauge, MetricGroup, RegisterError, Registry};
///
/// #[derive(MetricGroup)]
/// struct Inbox {
///     /// Messages waiting.
///     queue_depth: Gauge,
/// }
///
/// #[derive(MetricGroup, Debug)]
/// struct Outbox {
///     /// Messages waiting.
///     queue_depth: Gauge,
/// }
///
/// let registry = Registry::new();
/// Inbox::register(&registry)?;
/// let error = Outbox::register(&registry).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "metric `queue_depth` of `Outbox` clashes with metric `queue_depth` of `Inbox`; give one \
///      of the groups a prefix",
/// );
/// # Ok::<(), RegisterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// The name of a metric breaks the rules.
    #[non_exhaustive]
    Name {
        /// The complete name.
        name: String,
        /// The group that declares it.
        group: &'static str,
        /// Why, and what would be right.
        fault: NameFault,
    },
    /// The name of a label breaks the rules.
    #[non_exhaustive]
    Label {
        /// The name of the label.
        label: String,
        /// The metric that has it.
        metric: String,
        /// Why, and what would be right.
        fault: NameFault,
    },
    /// A label stands twice in one metric, or is also a constant label of the registry.
    #[non_exhaustive]
    DuplicateLabel {
        /// The name of the label.
        label: String,
        /// The metric that has it twice.
        metric: String,
    },
    /// A sample of this metric would have the name of another metric's sample.
    #[non_exhaustive]
    Clash {
        /// The metric that was to be registered.
        name: String,
        /// The group that declares it.
        group: String,
        /// The metric that is registered already.
        existing: String,
        /// The group that declares that one.
        existing_group: String,
    },
    /// The bucket bounds of a histogram are none, not finite or not increasing.
    #[non_exhaustive]
    Buckets {
        /// The histogram.
        metric: String,
        /// Why, and what would be right.
        reason: &'static str,
    },
    /// The builder set bounds for a metric that is not a histogram.
    #[non_exhaustive]
    BucketsOfOther {
        /// The metric.
        metric: String,
        /// What it is.
        kind: Kind,
    },
    /// The namespace or a constant label of the registry breaks the rules.
    #[non_exhaustive]
    Registry {
        /// The namespace or the name of the label.
        name: String,
        /// Why, and what would be right.
        fault: NameFault,
    },
    /// Options of a group contradict each other, or those that it was registered with.
    #[non_exhaustive]
    Options {
        /// The group.
        group: &'static str,
        /// Why, and what would be right.
        reason: String,
    },
    /// The registry cannot be the global one, because another one is.
    GlobalIsSet,
    /// A foreign registry, metric or collector could not be read.
    #[non_exhaustive]
    Foreign {
        /// What it answered.
        reason: String,
    },
}

impl RegisterError {
    pub(crate) fn buckets(metric: &str, fault: BucketFault) -> Self {
        RegisterError::Buckets {
            metric: metric.to_owned(),
            reason: fault.message(),
        }
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegisterError::Name { name, group, fault } => {
                write!(f, "metric name `{name}` of `{group}`: {fault}")
            }
            RegisterError::Label {
                label,
                metric,
                fault,
            } => {
                write!(f, "label `{label}` of metric `{metric}`: {fault}")
            }
            RegisterError::DuplicateLabel { label, metric } => write!(
                f,
                "label `{label}` stands twice in metric `{metric}`; constant labels of the \
                 registry count as well"
            ),
            RegisterError::Clash {
                name,
                group,
                existing,
                existing_group,
            } => write!(
                f,
                "metric `{name}` of `{group}` clashes with metric `{existing}` of \
                 `{existing_group}`; {}",
                if group == existing_group {
                    "it is registered already, with other types or by another source"
                } else {
                    "give one of the groups a prefix"
                }
            ),
            RegisterError::Buckets { metric, reason } => {
                write!(f, "buckets of histogram `{metric}`: {reason}")
            }
            RegisterError::BucketsOfOther { metric, kind } => {
                write!(
                    f,
                    "buckets were set for metric `{metric}`, which is a {kind}"
                )
            }
            RegisterError::Registry { name, fault } => {
                write!(f, "`{name}` as a namespace or constant label: {fault}")
            }
            RegisterError::Options { group, reason } => {
                write!(
                    f,
                    "the options of `{group}` cannot be as they are: {reason}"
                )
            }
            RegisterError::GlobalIsSet => f.write_str(
                "another registry is the global one; `make_global` comes before the first call of \
                 a function that is instrumented",
            ),
            RegisterError::Foreign { reason } => {
                write!(f, "the foreign metrics cannot be read: {reason}")
            }
        }
    }
}

impl std::error::Error for RegisterError {}
