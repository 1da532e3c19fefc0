//! Dashboards: that each asks for what there is, says what it shows, and is laid out.

use std::collections::{BTreeMap, BTreeSet};

use vitalsigns::families::{AgentModes, HttpServer};
use vitalsigns::{Catalogue, Registry};
use vitalsigns_kit::dashboard::{Dashboard, artefacts, dashboards, group_dashboard};
use vitalsigns_kit::system::{Service, System};

use crate::dashboard_json::{all, expressions, json, panels, parsed, text};
use crate::systems::{Example, bakery, whole};

/// What the documents ask for, the dashboard that has it, and the panels that show it.
const ASKED: &[(&str, &str, &[&str])] = &[
    (
        "tier movements",
        "AI Agent Memory Tier Visualization",
        &[
            "Flow between the tiers",
            "Moves by reason",
            "Moves by direction",
        ],
    ),
    (
        "decision patterns",
        "AI Agent Memory Tier Visualization",
        &["Decisions", "What became of decisions", "Modes over time"],
    ),
    (
        "system performance of the tiers",
        "AI Agent Memory Tier Visualization",
        &[
            "Operations by tier",
            "Duration by tier (p95)",
            "How full each tier is",
        ],
    ),
    (
        "what served the answers, a stuck mover",
        "AI Agent Memory Tier Visualization",
        &["Who served the answers", "Since the last move"],
    ),
    (
        "operations per tier, latency, hit rate",
        "Memory Tier Operations Real-Time",
        &[
            "Operations by tier",
            "Operations by outcome",
            "Duration of operations",
            "Hit rate",
            "Age of the oldest item",
        ],
    ),
    (
        "resources, component health",
        "System Health and Performance",
        &[
            "Groups",
            "Checks",
            "CPU",
            "Memory",
            "Uptime",
            "Duration of scrapes",
        ],
    ),
    (
        "golden signals",
        "System Overview",
        &[
            "Requests by service",
            "Server errors by service",
            "Duration by service (p95)",
            "Alerts firing",
            "Versions",
        ],
    ),
    (
        "webhook counts, errors, Kafka",
        "Webhook and Event Processing",
        &[
            "Webhooks by source",
            "Webhooks by outcome",
            "Age at receipt (p95)",
            "Deliveries by outcome",
            "Lag",
            "Time lag",
        ],
    ),
    (
        "mode switches, duration, current mode",
        "Cognitive Mode Analytics",
        &[
            "Current mode",
            "Modes over time",
            "Transitions",
            "Time in a mode",
            "Switches by trigger",
        ],
    ),
    (
        "Service Health, Request Metrics, System Resources",
        "Overview",
        &["Targets", "Groups", "Requests by status", "CPU", "Memory"],
    ),
    (
        "Video Generation, AI Optimization",
        "Overview",
        &[
            "Videos by outcome",
            "Time to a video (p95)",
            "Optimisations by outcome",
            "Size saved",
        ],
    ),
    (
        "GPU Monitoring (utilisation, temperature)",
        "Overview",
        &["GPU utilisation", "GPU temperature", "GPU memory"],
    ),
    (
        "CPU, memory, disk across services",
        "Infrastructure System Overview",
        &[
            "CPU usage",
            "Memory usage",
            "Disk usage",
            "Container CPU",
            "Container memory",
        ],
    ),
    (
        "network I/O and connections",
        "Infrastructure System Overview",
        &["Network received", "Network sent", "Connections"],
    ),
    (
        "container health and restarts",
        "Infrastructure System Overview",
        &["Container uptime and restarts", "Ended for want of memory"],
    ),
    (
        "connection pools and query performance",
        "Infrastructure System Overview",
        &[
            "Pool in use",
            "Query duration (p95)",
            "PostgreSQL connections of the limit",
        ],
    ),
    (
        "rate and response times, errors by endpoint and service",
        "API Gateway",
        &[
            "Requests by service",
            "Durations",
            "Server errors by route",
            "Errors by upstream",
        ],
    ),
    (
        "authentication success and failure, rate limiting",
        "API Gateway",
        &[
            "Authentication success",
            "Authentications by outcome",
            "Requests held back",
        ],
    ),
    (
        "registrations, logins, payment volumes and success, engagement, usage",
        "Business Metrics",
        &[
            "Registrations",
            "Logins",
            "Volume",
            "Payment success",
            "Engagement",
            "API calls by plan",
        ],
    ),
    (
        "active alerts, frequency, resolution times, availability",
        "Alert Dashboard",
        &[
            "Active alerts",
            "When which alert fired",
            "Time of firing in a day",
            "Availability in a day",
            "Notifications that failed",
        ],
    ),
];

