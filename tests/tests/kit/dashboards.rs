//! Dashboards before Grafana's own model of them, and before a Prometheus that has the families.

use tests::judges::lost_by_grafana;
use tests::prometheus::Prometheus;
use tests::scrape::Target;
use vitalsigns::{Endpoint, Listener, Registry};
use vitalsigns_kit::dashboard::{Dashboard, Panel, Row, Target as PanelTarget, Visual, dashboards};
use vitalsigns_kit::exporters::Exporter;
use vitalsigns_kit::query::Queries;
use vitalsigns_kit::system::{Service, System};

use crate::modules::MODULES;

/// Everything that is ready.
fn registry() -> Registry {
    let registry = Registry::new();
    for module in MODULES {
        (module.register)(&registry).unwrap();
    }
    registry
}

fn system(registry: &Registry) -> System {
    let service = Service::new("whole-api", "127.0.0.1:1", registry.catalogue());
    System::new("whole").title("Whole").service(service)
}

/// What the model of the SDK lacks, and Grafana reads: the text of an event.
fn is_known(lost: &str) -> bool {
    lost.starts_with(".annotations.list[") && lost.ends_with("].titleFormat is lost")
}

#[test]
fn grafana_knows_every_key() {
    let system = Exporter::ALL
        .into_iter()
        .fold(system(&registry()), System::exporter);
    let all = dashboards(&system).unwrap();
    assert!(all.len() > 10);
    for dashboard in &all {
        let mut lost = lost_by_grafana(&dashboard.to_json());
        lost.retain(|lost| !is_known(lost));
        assert!(lost.is_empty(), "{}: {lost:#?}", dashboard.title);
    }
    // And of what the ready ones do not use.
    let up = Queries::new(&Registry::new().catalogue())
        .gauge("up")
        .unwrap()
        .value();
    let panels = [
        Panel::new(Visual::Text, "About", "What this is about.", []).unwrap(),
        Panel::new(
            Visual::Gauge,
            "Up",
            "1 if so.",
            [PanelTarget::new(&up, "{{job}}").unwrap()],
        )
        .unwrap()
        .range(0.0, 1.0),
    ];
    let own = Dashboard::new("shop", "By hand", "Made by hand.").row(Row::new("Row", panels));
    assert_eq!(lost_by_grafana(&own.to_json()), [""; 0]);
    // The judge sees what is misspelt, in the panels of each kind too.
    let right = all[0].to_json();
    for (key, misspelt) in [
        ("\"noValue\"", "\"novalue\""),
        ("\"graphMode\"", "\"graphmode\""),
        ("\"legendFormat\"", "\"legend\""),
        ("\"includeAll\"", "\"all\""),
    ] {
        assert!(right.contains(key), "{key}");
        let lost = lost_by_grafana(&right.replacen(key, misspelt, 1));
        let found = lost
            .iter()
            .any(|lost| lost.contains(misspelt.trim_matches('"')));
        assert!(found, "{misspelt}: {lost:?}");
    }
}

/// As Grafana hands it to Prometheus, with everything chosen.
fn interpolated(expression: &str) -> String {
    ["$job", "$instance", "$currency"]
        .iter()
        .fold(expression.to_owned(), |text, variable| {
            text.replace(&format!("\"{variable}\""), "\".+\"")
        })
        .replace("$__rate_interval", "1m")
        .replace("$__range", "1h")
}

/// Panels that are rightly empty here: no alert fires, nothing is stored, no container is around
/// the process.
const EMPTY: &[&str] = &[
    "Active alerts",
    "Alerts firing",
    "Alerts over time",
    "Checks",
    "CPU of the limit",
    "Firing",
    "Flow between the tiers",
    "How full each tier is",
    "Memory of the limit",
    "Pending",
    "Time of firing in a day",
    "When which alert fired",
];

fn expressions(dashboard: &Dashboard) -> impl Iterator<Item = (&str, String)> {
    // A heatmap has nothing to draw where nothing has been measured.
    let panels = dashboard.panels();
    let panels = panels.filter(|panel| panel.visual != Visual::Heatmap);
    panels.flat_map(|panel| {
        let targets = panel.targets.iter();
        targets.map(|target| (panel.title.as_str(), interpolated(&target.expression())))
    })
}

#[test]
fn panels_tell_silence_from_blindness() {
    let registry = registry();
    let listener = Listener::bind(Endpoint::new(&registry), "127.0.0.1:0").unwrap();
    let address = listener.address().socket_addr().unwrap().to_string();
    let prometheus = Prometheus::start(&[Target::new("whole-api", address)]);
    // Rates need two scrapes.
    prometheus.wait_for("count_over_time(up{job=\"whole-api\"}[1m]) > 2 and up == 1");
    let dashboards = dashboards(&system(&registry)).unwrap();

    // Silence: nothing has happened, and every panel says so.
    let mut empty = Vec::new();
    for dashboard in &dashboards {
        for (panel, expression) in expressions(dashboard) {
            // Nobody exports what Prometheus and Alertmanager say of themselves.
            let is_of_others = ["alertmanager_", "prometheus_"]
                .iter()
                .any(|others| expression.contains(others));
            if prometheus.query(&expression).is_empty() && !is_of_others && !EMPTY.contains(&panel)
            {
                empty.push(format!("{} | {panel}: {expression}", dashboard.title));
            }
        }
    }
    assert!(empty.is_empty(), "{empty:#?}");
    let requests = expressions(&dashboards[0])
        .find(|(panel, _)| *panel == "Requests by service")
        .map(|(_, expression)| expression)
        .unwrap();
    let silent = prometheus.query(&requests);
    assert_eq!(silent.len(), 1);
    assert_eq!(
        (silent[0].0["job"].as_str(), silent[0].1),
        ("no traffic", 0.0)
    );

    // Blindness: nobody answers, and there is nothing to say.
    drop(listener);
    prometheus.wait_for("up == 0");
    assert_eq!(prometheus.query(&requests), []);
}
