//! The dashboards and panels that documents ask for by name.

use crate::dashboard_json::all;

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
