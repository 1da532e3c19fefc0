//! What Prometheus and VictoriaMetrics have in common: the targets that they scrape, and the HTTP
//! API that answers what has become of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::{http, poll};

/// Prometheus scrapes for the first time five to six seconds after its start.
const UP: Duration = Duration::from_secs(40);

/// How long to wait for a value that the next scrapes should bring.
const VALUE: Duration = Duration::from_secs(20);

/// Label names and values; the name of the metric is `__name__`.
pub type Labels = BTreeMap<String, String>;

/// Something to scrape, once a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    job: String,
    address: String,
    path: String,
    token_file: Option<PathBuf>,
    honor_labels: bool,
}

impl Target {
    /// `address` is `host:port`; the path is `/metrics`. Every job needs a name of its own.
    pub fn new(job: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            job: job.into(),
            address: address.into(),
            path: "/metrics".to_owned(),
            token_file: None,
            honor_labels: false,
        }
    }

    /// Another path than `/metrics`.
    #[must_use]
    pub fn path(self, path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            ..self
        }
    }

    /// Sends the bearer token in this file.
    #[must_use]
    pub fn bearer_token_file(self, file: impl Into<PathBuf>) -> Self {
        Self {
            token_file: Some(file.into()),
            ..self
        }
    }

    /// The `job` and `instance` that a page says itself go before those of the target.
    #[must_use]
    pub fn honor_labels(self) -> Self {
        Self {
            honor_labels: true,
            ..self
        }
    }
}

/// The configuration for these targets, as Prometheus and VictoriaMetrics both read it.
pub(crate) fn configuration(targets: &[Target]) -> String {
    // JSON is YAML, so nothing needs to be escaped by hand.
    let jobs: Vec<_> = targets
        .iter()
        .map(|target| {
            let mut job = serde_json::json!({
                "job_name": target.job,
                "metrics_path": target.path,
                "honor_labels": target.honor_labels,
                "static_configs": [{"targets": [target.address]}],
            });
            if let Some(file) = &target.token_file {
                job["authorization"] = serde_json::json!({"credentials_file": file});
            }
            job
        })
        .collect();
    let global = serde_json::json!({"scrape_interval": "1s", "scrape_timeout": "1s"});
    serde_json::json!({"global": global, "scrape_configs": jobs}).to_string()
}

/// What the server says about a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetState {
    /// The job's name.
    pub job: String,
    /// The address that is scraped.
    pub url: String,
    /// `up` or `down`; before the first scrape `unknown` (Prometheus) or `down` (VictoriaMetrics).
    pub health: String,
    /// Why the last scrape failed; empty if it did not.
    pub last_error: String,
    /// The labels that every series of the target gets.
    pub labels: Labels,
}

/// What Prometheus has read about a metric family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// `counter`, `gauge`, `histogram`, ...
    pub kind: String,
    /// The help text.
    pub help: String,
    /// The unit; empty if there is none.
    pub unit: String,
}

/// An exemplar as Prometheus has stored it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredExemplar {
    /// The labels of its series.
    pub series: Labels,
    /// Its own labels.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}

/// The HTTP API of a running server. Its methods panic where the server does not answer as it
/// should.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    /// A path to GET before a query, for a server that holds back what is new.
    before_query: Option<&'static str>,
}

impl Api {
    pub(crate) fn new(base: String, before_query: Option<&'static str>) -> Self {
        Self { base, before_query }
    }

