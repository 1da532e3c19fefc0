//! What is known of the result of an expression.

use std::collections::BTreeSet;

use super::labels::Labels;
use super::measure::Measure;

/// What is known of the result of an expression, or of a part of one.
#[derive(Clone, Debug)]
pub(in crate::verify) struct Value {
    /// Whether it is one number without labels.
    pub(super) is_scalar: bool,
    /// The number, where it is written.
    pub(in crate::verify) number: Option<f64>,
    pub(in crate::verify) labels: Labels,
    pub(in crate::verify) measure: Measure,
    pub(super) nature: Nature,
    pub(super) source: Option<Source>,
    /// The least and the greatest that it can be.
    pub(super) range: (f64, f64),
    /// A gauge that it was divided by, in which 0 means that there is no limit.
    pub(super) divided_by: Option<String>,
    /// Gauges of which it is known that they are not 0.
    pub(super) not_zero: BTreeSet<String>,
    /// What it is compared with at last.
    pub(in crate::verify) threshold: Option<f64>,
}

/// How values came about, where that decides what may be done with them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Nature {
    Plain,
    /// The series of a gauge.
    Gauge(String),
    /// Totals since a start: the series of a counter, or sums of them.
    Totals {
        name: String,
        is_bucket: bool,
    },
    /// What totals grow by.
    Growth {
        is_bucket: bool,
    },
    /// A quantile, with the bounds that it can be told apart by.
    Quantile {
        family: String,
        bounds: Vec<f64>,
    },
    /// One divided by another.
    Quotient,
}

/// The series that values are of, without what was chosen of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    /// Family, function and window.
    pub(super) key: String,
    /// How it was aggregated.
    pub(super) chain: Vec<String>,
    /// Label and condition.
    pub(super) chosen: Vec<(String, String)>,
}

impl Value {
    /// Nothing is known of it.
    pub(in crate::verify) fn unknown() -> Self {
        Value::vector(Labels::open(), Measure::Unknown)
    }

    pub(super) fn vector(labels: Labels, measure: Measure) -> Self {
        Value {
            is_scalar: false,
            number: None,
            labels,
            measure,
            nature: Nature::Plain,
            source: None,
            range: (f64::NEG_INFINITY, f64::INFINITY),
            divided_by: None,
            not_zero: BTreeSet::new(),
            threshold: None,
        }
    }

    pub(super) fn scalar(number: Option<f64>, measure: Measure) -> Self {
        Value {
            is_scalar: true,
            number,
            range: number.map_or((f64::NEG_INFINITY, f64::INFINITY), |number| {
                (number, number)
            }),
            ..Value::vector(Labels::none(), measure)
        }
    }

    /// The same with other values: only the labels stay.
    pub(super) fn mapped(self, measure: Measure) -> Self {
        Value::vector(self.labels, measure)
    }

    pub(super) fn is_never_negative(&self) -> bool {
        self.range.0 >= 0.0
    }

    /// So many in each second, however it is aggregated.
    pub(in crate::verify) fn is_per_second(&self) -> bool {
        self.measure.is_per_second()
    }

    /// The histogram that it is a quantile of, and its last bound.
    pub(in crate::verify) fn last_bound(&self) -> Option<(&str, f64)> {
        match &self.nature {
            Nature::Quantile { family, bounds } => Some((family, *bounds.last()?)),
            _ => None,
        }
    }

    /// Whether it is one number divided by another and was not multiplied since.
    pub(in crate::verify) fn is_ratio(&self) -> bool {
        matches!(self.measure, Measure::Share | Measure::Quotient)
    }
}