#[test]
fn every_document_gets_its_dashboard_and_panels() {
    let all = all();
    let titles: Vec<&str> = all
        .iter()
        .map(|dashboard| dashboard.title.as_str())
        .collect();
    for (asked, dashboard, wanted) in ASKED {
        let title = format!("Whole {dashboard}");
        let found = all.iter().find(|dashboard| dashboard.title == title);
        let found = found.unwrap_or_else(|| panic!("{asked}: no {title:?} in {titles:?}"));
        let panels: Vec<&str> = found.panels().map(|panel| panel.title.as_str()).collect();
        for panel in *wanted {
            assert!(
                panels.contains(panel),
                "{asked}: no {panel:?} in {panels:?}"
            );
        }
    }
}

#[test]
fn everything_that_is_ready_has_its_place() {
    let all = all();
    let own = all
        .iter()
        .find(|dashboard| dashboard.title == "Whole Own Metrics");
    let left: Vec<&str> = own
        .into_iter()
        .flat_map(Dashboard::panels)
        .map(|panel| panel.title.as_str())
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn every_expression_asks_for_what_there_is() {
    let catalogue = whole().catalogue();
    let of_prometheus = [
        "up",
        "ALERTS",
        "scrape_duration_seconds",
        "scrape_samples_scraped",
    ];
    for dashboard in all() {
        for expression in expressions(&json(&dashboard)) {
            for (name, matchers) in parsed(&expression) {
                let family = ["", "_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|end| catalogue.family(name.strip_suffix(end)?));
                let Some(family) = family else {
                    assert!(
                        of_prometheus.contains(&name.as_str()),
                        "{name} in {expression}"
                    );
                    continue;
                };
                for matcher in &matchers.matchers {
                    has_value(family, &matcher.name, &matcher.value, &expression);
                }
            }
        }
    }
}

/// A value of a closed label that is named exists.
fn has_value(family: &vitalsigns::FamilyEntry, label: &str, value: &str, expression: &str) {
    let known = family.labels.iter().find(|known| known.name == label);
    let Some(values) = known.and_then(|known| known.values.as_ref()) else {
        return;
    };
    if value.starts_with('$') || value.contains("(?s:") {
        return;
    }
    for value in value.split('|') {
        assert!(
            values.iter().any(|known| known == value),
            "{label}={value} in {expression}"
        );
    }
}

#[test]
fn panels_say_what_they_show_and_lie_side_by_side() {
    let mut uids = BTreeSet::new();
    let mut titles = BTreeSet::new();
    for dashboard in all() {
        let json = json(&dashboard);
        let uid = text(&json, "uid").to_owned();
        assert!(uid.len() <= 40 && uid.starts_with("whole-"), "{uid}");
        assert!(uids.insert(uid.clone()), "{uid} twice");
        assert!(
            titles.insert(dashboard.title.clone()),
            "{} twice",
            dashboard.title
        );

        let mut ids = BTreeSet::new();
        let mut cells = BTreeMap::new();
        for panel in json["panels"].as_array().unwrap() {
            let title = text(panel, "title");
            assert!(
                ids.insert(panel["id"].as_u64().unwrap()),
                "{uid}: id of {title}"
            );
            let of = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(
                of("x") + of("w") <= 24 && of("w") > 0 && of("h") > 0,
                "{uid}: {title}"
            );
            for x in of("x")..of("x") + of("w") {
                for y in of("y")..of("y") + of("h") {
                    let other = cells.insert((x, y), title.to_owned());
                    assert_eq!(other, None, "{uid}: {title} lies on it at {x}, {y}");
                }
            }
        }
        for panel in panels(&json) {
            let title = text(panel, "title");
            assert!(!title.is_empty(), "{uid}");
            assert!(text(panel, "description").len() > 20, "{uid}: {title}");
            let defaults = &panel["fieldConfig"]["defaults"];
            assert!(!text(defaults, "unit").is_empty(), "{uid}: {title}");
            assert!(!text(defaults, "noValue").is_empty(), "{uid}: {title}");
            assert!(
                !panel["targets"].as_array().unwrap().is_empty(),
                "{uid}: {title}"
            );
            assert_eq!(
                panel["datasource"]["uid"], "${datasource}",
                "{uid}: {title}"
            );
            for target in panel["targets"].as_array().unwrap() {
                assert_eq!(
                    target["datasource"]["uid"], "${datasource}",
                    "{uid}: {title}"
                );
            }
            let steps = defaults["thresholds"]["steps"].as_array().unwrap();
            let steps: Vec<f64> = steps
                .iter()
                .filter_map(|step| step["value"].as_f64())
                .collect();
            assert!(steps.is_sorted(), "{uid}: {title}: {steps:?}");
        }
    }
}

#[test]
fn titles_of_panels_are_unique_in_a_dashboard() {
    for dashboard in all() {
        let mut titles: Vec<&str> = dashboard
            .panels()
            .map(|panel| panel.title.as_str())
            .collect();
        let count = titles.len();
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), count, "{}: {titles:?}", dashboard.title);
    }
}

