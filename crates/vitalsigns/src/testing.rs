//! For the tests of services: read a value, compare a family with its exact text.
//!
//! Every test makes its own [`Registry`], so tests run side by side without seeing each other.
//!
//! # Examples
//!
//! ```
//! use vitalsigns::{Counter, Family, LabelSet, MetricGroup, Registry, testing};
//!
//! #[derive(LabelSet)]
//! struct ByOutcome {
//!     delivered: bool,
//! }
//!
//! #[derive(MetricGroup)]
//! struct Mail {
//!     /// Messages that left the queue.
//!     mail_sent_total: Family<ByOutcome, Counter>,
//! }
//!
//! let registry = Registry::new();
//! let mail = Mail::register(&registry)?;
//! mail.mail_sent_total.with(&ByOutcome { delivered: true }).inc();
//!
//! assert_eq!(testing::value(&registry, "mail_sent_total", &[("delivered", "true")]), Some(1.0));
//! testing::assert_family(
//!     &registry,
//!     "mail_sent_total",
//!     "mail_sent_total{delivered=\"false\"} 0\nmail_sent_total{delivered=\"true\"} 1\n",
//! );
//! # Ok::<(), vitalsigns::RegisterError>(())
//! ```

use crate::exposition::Format;
use crate::label::Labels;
use crate::registry::Registry;
use crate::sample::{Sink, Value};

/// The value of one series: of a counter, a gauge, an info metric (1), or the number of
/// observations of a histogram. `labels` are all labels of the family, in any order; constant
/// labels of the registry are left out.
///
/// `None` if there is no such family or no such series, or if the family is a state set: see
/// [`is_on`].
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, testing};
///
/// assert_eq!(testing::value(&Registry::new(), "nobody_has_this", &[]), None);
/// ```
pub fn value(registry: &Registry, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let mut found = None;
    visit(registry, name, &mut |key, value| {
        if has_labels(key, labels) {
            found = match value {
                Value::Counter(number, _) | Value::Gauge(number) => Some(number.as_f64()),
                Value::Histogram(histogram) => Some(histogram.counts.iter().sum::<u64>() as f64),
                Value::Info => Some(1.0),
                Value::StateSet { .. } => None,
            };
        }
    });
    found
}

/// The sum of what one histogram observed; `labels` as for [`value`].
///
/// # Examples
///
/// ```
/// use vitalsigns::{Histogram, MetricGroup, Registry, testing};
///
/// #[derive(MetricGroup)]
/// struct Mail {
///     /// Size of the messages sent.
///     mail_bytes: Histogram,
/// }
///
/// let registry = Registry::new();
/// Mail::register(&registry)?.mail_bytes.observe(1024);
/// assert_eq!(testing::histogram_sum(&registry, "mail_bytes", &[]), Some(1024.0));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub fn histogram_sum(registry: &Registry, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let mut found = None;
    visit(registry, name, &mut |key, value| {
        if let (true, Value::Histogram(histogram)) = (has_labels(key, labels), value) {
            found = Some(histogram.sum);
        }
    });
    found
}

/// Whether a state of a state set is on; `labels` as for [`value`], without the state.
///
/// # Examples
///
/// ```
/// use vitalsigns::{MetricGroup, Registry, StateSet, testing};
///
/// #[derive(MetricGroup)]
/// struct Lamp {
///     /// Whether it is lit.
///     lamp_lit: StateSet<bool>,
/// }
///
/// let registry = Registry::new();
/// Lamp::register(&registry)?.lamp_lit.set(true);
/// assert_eq!(testing::is_on(&registry, "lamp_lit", &[], "true"), Some(true));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub fn is_on(
    registry: &Registry,
    name: &str,
    labels: &[(&str, &str)],
    state: &str,
) -> Option<bool> {
    let mut found = None;
    visit(registry, name, &mut |key, value| {
        if let (true, Value::StateSet { states, on }) = (has_labels(key, labels), value) {
            let bit = states.iter().position(|known| *known == state);
            found = bit.map(|bit| on >> bit & 1 == 1);
        }
    });
    found
}

/// The sum of all series of a family: how many requests there were, whatever their labels.
///
/// 0 if there is no such family.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer, testing};
///
/// let registry = Registry::new();
/// let http = HttpServer::register(&registry)?;
/// drop(http.start("GET", None));
/// drop(http.start("PUT", None));
/// assert_eq!(testing::total(&registry, "http_requests_total"), 2.0);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub fn total(registry: &Registry, name: &str) -> f64 {
    let mut total = 0.0;
    visit(registry, name, &mut |_, value| {
        total += match value {
            Value::Counter(number, _) | Value::Gauge(number) => number.as_f64(),
            Value::Histogram(histogram) => histogram.counts.iter().sum::<u64>() as f64,
            Value::Info => 1.0,
            Value::StateSet { on, .. } => f64::from(on.count_ones()),
        };
    });
    total
}

/// The samples of one family as they stand on the text page, without the comments.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Counter, MetricGroup, Registry, testing};
///
/// #[derive(MetricGroup)]
/// struct Mail {
///     /// Messages sent.
///     mail_sent_total: Counter,
/// }
///
/// let registry = Registry::new();
/// Mail::register(&registry)?;
/// assert_eq!(testing::samples(&registry, "mail_sent_total"), "mail_sent_total 0\n");
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub fn samples(registry: &Registry, name: &str) -> String {
    let page = registry.render(Format::Text);
    let header = format!("# TYPE {name} ");
    page.lines()
        .skip_while(|line| !line.starts_with(&header))
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// Compares the samples of one family with `expected`, byte for byte.
///
/// # Panics
///
/// If they differ, with both; if there is no such family, with the names that there are.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Gauge, MetricGroup, Registry, testing};
///
/// #[derive(MetricGroup)]
/// struct Mail {
///     /// Messages waiting.
///     mail_queue_depth: Gauge,
/// }
///
/// let registry = Registry::new();
/// Mail::register(&registry)?.mail_queue_depth.set(3);
/// testing::assert_family(&registry, "mail_queue_depth", "mail_queue_depth 3\n");
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[track_caller]
pub fn assert_family(registry: &Registry, name: &str, expected: &str) {
    let catalogue = registry.catalogue();
    if catalogue.family(name).is_none() {
        let names: Vec<&str> = catalogue
            .families
            .iter()
            .map(|family| family.name.as_str())
            .collect();
        panic!(
            "there is no family `{name}`; there are {}",
            names.join(", ")
        );
    }
    let found = samples(registry, name);
    assert!(
        found == expected,
        "the samples of `{name}` differ\n--- expected\n{expected}--- found\n{found}---"
    );
}

fn has_labels(own: &Labels<'_>, labels: &[(&str, &str)]) -> bool {
    let mut count = 0;
    let all = own.pairs().all(|(name, value)| {
        count += 1;
        labels.contains(&(name, &*value))
    });
    all && count == labels.len()
}

struct Visitor<'a>(&'a mut dyn FnMut(&Labels<'_>, Value<'_>));

impl Sink for Visitor<'_> {
    fn series(&mut self, key: &Labels<'_>, value: Value<'_>) {
        (self.0)(key, value);
    }
}

fn visit(registry: &Registry, name: &str, visitor: &mut dyn FnMut(&Labels<'_>, Value<'_>)) {
    let families = registry.collected();
    if let Some(family) = families
        .iter()
        .find(|family| family.descriptor().name == name)
    {
        family.collect(&mut Visitor(visitor));
    }
}
