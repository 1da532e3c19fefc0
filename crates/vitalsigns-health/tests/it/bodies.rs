//! What callers see.

use serde_json::json;
use vitalsigns::{BearerToken, Endpoint, Registry};
use vitalsigns_health::{Check, Group, Health, Outcome, ProbeRequest, Shape, State};

use crate::support::{ask, quick, wait_for};

const SECRET: (&str, &str) = ("authorization", "Bearer a long secret");

fn health() -> Health {
    let io = |kind| std::io::Error::new(kind, "postgres://app:hunter2@db.internal:5432/shop");
    let token = BearerToken::new("a long secret").unwrap();
    let health = Health::builder(&Registry::new())
        .check(quick(Check::blocking("cache", || {
            Outcome::degraded("nearly full").detail("used_ratio", 0.93)
        })))
        .check(
            quick(Check::blocking("database", move || {
                Err::<(), _>(io(std::io::ErrorKind::ConnectionRefused))
            }))
            .component("datastore")
            .critical(),
        )
        .version("1.4.2")
        .service("shop")
        .details_with(token)
        .build()
        .unwrap();
    wait_for(&health.probes(), "cache", State::Degraded);
    wait_for(&health.probes(), "database", State::Down);
    health
}

#[test]
fn who_has_no_token_sees_states() {
    let health = health();
    let expected = json!({
        "status": "fail",
        "state": "down",
        "checks": {
            "cache": [{"status": "warn", "state": "degraded"}],
            "database": [{"status": "fail", "state": "down"}],
        },
    });
    for headers in [
        &[][..],
        &[("authorization", "Bearer a long guess")],
        &[("authorization", "a long secret")],
        &[("accept", "application/health+json")],
    ] {
        assert_eq!(
            ask(&health.probes(), Group::Full, headers),
            (503, expected.clone())
        );
    }
    let (status, body) = ask(
        &health.probes(),
        Group::Ready,
        &[("accept", "application/json")],
    );
    let expected = json!({
        "status": "DOWN",
        "checks": [
            {"name": "cache", "status": "UP", "data": {"state": "degraded"}},
            {"name": "database", "status": "DOWN", "data": {"state": "down"}},
        ],
    });
    assert_eq!((status, body), (503, expected));
}

#[test]
fn who_has_the_token_sees_details_and_no_secrets() {
    let health = health();
    let (_, body) = ask(&health.probes(), Group::Full, &[SECRET]);
    assert_eq!(
        (&body["version"], &body["serviceId"]),
        (&json!("1.4.2"), &json!("shop"))
    );
    let cache = &body["checks"]["cache"][0];
    assert_eq!(cache["output"], "nearly full");
    assert_eq!(cache["details"], json!({"used_ratio": 0.93}));
    assert!(
        cache["ageSeconds"].is_number() && cache["time"].is_string(),
        "{cache}"
    );
    let database = &body["checks"]["database"][0];
    assert_eq!(database["output"], "refused");
    assert_eq!(database["componentType"], "datastore");
    for shape in ["application/json", "application/health+json"] {
        let (_, body) = ask(&health.probes(), Group::Full, &[SECRET, ("accept", shape)]);
        let body = body.to_string();
        for secret in [
            "hunter2",
            "db.internal",
            "postgres:",
            "5432",
            "a long secret",
        ] {
            assert!(!body.contains(secret), "{secret} in {body}");
        }
    }
}

#[test]
fn the_token_of_the_page_shows_details_as_well() {
    let registry = Registry::new();
    let health = Health::builder(&registry).version("1.4.2").build().unwrap();
    let probes = health.probes();
    assert_eq!(
        ask(&probes, Group::Full, &[SECRET]).1["version"],
        json!(null)
    );
    let endpoint = Endpoint::builder(&registry)
        .bearer_token("a long secret")
        .build()
        .unwrap();
    probes.expect_self_test(&endpoint);
    assert_eq!(ask(&probes, Group::Full, &[SECRET]).1["version"], "1.4.2");
    assert_eq!(ask(&probes, Group::Full, &[]).1["version"], json!(null));
}

#[test]
fn the_shape_is_what_is_liked_best() {
    let shapes = [
        ("", Shape::HealthJson),
        ("*/*", Shape::HealthJson),
        ("text/html, */*;q=0.8", Shape::HealthJson),
        ("application/json", Shape::MicroProfile),
        ("application/json, */*", Shape::MicroProfile),
        ("Application/JSON; charset=utf-8", Shape::MicroProfile),
        (
            "application/json;q=0.1, application/health+json;q=0.2",
            Shape::HealthJson,
        ),
        ("application/json;q=0, */*", Shape::HealthJson),
        ("application/health+json;q=0, */*", Shape::MicroProfile),
        ("image/png", Shape::HealthJson),
        (";;;q=,,q=nan", Shape::HealthJson),
        ("application/json;q=nan", Shape::MicroProfile),
    ];
    let health = Health::builder(&Registry::new()).build().unwrap();
    for (accept, shape) in shapes {
        let request = ProbeRequest::new("GET").header("Accept", accept.as_bytes());
        let answer = health.probes().answer(Group::Live, &request);
        let expected = match shape {
            Shape::MicroProfile => "application/json",
            _ => "application/health+json",
        };
        assert_eq!(answer.header("content-type"), Some(expected), "{accept}");
    }
    let health = Health::builder(&Registry::new())
        .shape(Shape::MicroProfile)
        .build()
        .unwrap();
    assert_eq!(
        ask(&health.probes(), Group::Ready, &[]),
        (200, json!({"status": "UP", "checks": []}))
    );
}

#[test]
fn probes_are_read_and_never_kept() {
    let health = Health::builder(&Registry::new()).build().unwrap();
    for group in Group::ALL {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "get", ""] {
            let answer = health.probes().answer(group, &ProbeRequest::new(method));
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some("GET, HEAD"))
            );
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        for method in ["GET", "HEAD"] {
            let answer = health.probes().answer(group, &ProbeRequest::new(method));
            assert_eq!(
                (answer.status, answer.header("cache-control")),
                (200, Some("no-store"))
            );
        }
    }
}