#[test]
fn limits_and_links_are_those_of_the_alerts() {
    let all = all();
    let overview = json(&all[0]);
    let panel = |title: &str| {
        let panels = panels(&overview);
        let panel = panels.into_iter().find(|panel| panel["title"] == title);
        panel.unwrap_or_else(|| panic!("no {title}")).clone()
    };
    let errors = panel("Server errors by service");
    assert_eq!(
        errors["fieldConfig"]["defaults"]["thresholds"]["steps"],
        serde_json::json!([
            {"color": "green", "value": null},
            {"color": "yellow", "value": 0.05},
            {"color": "red", "value": 0.1},
        ])
    );
    let links: Vec<(&str, &str)> = errors["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| (text(link, "title"), text(link, "url")))
        .collect();
    assert!(
        links.contains(&(
            "When HighErrorRate fires",
            "http://localhost:8081/HighErrorRate.html"
        )),
        "{links:?}"
    );
    let gateway = links
        .iter()
        .find(|(title, _)| *title == "Whole API Gateway");
    assert!(
        gateway.unwrap().1.starts_with("/d/whole-api-gateway?"),
        "{links:?}"
    );
}

#[test]
fn a_namespace_is_part_of_each_name() {
    let registry = Registry::builder().namespace("shop").build().unwrap();
    HttpServer::register(&registry).unwrap();
    AgentModes::<Example, Example>::register(&registry).unwrap();
    let shop = Service::new("shop-api", "shop:80", registry.catalogue());
    let registry = Registry::new();
    HttpServer::register(&registry).unwrap();
    let plain = Service::new("plain-api", "plain:80", registry.catalogue());
    let all = dashboards(&System::new("mall").service(shop).service(plain)).unwrap();

    let rows: Vec<&str> = all[0].rows.iter().map(|row| row.title.as_str()).collect();
    let requests = "Requests: rate, errors, durations";
    assert!(rows.contains(&requests), "{rows:?}");
    assert!(
        rows.contains(&format!("{requests} (shop)").as_str()),
        "{rows:?}"
    );
    // What has no namespace is there once.
    let targets = all[0].panels().filter(|panel| panel.title == "Scrapes");
    assert_eq!(targets.count(), 1, "{rows:?}");
    let names: BTreeSet<String> = expressions(&json(&all[0]))
        .iter()
        .flat_map(|expression| parsed(expression))
        .map(|(name, _)| name)
        .collect();
    assert!(names.contains("http_requests_total") && names.contains("shop_http_requests_total"));
    let titles: Vec<&str> = all
        .iter()
        .map(|dashboard| dashboard.title.as_str())
        .collect();
    let modes = all
        .iter()
        .find(|dashboard| dashboard.title.contains("Cognitive"));
    let modes = modes.unwrap_or_else(|| panic!("{titles:?}"));
    assert_eq!(modes.jobs, ["shop-api"]);
    let now = modes
        .panels()
        .find(|panel| panel.title == "Current mode")
        .unwrap();
    assert!(
        now.targets[0]
            .expression()
            .starts_with("max by (shop_agent_mode) (shop_agent_mode{")
    );
}

#[test]
fn the_same_system_is_the_same_bytes() {
    let files = artefacts(&whole()).unwrap();
    assert_eq!(files, artefacts(&whole()).unwrap());
    for file in files {
        assert!(
            file.path.starts_with("grafana/dashboards/whole-"),
            "{}",
            file.path
        );
        assert!(file.text.ends_with("}\n"));
    }
}

#[test]
fn families_of_a_service_get_panels_by_their_kinds() {
    let all = dashboards(&bakery()).unwrap();
    let own = all
        .iter()
        .find(|dashboard| dashboard.title == "bakery Own Metrics")
        .unwrap();
    let row = own.rows.iter().find(|row| row.title == "Bakery").unwrap();
    let panels: Vec<(&str, &str)> = row
        .panels
        .iter()
        .map(|panel| (panel.title.as_str(), panel.unit()))
        .collect();
    assert_eq!(
        panels,
        [
            ("Bakery baking: quantiles", "s"),
            ("Bakery baking: distribution", "s"),
            ("Bakery loaves", "cps"),
            ("Bakery oven celsius", "celsius"),
        ]
    );
    // Two ovens are not twice as hot.
    let oven = &row.panels[3];
    assert!(
        oven.targets[0]
            .expression()
            .starts_with("max(bakery_oven_celsius{")
    );
    let loaves = &row.panels[2];
    assert!(loaves.description.starts_with("Loaves that were baked."));
    assert!(
        loaves.targets[0]
            .expression()
            .starts_with("sum by (flour) (rate(")
    );
    assert_eq!(own.jobs, ["bakery"]);
}

#[test]
fn a_group_that_is_called_like_a_ready_one_is_shown_too() {
    let family = |name: &str| {
        format!(
            r#"{{"name": "{name}", "kind": "counter", "unit": null, "help": "Things.",
             "labels": [{{"name": "status", "values": null, "cap": 100}},
                        {{"name": "route", "values": null, "cap": 100}}],
             "constant_labels": [], "buckets": null, "max_series": null, "states": null,
             "group": "HttpMetrics"}}"#
        )
    };
    let families = [family("http_requests_total"), family("proxy_things_total")].join(",");
    let text = format!(r#"{{"namespace": "", "families": [{families}]}}"#);
    let service = Service::new("proxy", "proxy:80", Catalogue::from_json(&text).unwrap());
    let all = dashboards(&System::new("proxy").service(service)).unwrap();
    let own = all.last().unwrap();
    let titles: Vec<&str> = own.panels().map(|panel| panel.title.as_str()).collect();
    assert_eq!(
        (own.rows[0].title.as_str(), &titles[..]),
        ("Http metrics", &["Proxy things"][..])
    );
}

