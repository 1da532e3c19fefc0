//! What a panel asks Prometheus.

use serde_json::{Value, json};

use super::datasource;
use crate::query::{Condition, Distribution, QueryError, Rendering, Unit, Vector};

/// What a panel asks Prometheus, and what its series are called in the legend.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
/// use vitalsigns_kit::dashboard::Target;
/// use vitalsigns_kit::query::Queries;
///
/// let registry = Registry::new();
/// HttpServer::register(&registry)?;
/// let catalogue = registry.catalogue();
/// let requests = Queries::new(&catalogue).counter("http_requests_total")?;
/// let by_status = requests.rate().sum_by(["status"])?;
///
/// let target = Target::new(&by_status, "{{status}}")?;
/// assert!(target.expression().starts_with("sum by (status) (rate(http_requests_total{job=~"));
/// let error = Target::new(&by_status, "{{route}}").unwrap_err();
/// assert!(error.to_string().starts_with("label `route` is gone after `sum by (status)`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    vector: Vector,
    legend: String,
    rendering: Rendering,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Series,
    Table,
    Buckets,
}

impl Target {
    /// The values over time, of the targets that the dashboard has chosen.
    ///
    /// # Errors
    ///
    /// [`QueryError::UnknownLabel`] and [`QueryError::LabelAggregatedAway`] if the legend names a
    /// label that the values do not have.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(vector: &Vector, legend: impl Into<String>) -> Result<Self, QueryError> {
        let legend = legend.into();
        let labels = in_braces(&legend);
        if !labels.is_empty() {
            // Fails where there is no such label.
            vector.max_by(labels)?;
        }
        Ok(Target {
            vector: vector.clone(),
            legend,
            rendering: Rendering::dashboard(),
            form: Form::Series,
        })
    }

    /// The series for which the condition holds.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::dashboard::Target;
    /// use vitalsigns_kit::query::Queries;
    ///
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let down = Queries::new(&catalogue).gauge("up")?.value().equals(0.0)?;
    /// let target = Target::condition(&down, "{{job}} {{instance}}")?;
    /// assert_eq!(target.expression(), r#"up{job=~"$job",instance=~"$instance"} == 0"#);
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn condition(condition: &Condition, legend: impl Into<String>) -> Result<Self, QueryError> {
        Target::new(&condition.vector(), legend)
    }

    /// How many observations each bucket has, for a heatmap.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Registry, families::HttpServer};
    /// use vitalsigns_kit::dashboard::Target;
    /// use vitalsigns_kit::query::Queries;
    ///
    /// let registry = Registry::new();
    /// HttpServer::register(&registry)?;
    /// let catalogue = registry.catalogue();
    /// let durations = Queries::new(&catalogue).histogram("http_request_duration_seconds")?;
    /// let target = Target::buckets(&durations.whole());
    /// assert!(target.expression().starts_with("sum by (le) (rate("));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn buckets(distribution: &Distribution) -> Self {
        Target {
            vector: distribution.buckets(),
            legend: match distribution.is_classic() {
                true => "{{le}}".to_owned(),
                false => String::new(),
            },
            rendering: Rendering::dashboard(),
            form: Form::Buckets,
        }
    }

    /// The values of now, as a table with a column for each label.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::dashboard::Target;
    /// # use vitalsigns_kit::query::Queries;
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.value();
    /// let table = Target::new(&up, "up")?.table();
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn table(mut self) -> Self {
        self.form = Form::Table;
        self
    }

    /// Says of which targets, and over what time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::dashboard::Target;
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.value();
    /// let all = Target::new(&up, "{{job}}")?.rendered(Rendering::everywhere());
    /// assert_eq!(all.expression(), "up");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn rendered(mut self, rendering: Rendering) -> Self {
        self.rendering = rendering;
        self
    }

    /// The expression, as Grafana has it.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn expression(&self) -> String {
        self.vector.promql(&self.rendering)
    }

    /// What the values are counted in.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::dashboard::Target;
    /// # use vitalsigns_kit::query::{Queries, Unit};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let took = Queries::new(&catalogue).gauge("scrape_duration_seconds")?.value();
    /// assert_eq!(Target::new(&took, "{{job}}")?.unit(), &Unit::SECONDS);
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn unit(&self) -> &Unit {
        self.vector.unit()
    }

    pub(in super::super) fn vector(&self) -> &Vector {
        &self.vector
    }

    pub(in super::super) fn legend(&self) -> &str {
        &self.legend
    }

    pub(super) fn is_table(&self) -> bool {
        self.form == Form::Table
    }

    /// The same with another expression over the same labels.
    pub(in super::super) fn of(&self, vector: Vector) -> Self {
        Target {
            vector,
            ..self.clone()
        }
    }

    /// The closed label that the whole legend, or its end, is made of.
    pub(super) fn last_label(&self) -> Option<(&str, bool)> {
        let end = self.legend.strip_suffix("}}")?;
        let (before, label) = end.rsplit_once("{{")?;
        Some((label, before.is_empty()))
    }

    pub(super) fn to_json(&self, reference: &str) -> Value {
        let (format, is_instant) = match self.form {
            Form::Series => ("time_series", false),
            Form::Table => ("table", true),
            Form::Buckets => ("heatmap", false),
        };
        json!({
            "datasource": datasource(),
            "editorMode": "code",
            "expr": self.expression(),
            "format": format,
            "instant": is_instant,
            "legendFormat": self.legend,
            "range": !is_instant,
            "refId": reference,
        })
    }
}

/// The labels that a legend names.
fn in_braces(legend: &str) -> Vec<&str> {
    let mut labels = Vec::new();
    for part in legend.split("{{").skip(1) {
        if let Some((label, _)) = part.split_once("}}") {
            labels.push(label.trim());
        }
    }
    labels
}