    /// The `data` that `/api/v1/PATH` answers with.
    #[track_caller]
    pub fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        match self.try_get(path, parameters) {
            Ok(data) => data,
            Err(reason) => panic!("{reason}"),
        }
    }

    /// The current value of every series that the PromQL expression gives; a scalar has no labels.
    #[track_caller]
    pub fn query(&self, expression: &str) -> Vec<(Labels, f64)> {
        match self.try_query(expression) {
            Ok(rows) => rows,
            Err(reason) => panic!("{reason}"),
        }
    }

    /// Asks until the expression gives something, for as long as a few scrapes take.
    #[track_caller]
    pub fn wait_for(&self, expression: &str) -> Vec<(Labels, f64)> {
        poll::until_ok(VALUE, &format!("`{expression}` to give something"), || {
            let rows = self.try_query(expression)?;
            if rows.is_empty() {
                Err("it gives nothing".to_owned())
            } else {
                Ok(rows)
            }
        })
    }

    /// Asks until the expression gives exactly one series, with this value.
    #[track_caller]
    pub fn wait_for_value(&self, expression: &str, value: f64) {
        poll::until_ok(
            VALUE,
            &format!("`{expression}` to be {value}"),
            || match self.try_query(expression)?.as_slice() {
                [(_, found)] if *found == value || (found.is_nan() && value.is_nan()) => Ok(()),
                rows => Err(format!("it gives {rows:?}")),
            },
        );
    }

    /// Asks until the series of the expression have exemplars, and returns all of them.
    ///
    /// Only Prometheus knows them.
    #[track_caller]
    pub fn wait_for_exemplars(&self, expression: &str) -> Vec<StoredExemplar> {
        // From 1970 to 2100.
        let parameters = [("query", expression), ("start", "0"), ("end", "4102444800")];
        poll::until_ok(VALUE, &format!("exemplars of `{expression}`"), || {
            let data = self.try_get("query_exemplars", &parameters)?;
            let found: Vec<StoredExemplar> = items(&data)
                .iter()
                .flat_map(|series| {
                    let exemplars = items(&series["exemplars"]).iter();
                    exemplars.map(|exemplar| StoredExemplar {
                        series: labels(&series["seriesLabels"]),
                        labels: labels(&exemplar["labels"]),
                        value: text(&exemplar["value"]).parse().unwrap_or(f64::NAN),
                    })
                })
                .collect();
            match found.is_empty() {
                true => Err("there are none".to_owned()),
                false => Ok(found),
            }
        })
    }

    /// All targets.
    #[track_caller]
    pub fn targets(&self) -> Vec<TargetState> {
        match self.try_targets() {
            Ok(targets) => targets,
            Err(reason) => panic!("{reason}"),
        }
    }

    /// Waits until the job's target has been scraped; panics with the last scrape's error when it
    /// stays down.
    #[track_caller]
    pub fn wait_until_up(&self, job: &str) {
        poll::until_ok(UP, &format!("the target of job {job} to be up"), || {
            let target = self.target(job)?;
            if target.health == "up" {
                Ok(())
            } else {
                Err(format!(
                    "{} is {}: {}",
                    target.url, target.health, target.last_error
                ))
            }
        });
    }

    /// Waits until a scrape of the job's target has failed, and returns the error.
    #[track_caller]
    pub fn wait_until_down(&self, job: &str) -> String {
        poll::until_ok(UP, &format!("the target of job {job} to be down"), || {
            let target = self.target(job)?;
            // VictoriaMetrics also says "down" of what it has not scraped yet.
            if target.health == "down" && !target.last_error.is_empty() {
                Ok(target.last_error)
            } else {
                Err(format!("{} is {}", target.url, target.health))
            }
        })
    }

    /// What has been read about the metric family of this name, once for each distinct text.
    ///
    /// Only Prometheus knows it. A counter that came as OpenMetrics has the name without `_total`.
    #[track_caller]
    pub fn metadata(&self, family: &str) -> Vec<Metadata> {
        let data = self.get("metadata", &[("metric", family)]);
        items(&data[family])
            .iter()
            .map(|entry| Metadata {
                kind: text(&entry["type"]),
                help: text(&entry["help"]),
                unit: text(&entry["unit"]),
            })
            .collect()
    }

    fn target(&self, job: &str) -> Result<TargetState, String> {
        self.try_targets()?
            .into_iter()
            .find(|target| target.job == job)
            .ok_or_else(|| "there is no such target".to_owned())
    }

    fn try_targets(&self) -> Result<Vec<TargetState>, String> {
        let data = self.try_get("targets", &[("state", "active")])?;
        Ok(items(&data["activeTargets"])
            .iter()
            .map(|target| {
                let labels = labels(&target["labels"]);
                TargetState {
                    job: labels.get("job").cloned().unwrap_or_default(),
                    url: text(&target["scrapeUrl"]),
                    health: text(&target["health"]),
                    last_error: text(&target["lastError"]),
                    labels,
                }
            })
            .collect())
    }

    fn try_query(&self, expression: &str) -> Result<Vec<(Labels, f64)>, String> {
        if let Some(path) = self.before_query {
            let url = format!("{}{path}", self.base);
            http::get(&url, &[]).map_err(|error| format!("{url}: {error}"))?;
        }
        let data = self.try_get("query", &[("query", expression)])?;
        let result = &data["result"];
        let rows = match data["resultType"].as_str() {
            Some("scalar") => vec![number(result).map(|value| (Labels::new(), value))],
            Some("vector") => items(result)
                .iter()
                .map(|row| number(&row["value"]).map(|value| (labels(&row["metric"]), value)))
                .collect(),
            _ => vec![None],
        };
        rows.into_iter()
            .collect::<Option<_>>()
            .ok_or_else(|| format!("`{expression}` gives something else than numbers: {data}"))
    }

    fn try_get(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let mut url = format!("{}/api/v1/{path}", self.base);
        for (place, (name, value)) in parameters.iter().enumerate() {
            let sign = if place == 0 { '?' } else { '&' };
            url.push_str(&format!("{sign}{name}={}", http::encode(value)));
        }
        let response = http::get(&url, &[]).map_err(|error| format!("{url}: {error}"))?;
        let answer = || String::from_utf8_lossy(&response.body);
        let mut json: Value = serde_json::from_slice(&response.body).map_err(|error| {
            format!(
                "{url}: status {}, no JSON ({error}): {}",
                response.status,
                answer()
            )
        })?;
        if response.status != 200 || json["status"] != "success" {
            return Err(format!("{url}: status {}: {}", response.status, answer()));
        }
        Ok(json["data"].take())
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn labels(value: &Value) -> Labels {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// The value of `[time, "value"]`.
fn number(value: &Value) -> Option<f64> {
    value[1].as_str()?.parse().ok()
}
