//! Options of a registry.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{COLLECT_DEADLINE, Registry};
use crate::error::RegisterError;
use crate::metric::check_buckets;
use crate::name;

/// Options of a [`Registry`].
///
/// # Examples
///
/// ```
/// use vitalsigns::Registry;
///
/// let registry = Registry::builder()
///     .namespace("aura")
///     .buckets("aura_http_request_duration_seconds", [0.05, 0.25, 1.0])
///     .build()?;
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder makes a registry only when `build` is called"]
pub struct RegistryBuilder {
    namespace: String,
    constant: Vec<(String, String)>,
    buckets: HashMap<String, Arc<[f64]>>,
    expire_idle: Option<Duration>,
    collect_deadline: Option<Duration>,
    created_series: bool,
}

impl RegistryBuilder {
    /// The first word of every name, usually the service's; the library's own `vitalsigns_*`
    /// metrics do not get it.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::builder().namespace("shop").build()?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// A label that every series has. What Prometheus knows of the target (its address, its
    /// region) is better said there.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::builder().constant_label("shard", "7").build()?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn constant_label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.constant.push((name.into(), value.into()));
        self
    }

    /// Other bounds for the histogram with this complete name than its declaration gives.
    ///
    /// `function_duration_seconds` has the bounds that objectives of functions need in any case,
    /// and these besides: see [`families::functions`](crate::families::functions).
    /// A histogram that is native only has them beside its native buckets from then on.
    /// [`Registry::unused_buckets`] tells a name that nothing has.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::builder()
    ///     .buckets("http_request_duration_seconds", [0.1, 0.5, 1.0, 2.0, 5.0, 10.0])
    ///     .build()?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn buckets(
        mut self,
        metric: impl Into<String>,
        bounds: impl IntoIterator<Item = f64>,
    ) -> Self {
        self.buckets
            .insert(metric.into(), bounds.into_iter().collect());
        self
    }

    /// Forgets series with capped labels to which nothing was recorded for this long, so that label
    /// values that are no longer in use leave the page and make room under their caps.
    ///
    /// It is looked for when a page is rendered. A series that somebody holds a handle on stays,
    /// so nothing is ever recorded into a forgotten one; what comes up again starts at 0, which
    /// `rate` and `increase` take for a restart. Without this, series stay for ever, which is right
    /// for most services. A gauge that is set to the value that it had counts as idle. Choose hours rather than minutes, and more than twice the longest gap of
    /// a label value that is still in use.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let registry = vitalsigns::Registry::builder()
    ///     .expire_idle(Duration::from_secs(6 * 3600))
    ///     .build()?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn expire_idle(mut self, after: Duration) -> Self {
        self.expire_idle = Some(after);
        self
    }

    /// How long one collector may take before its families are left out of a page: one second if
    /// nothing else is said. See [`Registry::collect_with`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let registry = vitalsigns::Registry::builder()
    ///     .collect_deadline(Duration::from_millis(200))
    ///     .build()?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn collect_deadline(mut self, deadline: Duration) -> Self {
        self.collect_deadline = Some(deadline);
        self
    }

    /// Whether an OpenMetrics page says when each counter and histogram began, in a `_created` line
    /// for each; without a word it does not.
    ///
    /// To a Prometheus that does not know what the lines mean they are gauges, so they double the
    /// number of series of counters. One that runs with
    /// `--enable-feature=created-timestamp-zero-ingestion` asks for protobuf, which always has the
    /// times and needs no series for them. The text formats of Prometheus have no place for them.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Counter, Format, MetricGroup, Registry};
    ///
    /// #[derive(MetricGroup)]
    /// struct App {
    ///     /// Times the button was pressed.
    ///     presses_total: Counter,
    /// }
    ///
    /// let registry = Registry::builder().created_series(true).build()?;
    /// App::register(&registry)?;
    /// assert!(registry.render(Format::OpenMetrics).contains("\npresses_created "));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn created_series(mut self, created_series: bool) -> Self {
        self.created_series = created_series;
        self
    }

    /// Makes the registry.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Registry`] if the namespace or a constant label breaks a rule,
    /// [`RegisterError::DuplicateLabel`] if a constant label stands twice,
    /// [`RegisterError::Buckets`] if bounds do not increase or are not finite.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = vitalsigns::Registry::builder().namespace("My-Shop").build().unwrap_err();
    /// assert!(error.to_string().starts_with("`My-Shop`"));
    /// ```
    pub fn build(self) -> Result<Registry, RegisterError> {
        if !self.namespace.is_empty()
            && let Err(fault) = name::check_prefix(&self.namespace)
        {
            return Err(RegisterError::Registry {
                name: self.namespace,
                fault,
            });
        }
        for (index, (label, _)) in self.constant.iter().enumerate() {
            if let Err(fault) = name::check_label(label) {
                return Err(RegisterError::Registry {
                    name: label.clone(),
                    fault,
                });
            }
            if self.constant[..index]
                .iter()
                .any(|(other, _)| other == label)
            {
                let metric = String::from("all of them");
                return Err(RegisterError::DuplicateLabel {
                    label: label.clone(),
                    metric,
                });
            }
        }
        for (metric, bounds) in &self.buckets {
            check_buckets(bounds).map_err(|fault| RegisterError::buckets(metric, fault))?;
        }
        Ok(Registry::from_parts(
            self.namespace,
            self.constant.into(),
            self.buckets,
            self.expire_idle,
            self.collect_deadline.unwrap_or(COLLECT_DEADLINE),
            self.created_series,
        ))
    }
}
