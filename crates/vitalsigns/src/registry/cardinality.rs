//! How many series there are, and of what.

use std::sync::Arc;

use super::Registry;
use crate::kind::Kind;
use crate::label::{LabelSpec, LabelValues, Labels};
use crate::sample::{Collect, Sink, Value};

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
    /// After how many series the text labels of a new one read `other`, as declared; `None` if the
    /// family has no such labels or is the library's own.
    pub max_series: Option<usize>,
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
    /// assert_eq!(largest.max_series, Some(10_000));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn cardinality(&self) -> Vec<SeriesCount> {
        let count = |family: Arc<dyn Collect>| {
            let mut counter = Counter::default();
            family.collect(&mut counter);
            let descriptor = family.descriptor();
            let is_capped = |label: &LabelSpec| matches!(label.values, LabelValues::Capped(_));
            let is_bounded = descriptor.kind != Kind::Info
                && descriptor.max_series != usize::MAX
                && descriptor.labels.iter().any(is_capped);
            SeriesCount {
                name: descriptor.name.clone(),
                series: counter.series,
                samples: counter.samples,
                max_series: is_bounded.then_some(descriptor.max_series),
            }
        };
        let mut counts: Vec<SeriesCount> = self.families().into_iter().map(count).collect();
        counts.sort_by(|a, b| b.samples.cmp(&a.samples).then_with(|| a.name.cmp(&b.name)));
        counts
    }
}

/// Whether a family is more than its name.
#[cfg(feature = "push")]
pub(super) fn has_series(family: &dyn Collect) -> bool {
    let mut counter = Counter::default();
    family.collect(&mut counter);
    counter.series > 0
}

#[derive(Default)]
struct Counter {
    series: usize,
    samples: usize,
}

impl Sink for Counter {
    fn series(&mut self, _: &Labels<'_>, value: Value<'_>) {
        self.series += 1;
        self.samples += match value {
            Value::Counter(..) | Value::Gauge(_) | Value::Info => 1,
            Value::Histogram(histogram) => {
                histogram.counts.len() + if histogram.has_sum() { 2 } else { 0 }
            }
            Value::StateSet { states, .. } => states.len(),
        };
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Counter, Family, Format, Gauge, Histogram, Info, LabelSet, LabelValue, MetricGroup,
        Registry, StateSet,
    };

    #[derive(LabelValue, Clone, Copy)]
    enum Colour {
        Red,
        Green,
        Blue,
    }

    #[derive(LabelSet)]
    struct ByColour {
        colour: Colour,
    }

    #[derive(LabelSet)]
    struct ByName<'a> {
        #[label(cap = 10)]
        name: &'a str,
    }

    #[derive(MetricGroup)]
    struct Everything {
        /// A counter.
        a_total: Counter,
        /// A family that is all there.
        b: Family<ByColour, Gauge>,
        /// A family that grows.
        #[metric(max_series = 50)]
        c_total: Family<ByName<'static>, Counter>,
        /// A histogram.
        #[metric(buckets = [1, 2])]
        d_seconds: Histogram,
        /// One that has no sum.
        #[metric(buckets = [-1, 1])]
        e: Histogram,
        /// Facts.
        f_info: Info<ByName<'static>>,
        /// States.
        g: StateSet<Colour>,
    }

    #[test]
    fn what_is_counted_is_what_is_on_the_page_with_the_largest_first() {
        let registry = Registry::new();
        let metrics = Everything::register(&registry).unwrap();
        let get = |name: &str| {
            let counts = registry.cardinality();
            let found = counts.into_iter().find(|count| count.name == name).unwrap();
            (found.series, found.samples, found.max_series)
        };
        assert_eq!(get("b"), (3, 3, None));
        assert_eq!(get("c_total"), (0, 0, Some(50)));
        assert_eq!(get("f_info"), (0, 0, None));
        assert_eq!(get("vitalsigns_series_overflow_total"), (1, 1, None));
        for number in 0..100 {
            let name = number.to_string();
            metrics.c_total.with(&ByName { name: &name }).inc();
        }
        metrics.f_info.set(&ByName { name: "x" });
        assert_eq!(get("c_total"), (11, 11, Some(50)));
        assert!(metrics.c_total.remove(&ByName { name: "3" }));
        metrics.b.remove(&ByColour {
            colour: Colour::Red,
        });
        assert_eq!(get("c_total").0, 10);
        assert_eq!(get("b").0, 2);
        assert_eq!(get("a_total"), (1, 1, None));
        assert_eq!(get("d_seconds"), (1, 5, None));
        assert_eq!(get("e"), (1, 3, None));
        assert_eq!(get("f_info"), (1, 1, None));
        assert_eq!(get("g"), (1, 3, None));

        metrics.a_total.inc();
        metrics.d_seconds.observe(1.5);
        metrics.e.observe(-0.5);
        metrics.g.set(Colour::Green);
        let counts = registry.cardinality();
        let mut declared = counts
            .iter()
            .filter(|count| !count.name.starts_with("vitalsigns_"));
        assert_eq!(declared.next().unwrap().name, "c_total");
        assert!(counts.is_sorted_by(|a, b| a.samples >= b.samples));
        let page = registry.render(Format::Text);
        let samples = page.lines().filter(|line| !line.starts_with('#')).count();
        let counted: usize = counts.iter().map(|count| count.samples).sum();
        assert_eq!(counted, samples, "{page}");
    }
}
