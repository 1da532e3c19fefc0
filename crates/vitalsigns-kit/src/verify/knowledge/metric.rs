//! A family of one exporter, as expressions are judged by.

use std::collections::BTreeMap;

use vitalsigns::{FamilyEntry, Kind};

use super::super::promql::labels::Values;
use super::super::promql::measure::Measure;
use crate::exporters::Exporter;

/// A family of one exporter.
#[derive(Clone, Debug)]
pub(in crate::verify) struct Metric {
    pub(in crate::verify) name: String,
    pub(in crate::verify) kind: Kind,
    pub(in crate::verify) unit: Measure,
    pub(in crate::verify) labels: BTreeMap<String, Values>,
    /// Whether there may be more labels.
    pub(in crate::verify) is_open: bool,
    pub(in crate::verify) buckets: Option<Vec<f64>>,
    pub(in crate::verify) is_native: bool,
    pub(in crate::verify) help: String,
    /// Of which job; of none in particular if it is not said.
    pub(in crate::verify) job: Option<String>,
    /// Whether targets have given it `job` and `instance`.
    pub(in crate::verify) is_scraped: bool,
}

/// Which sample of a family is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::verify) enum Part {
    Value,
    Bucket,
    Sum,
    Count,
    Created,
}

/// The exporter whose metrics begin like this one.
pub(super) fn exporter_of(name: &str) -> Option<Exporter> {
    let begins = [
        ("node_", Exporter::Node),
        ("container_", Exporter::Cadvisor),
        ("machine_", Exporter::Cadvisor),
        ("redis_", Exporter::Redis),
        ("pg_", Exporter::Postgres),
        ("probe_", Exporter::Blackbox),
        ("DCGM_", Exporter::Dcgm),
        ("prometheus_", Exporter::Prometheus),
        ("alertmanager_", Exporter::Alertmanager),
        ("grafana_", Exporter::Grafana),
    ];
    let known = begins.iter().find(|(begin, _)| name.starts_with(begin));
    known.map(|(_, exporter)| *exporter)
}

impl Metric {
    /// One of which only the name is known.
    pub(in crate::verify) fn unknown(name: &str) -> Self {
        Metric {
            name: name.to_owned(),
            kind: Kind::Unknown,
            unit: Measure::Unknown,
            labels: BTreeMap::new(),
            is_open: true,
            buckets: None,
            is_native: false,
            help: String::new(),
            job: None,
            is_scraped: true,
        }
    }

    pub(super) fn of(family: &FamilyEntry, job: Option<&str>) -> Self {
        let mut labels = BTreeMap::new();
        for (name, value) in &family.constant_labels {
            labels.insert(name.clone(), Values::of([value.as_str()]));
        }
        for label in &family.labels {
            let values = match &label.values {
                Some(values) => Values::of(values.iter().map(String::as_str)),
                None => Values::any(),
            };
            labels.insert(label.name.clone(), values);
        }
        if let (Kind::StateSet, Some(states)) = (family.kind, &family.states) {
            let states = Values::of(states.iter().map(String::as_str));
            labels.insert(family.name.clone(), states);
        }
        Metric {
            name: family.name.clone(),
            kind: family.kind,
            unit: Measure::of_family(family),
            labels,
            is_open: false,
            buckets: family.buckets.clone(),
            is_native: family.native,
            help: family.help.clone(),
            job: job.map(str::to_owned),
            is_scraped: true,
        }
    }
}
