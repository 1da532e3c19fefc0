//! Why a query was refused.

use std::fmt;

use vitalsigns::Kind;

use super::{Quantity, Unit};

/// A query that could not mean what it says, refused before anybody runs it.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::Queries;
///
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// let error = Queries::new(&catalogue).counter("vitalsigns_series_overflow").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the catalogue has no family `vitalsigns_series_overflow`; \
///      did you mean `vitalsigns_series_overflow_total`?"
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum QueryError {
    /// The catalogue has no such family.
    #[non_exhaustive]
    UnknownFamily {
        /// What was asked for.
        name: String,
        /// What the catalogue has that is most like it.
        nearest: Option<String>,
    },
    /// The family is of another kind.
    #[non_exhaustive]
    OtherKind {
        /// The family.
        name: String,
        /// What it is.
        is: Kind,
        /// What it was asked for as.
        asked: Kind,
    },
    /// There is no such label.
    #[non_exhaustive]
    UnknownLabel {
        /// What was asked for.
        label: String,
        /// Of what: a family, or an aggregation that has dropped the label.
        of: String,
        /// The labels that there are.
        known: Vec<String>,
        /// The one that is most like it.
        nearest: Option<String>,
    },
    /// The label was there, but an aggregation has left it out.
    #[non_exhaustive]
    LabelAggregatedAway {
        /// The label.
        label: String,
        /// The aggregation, as it is written.
        by: String,
        /// The labels that are left.
        left: Vec<String>,
    },
    /// A closed label never has this value.
    #[non_exhaustive]
    UnknownValue {
        /// The label.
        label: String,
        /// The value.
        value: String,
        /// The values that it has.
        known: Vec<String>,
        /// The one that is most like it.
        nearest: Option<String>,
    },
    /// The matchers leave no value that the label could have.
    #[non_exhaustive]
    NothingMatches {
        /// The label.
        label: String,
    },
    /// A label that is there for all, or that the query language keeps for itself.
    #[non_exhaustive]
    ReservedLabel {
        /// The label.
        label: String,
    },
    /// Both sides have other labels, so no series would find a partner.
    #[non_exhaustive]
    LabelsDiffer {
        /// What only the left side has.
        left: Vec<String>,
        /// What only the right side has.
        right: Vec<String>,
        /// What both have.
        common: Vec<String>,
    },
    /// A label has other values on each side, so no series would find a partner.
    #[non_exhaustive]
    ValuesDiffer {
        /// The label.
        label: String,
    },
    /// Several series of both sides belong together.
    #[non_exhaustive]
    ManyToMany {
        /// The labels that join them.
        on: Vec<String>,
    },
    /// Each series, or group, would be divided by itself: the result is always 1.
    #[non_exhaustive]
    DividesItself {
        /// The family.
        name: String,
        /// The labels that are restricted in front and still there.
        labels: Vec<String>,
    },
    /// Values of other units were compared or combined.
    #[non_exhaustive]
    OtherUnit {
        /// The unit of what was there.
        is: Unit,
        /// The unit of what came.
        other: Unit,
    },
    /// The aggregation means nothing for such values.
    #[non_exhaustive]
    Meaningless {
        /// What was done.
        operation: &'static str,
        /// Why that means nothing, and what would.
        reason: &'static str,
    },
    /// A value that a comparison could never reach, or could never miss.
    #[non_exhaustive]
    OutOfRange {
        /// The value.
        threshold: Quantity,
        /// What the values can be.
        reason: &'static str,
    },
    /// A classic histogram does not know the values at this bound: it is none of its buckets'.
    #[non_exhaustive]
    NotABound {
        /// The family.
        name: String,
        /// What was asked for.
        bound: f64,
        /// The bounds that it has.
        bounds: Vec<f64>,
    },
    /// A quantile of a classic histogram is never above its last bound.
    #[non_exhaustive]
    AboveBuckets {
        /// The family.
        name: String,
        /// What was asked for.
        bound: f64,
        /// The last bound.
        last: f64,
    },
    /// The histogram has no `_sum` and no `_count`, because it has a negative bound.
    #[non_exhaustive]
    NoSum {
        /// The family.
        name: String,
    },
    /// The gauge is no time of the clock, so it has no age.
    #[non_exhaustive]
    NotATimestamp {
        /// The family.
        name: String,
    },
    /// The text of an alert names what its condition does not leave.
    #[non_exhaustive]
    UnknownPlaceholder {
        /// The alert.
        alert: String,
        /// What its text names.
        name: String,
        /// What it could name.
        known: Vec<String>,
    },
    /// An alert cannot be tested as it is, and what cannot be tested is not made.
    #[non_exhaustive]
    Untested {
        /// The alert.
        alert: String,
        /// What is missing.
        reason: String,
    },
    /// A number is not what it has to be.
    #[non_exhaustive]
    BadNumber {
        /// What it is.
        what: &'static str,
        /// The number.
        value: f64,
        /// What it has to be.
        must: &'static str,
    },
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueryError::UnknownFamily { name, nearest } => {
                write!(f, "the catalogue has no family `{name}`")?;
                did_you_mean(f, nearest)
            }
            QueryError::OtherKind { name, is, asked } => write!(
                f,
                "`{name}` is {} {is}, it cannot be asked for as {} {asked}; {}",
                article(*is),
                article(*asked),
                way(*is),
            ),
            QueryError::UnknownLabel {
                label,
                of,
                known,
                nearest,
            } => {
                write!(f, "{of} has no label `{label}`; it has {}", list(known))?;
                did_you_mean(f, nearest)
            }
            QueryError::LabelAggregatedAway { label, by, left } => write!(
                f,
                "label `{label}` is gone after `{by}`, which leaves {}; keep it there",
                list(left)
            ),
            QueryError::UnknownValue {
                label,
                value,
                known,
                nearest,
            } => {
                write!(
                    f,
                    "label `{label}` never has the value `{value}`; it has {}",
                    list(known)
                )?;
                did_you_mean(f, nearest)
            }
            QueryError::NothingMatches { label } => write!(
                f,
                "no value of label `{label}` satisfies all conditions on it; leave one out"
            ),
            QueryError::ReservedLabel { label } => write!(
                f,
                "label `{label}` belongs to the buckets of a histogram and is chosen by \
                 `quantile` and `share_above`"
            ),
            QueryError::LabelsDiffer {
                left,
                right,
                common,
            } => write!(
                f,
                "no series would find a partner: only the left side has {}, only the right side \
                 {}; aggregate both by {}, or join on these",
                list(left),
                list(right),
                list(common)
            ),
            QueryError::ValuesDiffer { label } => write!(
                f,
                "no series would find a partner: label `{label}` has other values on each side; \
                 aggregate it away on both, or join on other labels"
            ),
            QueryError::ManyToMany { on } => write!(
                f,
                "several series of both sides have the same {}; aggregate one side by exactly \
                 these labels",
                list(on)
            ),
            QueryError::DividesItself { name, labels } => write!(
                f,
                "the result is always 1: each series of `{name}` is divided by itself, because \
                 both sides still have {}; sum both sides without it",
                list(labels)
            ),
            QueryError::OtherUnit { is, other } => {
                write!(f, "{is} cannot be compared or combined with {other}")
            }
            QueryError::Meaningless { operation, reason } => write!(f, "{operation}: {reason}"),
            QueryError::OutOfRange { threshold, reason } => write!(f, "{threshold}: {reason}"),
            QueryError::NotABound {
                name,
                bound,
                bounds,
            } => write!(
                f,
                "{bound} is no bucket bound of `{name}`, so values around it can only be guessed; \
                 the bounds are {}, or declare this one",
                numbers(bounds)
            ),
            QueryError::AboveBuckets { name, bound, last } => write!(
                f,
                "a quantile of `{name}` is never above {last}, its last bucket bound, so it is \
                 never above {bound}; compare with a lower bound, or declare higher ones"
            ),
            QueryError::NoSum { name } => write!(
                f,
                "`{name}` has a negative bucket bound, and therefore no sum and no count"
            ),
            QueryError::NotATimestamp { name } => write!(
                f,
                "`{name}` is no time of the clock, so it has no age; such names end in \
                 `_timestamp_seconds`"
            ),
            QueryError::UnknownPlaceholder { alert, name, known } => write!(
                f,
                "the text of alert `{alert}` names `{name}`, and there is only {}",
                list(known)
            ),
            QueryError::Untested { alert, reason } => {
                write!(f, "alert `{alert}` cannot be tested: {reason}")
            }
            QueryError::BadNumber { what, value, must } => {
                write!(f, "{what} is {value}, and it must be {must}")
            }
        }
    }
}

impl std::error::Error for QueryError {}

fn did_you_mean(f: &mut fmt::Formatter<'_>, nearest: &Option<String>) -> fmt::Result {
    match nearest {
        Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
        None => Ok(()),
    }
}

fn article(kind: Kind) -> &'static str {
    match kind {
        Kind::Info | Kind::Unknown => "an",
        _ => "a",
    }
}

/// How to ask for a family of this kind.
fn way(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "`counter` has `rate` and `increase`",
        Kind::Gauge => "`gauge` has `value`, and a level has no rate",
        Kind::Histogram => "`histogram` has `quantile`, `share_above`, `mean` and `rate`",
        Kind::Info => "`info` has its facts as labels",
        Kind::StateSet => "`states` has 0 or 1 for each state",
        _ => "`gauge` has its `value`",
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn numbers(values: &[f64]) -> String {
    let texts: Vec<String> = values.iter().map(f64::to_string).collect();
    texts.join(", ")
}
