//! What Grafana has from its start: where the data is, and where the dashboards are.

use super::{duration, head};
use crate::artefact::Artefact;
use crate::system::System;
use crate::yaml_text::Map;

/// By what dashboards name the Prometheus of the stack; the same in every stack.
pub const DATASOURCE_UID: &str = "prometheus";

pub(super) fn files(system: &System) -> [Artefact; 2] {
    [
        Artefact::new(
            "grafana/provisioning/dashboards/dashboards.yml",
            dashboards(system),
        ),
        Artefact::new(
            "grafana/provisioning/datasources/datasources.yml",
            datasources(system),
        ),
    ]
}

fn datasources(system: &System) -> String {
    let prometheus = Map::new()
        .with("name", "Prometheus")
        .comment(
            "Dashboards name it by this; `GET /api/datasources/uid/prometheus/health` asks it.",
        )
        .with("uid", DATASOURCE_UID)
        .with("type", "prometheus")
        .with("access", "proxy")
        .with("url", "http://prometheus:9090")
        .with("isDefault", true)
        .with("editable", false)
        .with(
            "jsonData",
            Map::new()
                .with("httpMethod", "POST")
                .comment("How often is scraped: the shortest step that has something new.")
                .with("timeInterval", duration(system.interval))
                .with("manageAlerts", false),
        );
    let alertmanager = Map::new()
        .with("name", "Alertmanager")
        .with("uid", "alertmanager")
        .with("type", "alertmanager")
        .with("access", "proxy")
        .with("url", "http://alertmanager:9093")
        .with("editable", false)
        .with(
            "jsonData",
            Map::new()
                .with("implementation", "prometheus")
                .with("handleGrafanaManagedAlerts", false),
        );
    Map::new()
        .with("apiVersion", 1)
        .comment("What was here before and is not any more is removed.")
        .with("prune", true)
        .with("datasources", [prometheus, alertmanager])
        .document(&head(system, "Where Grafana finds the data"))
}

fn dashboards(system: &System) -> String {
    let provider = Map::new()
        .with("name", system.name.as_str())
        .with("type", "file")
        .with("folder", system.title.as_str())
        .with("disableDeletion", true)
        .with("allowUiUpdates", false)
        .with("updateIntervalSeconds", 30)
        .with(
            "options",
            Map::new().with("path", "/etc/grafana/dashboards"),
        );
    Map::new()
        .with("apiVersion", 1)
        .with("providers", [provider])
        .document(&head(system, "Where Grafana finds the dashboards"))
}
