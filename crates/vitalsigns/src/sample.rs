//! What a scrape reads: the value of each series, handed to whoever writes it down.

use crate::descriptor::Descriptor;
use crate::exemplar::{Slot, Slots};
use crate::label::Labels;
use crate::metric::{Native, NativeBuckets, Shape};

/// A number as it was recorded, so that integers are written exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

impl Number {
    /// The nearest float: exact up to 2^53.
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Number::Unsigned(value) => value as f64,
            Number::Signed(value) => value as f64,
            Number::Float(value) => value,
        }
    }
}

/// What a histogram had counted when it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HistogramValue<'a> {
    /// The upper bounds, without `+Inf`.
    pub(crate) bounds: &'a [f64],
    /// `le="…"` for each bound and for `+Inf`.
    pub(crate) bound_labels: &'a [Box<str>],
    /// Observations per bucket, not cumulative; one more than there are bounds.
    pub(crate) counts: &'a [u64],
    pub(crate) sum: f64,
    /// The native buckets, if it has any; read by whoever writes them.
    pub(crate) native: Option<NativeReader<'a>>,
    /// Where exemplars are, if it keeps any; read by whoever writes them.
    pub(crate) exemplars: Option<&'a Slots>,
}

/// The native buckets of a histogram, not read yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NativeReader<'a> {
    pub(crate) native: &'a Native,
    pub(crate) shape: &'a Shape,
}

impl NativeReader<'_> {
    /// What is in them, which is at least what the classic buckets had when they were read.
    pub(crate) fn read(&self) -> NativeBuckets {
        self.native.read(self.shape)
    }
}

impl HistogramValue<'_> {
    /// Whether the sum only grows: it cannot be exposed as one otherwise.
    pub(crate) fn has_sum(&self) -> bool {
        self.bounds.first().is_none_or(|bound| *bound >= 0.0)
    }
}

/// The value of one series.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    /// With the place of its exemplar, if it keeps one.
    Counter(Number, Option<&'a Slot>),
    Gauge(Number),
    Histogram(HistogramValue<'a>),
    Info,
    StateSet {
        states: &'static [&'static str],
        on: u64,
    },
}

/// Where the series of one family are written to.
pub(crate) trait Sink {
    fn series(&mut self, labels: &Labels<'_>, value: Value<'_>);
    /// What is to stand in front of the labels, so that both are one text.
    fn head(&self) -> &str {
        ""
    }
    /// Told in front of many series: how many, and the length of their labels all together.
    fn expect(&mut self, _series: usize, _labels: usize) {}
}

/// One family of the registry, whatever its labels and its metric are.
pub(crate) trait Collect: Send + Sync {
    fn descriptor(&self) -> &Descriptor;
    /// Hands every series to `sink`, in the order of the page.
    fn collect(&self, sink: &mut dyn Sink);
}