#[test]
fn names_of_other_libraries_do_not_stop_anything() {
    let catalogue = Catalogue::from_json(
        r#"{"namespace": "", "families": [
            {"name": "näme.with.dots_total", "kind": "counter", "unit": null, "help": "",
             "labels": [{"name": "http.route", "values": ["a"], "cap": null},
                        {"name": "le", "values": ["b"], "cap": null},
                        {"name": "ok", "values": ["c"], "cap": null}],
             "constant_labels": [], "buckets": null, "max_series": null, "states": null,
             "group": "Foreign"},
            {"name": "state.set", "kind": "stateset", "unit": null, "help": "A state.",
             "labels": [], "constant_labels": [], "buckets": null, "max_series": null,
             "states": ["on", "off"], "group": "Foreign"}]}"#,
    );
    let service = Service::new("foreign", "foreign:80", catalogue.unwrap());
    let system = System::new("foreign").title("Ausländer").service(service);
    let all = dashboards(&system).unwrap();
    let own = all.last().unwrap();
    assert_eq!(
        (own.title.as_str(), own.uid.as_str()),
        ("Ausländer Own Metrics", "foreign-ausl-nder-own-metrics")
    );
    let row = own.rows.iter().find(|row| row.title == "Foreign").unwrap();
    assert_eq!(
        row.panels.len(),
        1,
        "the state set cannot be asked by its state"
    );
    let expression = row.panels[0].targets[0].expression();
    assert!(
        expression.starts_with("sum by (ok) (rate({__name__=\"näme.with.dots_total\""),
        "{expression}"
    );
    parsed(&expression);
}

#[test]
fn what_nobody_exports_has_no_panel() {
    // Only what every registry has of itself.
    let service = Service::new("empty", "empty:80", Registry::new().catalogue());
    let all = dashboards(&System::new("empty").service(service)).unwrap();
    let titles: Vec<&str> = all
        .iter()
        .map(|dashboard| dashboard.title.as_str())
        .collect();
    assert_eq!(titles, ["empty System Overview", "empty Alert Dashboard"]);
    assert_eq!(dashboards(&System::new("none")).unwrap(), []);
    assert_eq!(
        group_dashboard(&bakery(), "Memory", &["MemoryTiers"]).unwrap(),
        None
    );
    let _: &Catalogue = &bakery().catalogue();
}

#[test]
fn names_of_opentelemetry_are_known() {
    let registry = Registry::new();
    let http = HttpServer::builder().opentelemetry();
    http.register(&registry).unwrap();
    let service = Service::new("api", "api:80", registry.catalogue());
    let all = dashboards(&System::new("otel").service(service)).unwrap();
    let titles: Vec<&str> = all[0].panels().map(|panel| panel.title.as_str()).collect();
    for title in [
        "Server errors",
        "Requests by status",
        "Slowest routes (p95)",
        "Requests in flight",
    ] {
        assert!(titles.contains(&title), "no {title} in {titles:?}");
    }
    let status = all[0]
        .panels()
        .find(|panel| panel.title == "Requests by status")
        .unwrap();
    let expression = status.targets[0].expression();
    assert!(
        expression
            .starts_with("sum by (http_response_status_code) (rate(http_server_requests_total{"),
        "{expression}"
    );
}
