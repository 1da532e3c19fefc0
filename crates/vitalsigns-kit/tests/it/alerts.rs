//! The alerts of objectives.

use std::time::Duration;

use serde_json::{Value, json};
use vitalsigns::families::Functions;
use vitalsigns::{Catalogue, Registry};
use vitalsigns_kit::alert::{Severity, burn_rate_alerts};
use vitalsigns_kit::query::{QueryError, Rendering};

/// A catalogue of functions that promise these things.
fn promising(objectives: Value) -> Catalogue {
    let registry = Registry::new();
    Functions::register(&registry).unwrap();
    let mut json: Value = serde_json::from_str(&registry.catalogue().to_json()).unwrap();
    json["objectives"] = objectives;
    Catalogue::from_json(&json.to_string()).unwrap()
}

fn objective(function: &str, success: Option<f64>, latency: Option<(f64, f64)>) -> Value {
    let latency = latency.map(|(seconds, ratio)| json!({ "seconds": seconds, "ratio": ratio }));
    json!({
        "name": "checkout", "function": function, "module": "shop",
        "success_ratio": success, "latency": latency,
    })
}

fn rendering() -> Rendering {
    Rendering::over(Duration::from_secs(300)).unwrap()
}

#[test]
fn each_factor_has_two_windows_and_a_threshold_of_its_own() {
    let catalogue = promising(json!([objective("pay", Some(0.999), None)]));
    let alerts = burn_rate_alerts(&catalogue, "checkout").unwrap();
    let share = |window: &str, threshold: &str| {
        format!(
            "sum by (job) (rate(function_calls_total{{function=\"pay\",module=\"shop\",\
             outcome=~\"error|panicked\"}}[{window}])) \
             / sum by (job) (rate(function_calls_total{{function=\"pay\",module=\"shop\",\
             outcome!=\"cancelled\"}}[{window}])) > {threshold}"
        )
    };
    let expected = [
        (Severity::Critical, "1h", "5m", "0.0144"),
        (Severity::Critical, "6h", "30m", "0.006"),
        (Severity::Warning, "1d", "2h", "0.003"),
        (Severity::Warning, "3d", "6h", "0.001"),
    ];
    assert_eq!(alerts.len(), expected.len());
    for (alert, (severity, long, short, threshold)) in alerts.iter().zip(expected) {
        assert_eq!(alert.severity, severity);
        assert_eq!(
            alert.expression(&rendering()),
            format!("{} and {}", share(long, threshold), share(short, threshold))
        );
        assert_eq!(alert.labels["slo"], "checkout");
    }
}

#[test]
fn what_cannot_be_lost_has_no_alert() {
    // 14.4 times a tenth is more than everything.
    let catalogue = promising(json!([objective("pay", Some(0.9), None)]));
    let alerts = burn_rate_alerts(&catalogue, "checkout").unwrap();
    let factors: Vec<&str> = alerts
        .iter()
        .map(|alert| alert.labels["burn_rate"].as_str())
        .collect();
    assert_eq!(factors, ["6", "3", "1"]);
}

#[test]
fn functions_that_promise_the_same_share_it() {
    let catalogue = promising(json!([
        objective("pay", Some(0.99), None),
        objective("ship", Some(0.99), Some((0.25, 0.95))),
    ]));
    let alerts = burn_rate_alerts(&catalogue, "checkout").unwrap();
    let errors = alerts[0].expression(&rendering());
    assert!(errors.contains("function=~\"pay|ship\""), "{errors}");
    let latency = alerts
        .iter()
        .find(|alert| alert.name == "SloBurnLatency")
        .unwrap();
    let latency = latency.expression(&rendering());
    assert!(
        latency.starts_with(
            "1 - sum by (job) (rate(function_duration_seconds_bucket{function=\"ship\",\
             module=\"shop\",le=\"0.25\"}[1h]))"
        ),
        "{latency}"
    );
    assert_eq!(burn_rate_alerts(&catalogue, "nobody's").unwrap(), []);
}

#[test]
fn a_latency_that_is_no_bound_is_refused() {
    let catalogue = promising(json!([objective("pay", None, Some((0.3, 0.99)))]));
    let error = burn_rate_alerts(&catalogue, "checkout").unwrap_err();
    assert!(
        matches!(error, QueryError::NotABound { bound: 0.3, .. }),
        "{error}"
    );
}
