//! What requests record into: routes that many threads look up, and outcomes told at once.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use vitalsigns::families::HttpServer;
use vitalsigns::families::http::Method;
use vitalsigns::testing::{assert_family, total, value};
use vitalsigns::{Format, LabelValue, Registry};

use super::nonzero;

fn http() -> (Registry, HttpServer) {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    (registry, http)
}

fn is_send_and_static<T: Send + 'static>(value: T) -> T {
    value
}

#[test]
fn an_outcome_told_at_once_is_counted_and_observed_and_never_in_flight() {
    let (registry, http) = http();
    http.record("GET", Some("/users/{id}"), 200, Duration::from_millis(250));
    http.record("GET", Some("/users/{id}"), 200, Duration::from_millis(500));
    http.record("BREW", None, 1000, Duration::ZERO);
    assert_family(
        &registry,
        "http_requests_total",
        "http_requests_total{method=\"GET\",route=\"/users/{id}\",status=\"200\"} 2\n\
         http_requests_total{method=\"_OTHER\",route=\"unmatched\",status=\"000\"} 1\n",
    );
    let page = registry.render(Format::Text);
    for sample in [
        r#"http_request_duration_seconds_sum{method="GET",route="/users/{id}"} 0.75"#,
        r#"http_request_duration_seconds_bucket{method="GET",route="/users/{id}",le="0.25"} 1"#,
        r#"http_request_duration_seconds_count{method="_OTHER",route="unmatched"} 1"#,
    ] {
        assert!(page.contains(sample), "{sample} is not in\n{page}");
    }
    assert_eq!(total(&registry, "http_requests_in_flight"), 0.0);
    assert_eq!(total(&registry, "http_responses_incomplete_total"), 0.0);
}

#[test]
fn an_outcome_told_at_once_has_the_labels_that_the_options_ask_for() {
    #[derive(LabelValue, Clone, Copy)]
    enum Plan {
        Free,
        Unknown,
    }

    let registry = Registry::new();
    let http = HttpServer::builder()
        .label("plan", Plan::Unknown)
        .status_on_duration()
        .exclude(["/livez"])
        .register(&registry)
        .unwrap();
    let mut request = http.start("GET", Some("/"));
    request.label(&Plan::Free);
    request.answered(200);
    request.complete();
    drop(request);
    http.record("GET", Some("/"), 200, Duration::from_secs(1));
    http.record("GET", Some("/livez"), 200, Duration::from_secs(1));
    assert_family(
        &registry,
        "http_requests_total",
        "http_requests_total{method=\"GET\",route=\"/\",status=\"200\",plan=\"free\"} 1\n\
         http_requests_total{method=\"GET\",route=\"/\",status=\"200\",plan=\"unknown\"} 1\n",
    );
    let labels = [
        ("method", "GET"),
        ("route", "/"),
        ("status", "200"),
        ("plan", "unknown"),
    ];
    let durations = value(&registry, "http_request_duration_seconds", &labels);
    assert_eq!(durations, Some(1.0));
}

#[test]
fn a_route_has_more_outcomes_than_it_keeps_at_hand() {
    let (registry, http) = http();
    // More than any chain of slots has, and each of them twice.
    for status in (100..400).chain(100..400) {
        http.record("GET", Some("/"), status, Duration::ZERO);
    }
    assert_eq!(total(&registry, "http_requests_total"), 600.0);
    assert_eq!(total(&registry, "http_request_duration_seconds"), 600.0);
    for status in ["100", "150", "199"] {
        let labels = [("method", "GET"), ("route", "/"), ("status", status)];
        assert_eq!(value(&registry, "http_requests_total", &labels), Some(2.0));
    }
    // The family tells 100 codes apart; what is beyond is counted as `other`.
    let series = nonzero(&registry, "http_requests_total");
    assert_eq!(series.len(), 101);
    let other = [("method", "GET"), ("route", "/"), ("status", "other")];
    assert_eq!(value(&registry, "http_requests_total", &other), Some(400.0));
}

