//! Catalogues that change, and what of it breaks queries.

use std::slice::from_ref;

use serde_json::{Value, json};
use vitalsigns::Catalogue;
use vitalsigns_kit::diff::{diff, to_json};

/// A catalogue of these families, each with what it lacks filled in.
fn catalogue(families: &[Value]) -> Catalogue {
    let families: Vec<Value> = families
        .iter()
        .map(|given| {
            let mut family = json!({
                "name": "jobs_total", "kind": "counter", "unit": null, "help": "Jobs.",
                "labels": [], "constant_labels": [], "buckets": null, "max_series": null,
                "states": null, "group": "Jobs",
            });
            for (key, value) in given.as_object().unwrap() {
                family[key] = value.clone();
            }
            family
        })
        .collect();
    Catalogue::from_json(&json!({ "namespace": "", "families": families }).to_string()).unwrap()
}

fn codes(old: &[Value], new: &[Value]) -> Vec<(bool, &'static str)> {
    let changes = diff(&catalogue(old), &catalogue(new));
    changes
        .iter()
        .map(|change| (change.is_breaking, change.code))
        .collect()
}

fn label(name: &str, values: Option<&[&str]>) -> Value {
    json!({ "name": name, "values": values, "cap": values.is_none().then_some(10) })
}

#[test]
fn nothing_has_changed_where_nothing_has() {
    let same = [json!({ "labels": [label("kind", Some(&["a"]))] })];
    assert_eq!(codes(&same, &same), []);
}

#[test]
fn each_change_is_told_with_its_weight() {
    let closed = |values: &[&str]| json!({ "labels": [label("kind", Some(values))] });
    let histogram = |buckets: Value| {
        json!({ "name": "wait_seconds", "kind": "histogram", "buckets": buckets,
                "native": buckets.is_null() })
    };
    for (old, new, expected) in [
        (
            json!({}),
            json!({ "kind": "gauge" }),
            (true, "kind-changed"),
        ),
        (
            json!({}),
            json!({ "unit": "bytes" }),
            (true, "unit-changed"),
        ),
        (
            json!({}),
            json!({ "help": "Work." }),
            (false, "help-changed"),
        ),
        (
            json!({}),
            json!({ "exemplars": true }),
            (false, "exemplars-changed"),
        ),
        (json!({}), closed(&["a"]), (true, "label-added")),
        (closed(&["a"]), json!({}), (true, "label-removed")),
        (closed(&["a", "b"]), closed(&["a"]), (true, "value-removed")),
        (closed(&["a"]), closed(&["a", "b"]), (false, "value-added")),
        (
            closed(&["a"]),
            json!({ "labels": [label("kind", None)] }),
            (false, "label-opened"),
        ),
        (
            json!({ "labels": [label("kind", None)] }),
            closed(&["a"]),
            (true, "label-closed"),
        ),
        (
            json!({ "constant_labels": [["region", "eu"]] }),
            json!({ "constant_labels": [["region", "us"]] }),
            (true, "constant-changed"),
        ),
        (
            histogram(json!([1.0, 2.0])),
            histogram(json!([1.0])),
            (true, "bound-removed"),
        ),
        (
            histogram(json!([1.0])),
            histogram(json!([1.0, 2.0])),
            (false, "bound-added"),
        ),
        (
            json!({ "name": "mode", "kind": "stateset", "states": ["on", "off"] }),
            json!({ "name": "mode", "kind": "stateset", "states": ["on"] }),
            (true, "state-removed"),
        ),
    ] {
        assert_eq!(
            codes(from_ref(&old), from_ref(&new)),
            [expected],
            "{old} {new}"
        );
    }
    assert_eq!(
        codes(&[histogram(json!([1.0]))], &[histogram(Value::Null)]),
        [(true, "buckets-removed"), (false, "native-added")]
    );
}

