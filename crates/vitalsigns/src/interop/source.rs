//! prometheus-client metrics inside our registry.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::{Metric, Registry as ForeignRegistry};

use super::page::parse;
#[cfg(doc)]
use crate::Escaping;
use crate::error::RegisterError;
use crate::foreign::{Foreign, Found};
use crate::registry::Registry;

/// Metrics of [prometheus-client](https://docs.rs/prometheus-client) for
/// [`Registry::attach`]: a whole registry, one metric, or one collector.
///
/// They are read at each scrape and stand behind our own families on the page, in every format
/// with the same names. What prometheus-client writes twice (`_total_total`, `_seconds_seconds`)
/// stands once, help is escaped, and bounds are canonical. Names with dots and the like are written
/// as the client asks for ([`Escaping`]); those with spaces, quotes, braces, commas, `=` or `#`
/// cannot be told from what stands around them and are refused, as is a series that stands twice.
/// Labels of our registry that are constant are not added. Exemplars are left out.
///
/// # Examples
///
/// ```
/// use prometheus_client::metrics::counter::Counter;
/// use vitalsigns::{Format, PrometheusClient, Registry};
///
/// let registry = Registry::new();
/// let legacy: Counter = Counter::default();
/// registry.attach(PrometheusClient::metric("legacy_jobs", "Jobs of the old part", legacy.clone()))?;
/// legacy.inc();
/// assert!(registry.render(Format::Text).contains("legacy_jobs_total 1\n"));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Debug)]
pub struct PrometheusClient {
    registry: Arc<ForeignRegistry>,
}

impl PrometheusClient {
    /// All metrics of a prometheus-client registry.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use vitalsigns::{PrometheusClient, Registry};
    ///
    /// let legacy = Arc::new(prometheus_client::registry::Registry::default());
    /// Registry::new().attach(PrometheusClient::registry(legacy))?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn registry(registry: Arc<ForeignRegistry>) -> Self {
        PrometheusClient { registry }
    }

    /// One prometheus-client metric, such as a counter or a family. As there, the name is without
    /// `_total`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prometheus_client::metrics::gauge::Gauge;
    /// use vitalsigns::{PrometheusClient, Registry};
    ///
    /// let depth: Gauge = Gauge::default();
    /// Registry::new().attach(PrometheusClient::metric("depth", "Jobs waiting", depth))?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn metric(name: impl Into<String>, help: impl Into<String>, metric: impl Metric) -> Self {
        let mut registry = ForeignRegistry::default();
        registry.register(name, help, metric);
        PrometheusClient {
            registry: Arc::new(registry),
        }
    }

    /// One prometheus-client collector.
    ///
    /// # Examples
    ///
    /// ```
    /// use prometheus_client::{collector::Collector, encoding::DescriptorEncoder};
    /// use vitalsigns::{PrometheusClient, Registry};
    ///
    /// #[derive(Debug)]
    /// struct Nothing;
    ///
    /// impl Collector for Nothing {
    ///     fn encode(&self, _: DescriptorEncoder) -> std::fmt::Result {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// Registry::new().attach(PrometheusClient::collector(Nothing))?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn collector(collector: impl Collector) -> Self {
        let mut registry = ForeignRegistry::default();
        registry.register_collector(Box::new(collector));
        PrometheusClient {
            registry: Arc::new(registry),
        }
    }
}

impl Foreign for PrometheusClient {
    fn families(&self) -> Result<Found, String> {
        let mut page = String::new();
        match encode(&mut page, &self.registry) {
            Ok(()) => Ok(parse(&page)),
            Err(fmt::Error) => Err(String::from(
                "prometheus-client could not write them as text (as with a histogram that has \
                 native buckets only)",
            )),
        }
    }
}

impl Registry {
    /// Puts metrics of another library on every page.
    ///
    /// They are read once at the time of the call. Later on, a family that cannot be read or whose
    /// name is taken by then is left out of the page and counted in
    /// `vitalsigns_foreign_families_dropped_total`.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Foreign`] if they cannot be read, or a name among them breaks the format;
    /// [`RegisterError::Clash`] if a family of ours has the name of one of theirs.
    ///
    /// # Examples
    ///
    /// ```
    /// use prometheus_client::metrics::counter::Counter;
    /// use vitalsigns::{PrometheusClient, Registry};
    ///
    /// let registry = Registry::new();
    /// let counter: Counter = Counter::default();
    /// let taken = PrometheusClient::metric("vitalsigns_series_overflow", "Mine", counter);
    /// assert!(registry.attach(taken).is_err());
    /// ```
    pub fn attach(&self, metrics: PrometheusClient) -> Result<(), RegisterError> {
        self.attach_foreign(Arc::new(metrics), "prometheus-client")
    }
}