#[test]
fn many_threads_find_the_same_routes() {
    const ROUTES: usize = 300;
    const THREADS: usize = 4;

    let (registry, http) = http();
    let names: Vec<String> = (0..ROUTES)
        .map(|n| format!("/resource-{n}/{{id}}"))
        .collect();
    let methods = Method::VALUES;
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (http, names) = (http.clone(), &names);
            scope.spawn(move || {
                for step in 0..ROUTES {
                    // Each thread begins elsewhere, so that every one of them is first sometimes.
                    let name = &names[(step + thread * ROUTES / THREADS) % ROUTES];
                    let mut request = http.start(methods[step % methods.len()], Some(name));
                    request.answered(200);
                    request.complete();
                    drop(request);
                    http.record("GET", Some(name), 204, Duration::ZERO);
                }
            });
        }
    });
    let requests = (ROUTES * THREADS) as f64;
    assert_eq!(total(&registry, "http_requests_total"), 2.0 * requests);
    assert_eq!(total(&registry, "http_requests_in_flight"), 0.0);
    for name in &names {
        let labels = [("method", "GET"), ("route", name), ("status", "204")];
        let counted = value(&registry, "http_requests_total", &labels);
        assert_eq!(counted, Some(THREADS as f64), "{name}");
    }
}

#[test]
fn routes_beyond_the_cap_are_counted_as_other() {
    let (registry, http) = http();
    let mut held = Vec::new();
    for number in 0..1100 {
        let name = format!("/{number}");
        http.record("GET", Some(&name), 200, Duration::ZERO);
        held.push(http.start("GET", Some(&name)));
    }
    assert_eq!(total(&registry, "http_requests_in_flight"), 1100.0);
    let other = [("method", "GET"), ("route", "other")];
    let in_flight = || value(&registry, "http_requests_in_flight", &other);
    assert_eq!(in_flight(), Some(100.0));
    // It moves to a route that has a place.
    held[1099].matched(Some("/7"));
    assert_eq!(in_flight(), Some(99.0));
    // The next move to routes that share their chain with others, some of them.
    for (number, request) in held[1000..1099].iter_mut().enumerate() {
        request.matched(Some(&format!("/{}", number * 10)));
    }
    assert_eq!(in_flight(), Some(0.0));
    for number in (0..990).step_by(10) {
        let name = format!("/{number}");
        let labels = [("method", "GET"), ("route", name.as_str())];
        let found = value(&registry, "http_requests_in_flight", &labels);
        assert_eq!(found, Some(2.0), "{name}");
    }
    for request in &mut held {
        request.answered(500);
        request.complete();
    }
    held.clear();
    assert_eq!(total(&registry, "http_requests_in_flight"), 0.0);
    let other = [("method", "GET"), ("route", "other"), ("status", "500")];
    assert_eq!(value(&registry, "http_requests_total", &other), None);
    assert_eq!(total(&registry, "http_requests_total"), 2200.0);
}

#[test]
fn a_request_outlives_its_server_and_ends_on_another_thread() {
    let (registry, http) = http();
    let mut requests = Vec::new();
    for clone in [http.clone(), http.clone()] {
        let begun = thread::spawn(move || is_send_and_static(clone.start("GET", Some("/"))));
        requests.push(begun.join().unwrap());
    }
    let early = http.clone();
    drop(http);
    requests.push(early.start("GET", Some("/")));
    drop(early);
    assert_eq!(total(&registry, "http_requests_in_flight"), 3.0);
    thread::spawn(move || {
        for mut request in requests {
            request.answered(200);
            request.complete();
        }
    })
    .join()
    .unwrap();
    assert_eq!(total(&registry, "http_requests_in_flight"), 0.0);
    assert_eq!(total(&registry, "http_requests_total"), 3.0);

    // Without its registry there is nobody to tell, and nothing that breaks.
    let request = {
        let (_registry, http) = self::http();
        http.start("GET", Some("/"))
    };
    drop(request);
}

#[test]
fn servers_do_not_share_routes() {
    let (one, two) = (http(), http());
    one.1.record("GET", Some("/"), 200, Duration::ZERO);
    let request = two.1.start("GET", Some("/"));
    assert_eq!(total(&one.0, "http_requests_in_flight"), 0.0);
    assert_eq!(total(&two.0, "http_requests_in_flight"), 1.0);
    drop(request);
    let pages: BTreeSet<String> = [&one.0, &two.0]
        .map(|registry| nonzero(registry, "http_requests_total").join("\n"))
        .into();
    assert_eq!(
        pages,
        BTreeSet::from([
            r#"{method="GET",route="/",status="200"} 1"#.to_owned(),
            r#"{method="GET",route="/",status="499"} 1"#.to_owned(),
        ])
    );
}