#[test]
fn a_family_that_is_gone_is_told_with_its_new_name_if_it_has_one() {
    let named = |name: &str, help: &str| json!({ "name": name, "help": help });
    let old = catalogue(&[
        named("webhook_requests_total", "Webhooks."),
        named("zebra_total", "Z."),
    ]);
    let new = catalogue(&[
        named("auren_webhook_requests_total", "Webhooks that came."),
        named("queue_moves_total", "Moves."),
    ]);
    let changes = diff(&old, &new);
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "breaking[family-renamed]: `webhook_requests_total` is gone; \
             `auren_webhook_requests_total` looks like its new name",
            "breaking[family-removed]: `zebra_total` is gone",
            "compatible[family-added]: `queue_moves_total` is new",
            "compatible[help-changed]: `webhook_requests_total` says of itself: Webhooks that came.",
        ]
    );
    let json: Value = serde_json::from_str(&to_json(&changes)).unwrap();
    assert_eq!(json["changes"][0]["code"], "family-renamed");
    assert_eq!(json["changes"][0]["breaking"], true);
}

#[test]
fn one_new_family_replaces_one_lost_one_and_the_more_alike() {
    let named = |name: &str| json!({ "name": name });
    let changes = diff(
        &catalogue(&[named("http_requests_total")]),
        &catalogue(&[
            named("http_panics_total"),
            named("http_server_requests_total"),
        ]),
    );
    assert!(
        changes[0]
            .what
            .contains("`http_server_requests_total` looks like")
    );
    assert_eq!(changes[1].what, "`http_panics_total` is new");
}

#[cfg(feature = "verify")]
#[test]
fn who_asks_for_what_has_changed_is_named() {
    use vitalsigns_kit::artefact::Artefact;
    use vitalsigns_kit::diff::used_by;
    use vitalsigns_kit::verify::Folder;

    let family = |bounds: &[f64]| {
        json!({ "name": "wait_seconds", "kind": "histogram", "buckets": bounds,
                "labels": [label("queue", None)] })
    };
    let old = catalogue(&[
        family(&[0.5, 1.0, 2.0, 5.0]),
        json!({}),
        json!({"name": "gone_total"}),
    ]);
    let new = catalogue(&[family(&[5.0]), json!({})]);
    let rules = Artefact::new(
        "rules.yml",
        "groups:\n  - name: g\n    rules:\n      - alert: Slow\n        expr: |\n          \
         histogram_quantile(0.9, sum by (le) (rate(wait_seconds_bucket[5m]))) > 2\n      \
         - record: other\n        expr: rate(jobs_total[5m]) > 0.5\n",
    );
    let panel = json!({
        "title": "Waits", "schemaVersion": 40, "panels": [
            {"id": 1, "title": "Share", "type": "stat", "targets": [
                {"expr": "sum(rate(wait_seconds_bucket{le=\"1.0\",queue=~\"$queue\"}[$__rate_interval]))"}
            ]},
            {"id": 2, "title": "Gone", "type": "stat", "targets": [{"expr": "rate(gone_total[5m])"}]}
        ],
    });
    let folder = Folder::of([rules, Artefact::new("waits.json", panel.to_string())]);
    let changes = used_by(diff(&old, &new), &folder);
    let told: Vec<(bool, &str, Option<f64>, Vec<String>)> = changes
        .iter()
        .map(|change| {
            let uses = change.uses.iter().map(ToString::to_string).collect();
            (change.is_breaking, change.code, change.bound, uses)
        })
        .collect();
    let uses = |place: &str| vec![place.to_owned()];
    assert_eq!(
        told,
        [
            (
                true,
                "family-removed",
                None,
                uses("waits.json:1, panel `Gone`")
            ),
            (
                true,
                "bound-removed",
                Some(1.0),
                uses("waits.json:1, panel `Share`")
            ),
            (
                true,
                "bound-removed",
                Some(2.0),
                uses("rules.yml:5, alert `Slow`")
            ),
            (false, "bound-removed", Some(0.5), Vec::new()),
        ]
    );
}
