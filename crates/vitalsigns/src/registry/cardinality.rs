//! How many series there are, and of what.

use super::Registry;
use crate::label::Key;
use crate::sample::{Sink, Value};

/// How many series one family has.
///
/// # Examples
///
/// ```
/// let registry = vitalsigns::Registry::new();
/// for family in registry.cardinality() {
///     println!("{:>8} {}", family.series, family.name);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeriesCount {
    /// The complete name of the family.
    pub name: String,
    /// Label sets that are on the page.
    pub series: usize,
    /// Lines that they take on the page: a histogram has one for each bucket and two more.
    pub samples: usize,
}

impl Registry {
    /// How many series each family has at this moment, the largest page share first.
    ///
    /// It is what to look at when a page has grown; the counts are taken without the collectors
    /// and without foreign families.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Registry, families::HttpServer};
    ///
    /// let registry = Registry::new();
    /// let http = HttpServer::register(&registry)?;
    /// drop(http.start("GET", None));
    /// let largest = &registry.cardinality()[0];
    /// assert_eq!(largest.name, "http_request_duration_seconds");
    /// assert_eq!((largest.series, largest.samples), (1, 17));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn cardinality(&self) -> Vec<SeriesCount> {
        let count = |family: std::sync::Arc<dyn crate::sample::Collect>| {
            let mut counter = Counter::default();
            family.collect(&mut counter);
            SeriesCount {
                name: family.descriptor().name.clone(),
                series: counter.series,
                samples: counter.samples,
            }
        };
        let mut counts: Vec<SeriesCount> = self.families().into_iter().map(count).collect();
        counts.sort_by(|a, b| b.samples.cmp(&a.samples).then_with(|| a.name.cmp(&b.name)));
        counts
    }
}

#[derive(Default)]
struct Counter {
    series: usize,
    samples: usize,
}

impl Sink for Counter {
    fn series(&mut self, _: &Key, value: Value<'_>) {
        self.series += 1;
        self.samples += match value {
            Value::Counter(_) | Value::Gauge(_) | Value::Info => 1,
            Value::Histogram(histogram) => {
                histogram.counts.len() + if histogram.has_sum() { 2 } else { 0 }
            }
            Value::StateSet { states, .. } => states.len(),
        };
    }
}
