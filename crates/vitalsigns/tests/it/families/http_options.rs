//! What a service can choose of its HTTP families, and what it then has.

use vitalsigns::families::HttpServer;
use vitalsigns::families::http::{HttpNames, Protocol, StatusLabel};
use vitalsigns::testing::{histogram_sum, total, value};
use vitalsigns::{LabelValue, RegisterError, Registry};

use super::nonzero;

#[derive(LabelValue, Clone, Copy)]
enum Plan {
    Unknown,
    Free,
    Team,
}

#[derive(LabelValue, Clone, Copy)]
enum Client {
    Browser,
    App,
}

fn names(registry: &Registry) -> Vec<String> {
    let catalogue = registry.catalogue();
    let names = catalogue.families.iter().map(|family| family.name.clone());
    names
        .filter(|name| !name.starts_with("vitalsigns_"))
        .collect()
}

fn labels(registry: &Registry, family: &str) -> Vec<String> {
    let catalogue = registry.catalogue();
    let labels = &catalogue.family(family).unwrap().labels;
    labels.iter().map(|label| label.name.to_string()).collect()
}

#[test]
fn without_options_there_is_what_everybody_needs() {
    let registry = Registry::new();
    HttpServer::register(&registry).unwrap();
    assert_eq!(
        names(&registry),
        [
            "grpc_requests_total",
            "http_request_duration_seconds",
            "http_request_panics_total",
            "http_requests_in_flight",
            "http_requests_total",
            "http_responses_incomplete_total",
            "http_upgraded_connection_duration_seconds",
            "http_upgraded_connections",
            "http_upgrades_total",
        ]
    );
}

#[test]
fn the_names_of_opentelemetry_come_with_their_labels_and_bounds() {
    let registry = Registry::new();
    let http = HttpServer::builder()
        .opentelemetry()
        .request_size()
        .response_size()
        .register(&registry)
        .unwrap();
    let mut request = http.start("GET", Some("/users/{id}"));
    request.receives_nothing();
    request.answered(404);
    request.sent(120);
    request.complete();
    drop(request);
    let by_outcome = [
        "http_request_method",
        "http_route",
        "http_response_status_code",
    ];
    assert_eq!(
        labels(&registry, "http_server_request_duration_seconds"),
        by_outcome
    );
    assert_eq!(
        labels(&registry, "http_server_active_requests"),
        by_outcome[..2]
    );
    let of = [
        ("http_request_method", "GET"),
        ("http_route", "/users/{id}"),
        ("http_response_status_code", "404"),
    ];
    let count = value(&registry, "http_server_request_duration_seconds", &of);
    assert_eq!(count, Some(1.0));
    let name = "http_server_response_body_size_bytes";
    let bytes = histogram_sum(&registry, name, &of[..2]);
    assert_eq!(bytes, Some(120.0));
    let catalogue = registry.catalogue();
    let duration = catalogue.family("http_server_request_duration_seconds");
    assert_eq!(duration.unwrap().buckets.as_ref().unwrap().len(), 14);
}

#[test]
fn labels_can_be_named_as_other_dashboards_have_them() {
    let registry = Registry::new();
    let names = HttpNames::default()
        .method_label("verb")
        .route_label("endpoint")
        .status_label("status_code");
    let http = HttpServer::builder()
        .names(names)
        .register(&registry)
        .unwrap();
    http.start("GET", Some("/")).answered(200);
    assert_eq!(
        nonzero(&registry, "http_requests_total"),
        [r#"{verb="GET",endpoint="/",status_code="200"} 1"#]
    );
}

#[test]
fn a_name_that_no_label_can_have_is_refused() {
    let register = |names| {
        HttpServer::builder()
            .names(names)
            .register(&Registry::new())
    };
    let error = register(HttpNames::default().route_label("session_id")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("label `session_id` of metric `http_request"),
        "{error}"
    );
    let error = register(HttpNames::default().route_label("method")).unwrap_err();
    assert!(
        matches!(error, RegisterError::DuplicateLabel { .. }),
        "{error}"
    );
}

#[test]
fn statuses_can_be_told_by_class() {
    let registry = Registry::new();
    let http = HttpServer::builder()
        .status(StatusLabel::Class)
        .register(&registry)
        .unwrap();
    for status in [101, 200, 204, 301, 404, 429, 500, 99, 600] {
        http.start("GET", Some("/")).answered(status);
    }
    drop(http.start("GET", Some("/")));
    let counts = nonzero(&registry, "http_requests_total");
    let counts: Vec<&str> = counts
        .iter()
        .map(|line| &line[r#"{method="GET",route="/","#.len()..])
        .collect();
    assert_eq!(
        counts,
        [
            r#"status="1xx"} 1"#,
            r#"status="2xx"} 2"#,
            r#"status="3xx"} 1"#,
            r#"status="4xx"} 3"#,
            r#"status="5xx"} 1"#,
            r#"status="other"} 2"#,
        ]
    );
}

#[test]
fn durations_can_be_told_apart_by_status() {
    let registry = Registry::new();
    let http = HttpServer::builder()
        .status_on_duration()
        .register(&registry)
        .unwrap();
    for status in 200..220 {
        http.start("GET", Some("/")).answered(status);
    }
    let of = |status| [("method", "GET"), ("route", "/"), ("status", status)];
    let name = "http_request_duration_seconds";
    assert_eq!(value(&registry, name, &of("200")), Some(1.0));
    assert_eq!(value(&registry, name, &of("219")), Some(1.0));
    assert_eq!(total(&registry, "http_request_duration_seconds"), 20.0);
}

#[test]
fn extra_labels_are_on_what_is_counted_and_timed() {
    let registry = Registry::new();
    let http = HttpServer::builder()
        .label("plan", Plan::Unknown)
        .label("client", Client::Browser)
        .register(&registry)
        .unwrap();
    let mut request = http.start("GET", Some("/"));
    request.label(&Plan::Free);
    request.label(&Plan::Team);
    request.label(&Client::App);
    request.label(&true); // No label has this type.
    request.answered(200);
    drop(request);
    drop(http.start("GET", Some("/")));
    let mut counts = nonzero(&registry, "http_requests_total");
    counts.sort();
    assert_eq!(
        counts,
        [
            r#"{method="GET",route="/",status="200",plan="team",client="app"} 1"#,
            r#"{method="GET",route="/",status="499",plan="unknown",client="browser"} 1"#,
        ]
    );
    let of = [
        ("method", "GET"),
        ("route", "/"),
        ("plan", "team"),
        ("client", "app"),
    ];
    let count = value(&registry, "http_request_duration_seconds", &of);
    assert_eq!(count, Some(1.0));
    assert_eq!(
        labels(&registry, "http_requests_in_flight"),
        ["method", "route"]
    );
}

#[test]
fn extra_labels_have_limits_that_are_told() {
    let two = HttpServer::builder()
        .label("plan", Plan::Unknown)
        .label("tier", Plan::Free);
    assert_eq!(
        two.register(&Registry::new()).unwrap_err().to_string(),
        "the options of `HttpMetrics` cannot be as they are: the values of the extra label `tier` \
         have the type of another one's; a type stands for one label",
    );
    let taken = HttpServer::builder().label("route", Plan::Unknown);
    let error = taken.register(&Registry::new()).unwrap_err();
    assert!(
        matches!(error, RegisterError::DuplicateLabel { .. }),
        "{error}"
    );
    let person = HttpServer::builder().label("user_id", Plan::Unknown);
    let error = person.register(&Registry::new()).unwrap_err();
    assert!(matches!(error, RegisterError::Label { .. }), "{error}");
}

#[test]
fn options_are_chosen_once() {
    let registry = Registry::new();
    let chosen = || {
        HttpServer::builder()
            .first_byte()
            .label("plan", Plan::Unknown)
    };
    chosen().register(&registry).unwrap();
    // The same choice, and no choice, give what is there.
    chosen()
        .register(&registry)
        .unwrap()
        .start("GET", None)
        .answered(200);
    HttpServer::register(&registry)
        .unwrap()
        .start("GET", None)
        .answered(200);
    assert_eq!(total(&registry, "http_requests_total"), 2.0);
    let error = HttpServer::builder().register(&registry).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the registry has them with other options already"),
        "{error}"
    );
}

#[test]
fn sizes_and_the_first_byte_are_measured_of_requests_of_which_they_are_known() {
    let registry = Registry::new();
    let http = HttpServer::builder()
        .request_size()
        .response_size()
        .first_byte()
        .register(&registry)
        .unwrap();
    let mut upload = http.start("POST", Some("/files"));
    let received = upload.receiving();
    received.add(1000);
    received.add(500);
    upload.answered(200);
    let mut body = upload.into_body(Some(70), false);
    body.data(30, false);
    body.data(40, false);
    received.add(9999); // Read after the response has ended.
    drop(http.start("POST", Some("/files"))); // Nobody knows what it sent; it had no head.
    let of = [("method", "POST"), ("route", "/files")];
    for (name, count, sum) in [
        ("http_request_size_bytes", 1.0, 1500.0),
        ("http_response_size_bytes", 2.0, 70.0),
    ] {
        assert_eq!(value(&registry, name, &of), Some(count), "{name}");
        assert_eq!(histogram_sum(&registry, name, &of), Some(sum), "{name}");
    }
    let first_byte = value(&registry, "http_time_to_first_byte_seconds", &of);
    assert_eq!(first_byte, Some(1.0));
}

#[test]
fn streams_have_a_duration_of_their_own() {
    let registry = Registry::new();
    let http = HttpServer::builder()
        .streams(["text/event-stream", "application/x-ndjson"])
        .register(&registry)
        .unwrap();
    for content_type in [
        Some("Text/Event-Stream; charset=utf-8"),
        Some("application/x-ndjson"),
        Some("text/html"),
        None,
    ] {
        let mut request = http.start("GET", Some("/events"));
        request.answered_as(200, || content_type);
        request.complete();
    }
    assert_eq!(total(&registry, "http_requests_total"), 4.0);
    assert_eq!(total(&registry, "http_request_duration_seconds"), 2.0);
    assert_eq!(total(&registry, "http_stream_duration_seconds"), 2.0);
}

#[test]
fn excluded_routes_leave_no_trace() {
    let registry = Registry::new();
    let http = HttpServer::builder()
        .exclude(["/metrics", "/livez"])
        .register(&registry)
        .unwrap();
    http.expect("GET", "/livez", &[200]);
    for route in ["/metrics", "/livez", "/orders"] {
        let mut request = http.start("GET", Some(route));
        request.answered(200);
    }
    assert_eq!(
        nonzero(&registry, "http_requests_total"),
        [r#"{method="GET",route="/orders",status="200"} 1"#]
    );
    // What turns out to be excluded is forgotten, what turns out not to be is measured.
    http.start("GET", Some("/orders")).matched(Some("/livez"));
    http.start("GET", Some("/livez")).matched(Some("/orders"));
    assert_eq!(total(&registry, "http_requests_total"), 2.0);
    assert_eq!(total(&registry, "http_requests_in_flight"), 0.0);
    assert!(!registry.render(vitalsigns::Format::Text).contains("livez"));
}

#[test]
fn what_is_expected_is_there_at_0() {
    let registry = Registry::new();
    let http = HttpServer::builder()
        .label("plan", Plan::Unknown)
        .register(&registry)
        .unwrap();
    http.expect("GET", "/orders", &[200, 500, 200]);
    let of = |status| {
        [
            ("route", "/orders"),
            ("status", status),
            ("plan", "unknown"),
            ("method", "GET"),
        ]
    };
    for status in ["200", "500"] {
        assert_eq!(
            value(&registry, "http_requests_total", &of(status)),
            Some(0.0)
        );
    }
    assert_eq!(total(&registry, "http_request_duration_seconds"), 0.0);
    let in_flight = [("method", "GET"), ("route", "/orders")];
    assert_eq!(
        value(&registry, "http_requests_in_flight", &in_flight),
        Some(0.0)
    );
}

#[test]
fn a_request_that_turns_out_to_be_of_another_route_is_one_of_that_route() {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    let mut request = http.start("GET", None);
    assert_eq!(
        nonzero(&registry, "http_requests_in_flight"),
        [r#"{method="GET",route="unmatched"} 1"#]
    );
    request.matched(Some("/users/{id}"));
    assert_eq!(
        nonzero(&registry, "http_requests_in_flight"),
        [r#"{method="GET",route="/users/{id}"} 1"#]
    );
    request.answered(200);
    drop(request);
    assert_eq!(
        nonzero(&registry, "http_requests_total"),
        [r#"{method="GET",route="/users/{id}",status="200"} 1"#]
    );
    assert_eq!(total(&registry, "http_requests_in_flight"), 0.0);
}

#[test]
fn a_request_within_a_request_tells_its_route_and_keeps_its_method_for_itself() {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    let mut outer = http.start("POST", None);
    // The handler asks its own app for something, or a layer has turned `HEAD` into `GET`.
    outer.watch(|| drop(http.start("HEAD", Some("/users/{id}"))));
    outer.answered(200);
    assert!(!outer.ends_with_head());
    drop(outer);
    assert_eq!(
        nonzero(&registry, "http_requests_total"),
        [r#"{method="POST",route="/users/{id}",status="200"} 1"#]
    );
    assert_eq!(total(&registry, "http_requests_in_flight"), 0.0);
}

#[test]
fn middleware_within_middleware_counts_once_and_tells_the_route() {
    let (registry, other) = (Registry::new(), Registry::new());
    let http = HttpServer::register(&registry).unwrap();
    let elsewhere = HttpServer::register(&other).unwrap();
    let mut outer = http.start("GET", None);
    outer.watch(|| {
        // Another server in between is another matter.
        let mut between = elsewhere.start("GET", Some("/proxied"));
        between.watch(|| {
            let mut inner = http.start("GET", Some("/users/{id}"));
            let status = inner.watch(|| {
                drop(http.start("GET", None)); // Knows nothing better.
                404
            });
            inner.answered(status);
        });
        between.answered(200);
    });
    outer.answered(200);
    drop(outer);
    // Outside of it, a request is one of its own again.
    http.start("POST", None).answered(405);
    let mut counts = nonzero(&registry, "http_requests_total");
    counts.sort();
    assert_eq!(
        counts,
        [
            r#"{method="GET",route="/users/{id}",status="200"} 1"#,
            r#"{method="POST",route="unmatched",status="405"} 1"#,
        ]
    );
    assert_eq!(total(&registry, "http_requests_in_flight"), 0.0);
    assert_eq!(
        nonzero(&other, "http_requests_total"),
        [r#"{method="GET",route="/proxied",status="200"} 1"#]
    );
}

#[test]
fn a_request_that_a_handler_makes_itself_does_not_change_the_route() {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    let mut batch = http.start("POST", Some("/batch"));
    batch.watch(|| http.start("GET", Some("/users/{id}")).answered(200));
    batch.answered(200);
    drop(batch);
    assert_eq!(
        nonzero(&registry, "http_requests_total"),
        [r#"{method="POST",route="/batch",status="200"} 1"#]
    );
}

#[test]
fn a_panic_in_the_innermost_leaves_no_request_open_on_its_thread() {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    let mut outer = http.start("GET", None);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        outer.watch(|| {
            let mut inner = http.start("GET", Some("/users/{id}"));
            inner.watch(|| panic!("in the handler"))
        })
    }));
    assert!(result.is_err());
    drop(outer);
    let of = [("method", "GET"), ("route", "/users/{id}")];
    assert_eq!(
        value(&registry, "http_request_panics_total", &of),
        Some(1.0)
    );
    // The next request of this thread is no part of that one.
    http.start("GET", Some("/")).answered(200);
    assert_eq!(total(&registry, "http_requests_total"), 2.0);
}

#[test]
fn a_connection_that_leaves_http_is_measured_on_its_own() {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    let mut request = http.start("GET", None);
    let upgrade = request.upgrade(Protocol::of("WebSocket"));
    request.matched(Some("/live"));
    request.answered(101);
    assert!(request.is_upgraded());
    drop(request.into_body(None, false));
    let connection = upgrade.open();
    let of = [("route", "/live"), ("protocol", "websocket")];
    assert_eq!(value(&registry, "http_upgrades_total", &of), Some(1.0));
    assert_eq!(
        value(&registry, "http_upgraded_connections", &of),
        Some(1.0)
    );
    assert_eq!(total(&registry, "http_requests_in_flight"), 0.0);
    assert_eq!(total(&registry, "http_responses_incomplete_total"), 0.0);
    drop(connection);
    assert_eq!(
        value(&registry, "http_upgraded_connections", &of),
        Some(0.0)
    );
    assert_eq!(
        total(&registry, "http_upgraded_connection_duration_seconds"),
        1.0
    );

    let mut refused = http.start("GET", Some("/live"));
    let _never_opened = refused.upgrade(Protocol::WebSocket);
    refused.answered(426);
    refused.complete();
    drop(refused);
    assert_eq!(total(&registry, "http_upgrades_total"), 1.0);

    let mut tunnel = http.start("CONNECT", None);
    let upgrade = tunnel.upgrade(Protocol::Connect);
    tunnel.answered(200);
    drop(tunnel.into_body(None, false));
    drop(upgrade.open());
    let of = [("route", "unmatched"), ("protocol", "connect")];
    assert_eq!(value(&registry, "http_upgrades_total", &of), Some(1.0));
}

#[test]
fn a_grpc_call_has_the_status_that_its_client_reads() {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    let grpc = || Some("application/grpc+proto");
    let call = || {
        let mut call = http.start("POST", Some("/shop.Orders/{*rest}"));
        call.asked_as("application/grpc");
        call
    };
    // Status in the trailers, in the head, nowhere, of no meaning.
    for status in [Some("0"), Some("5"), None, Some("17"), Some("many")] {
        let mut call = call();
        call.answered_as(200, grpc);
        call.into_body(None, false).trailers(|| status);
    }
    let mut in_head = call();
    in_head.answered_as(200, grpc);
    in_head.grpc_status("7");
    drop(in_head.into_body(None, true));
    // The client leaves before the head, and in the body.
    drop(call());
    let mut cut_off = call();
    cut_off.answered_as(200, grpc);
    drop(cut_off.into_body(None, false));
    // What answers is no gRPC server.
    for (status, content_type) in [(404, "text/plain"), (503, "text/html"), (200, "text/html")] {
        let mut foreign = call();
        foreign.answered_as(status, || Some(content_type));
        foreign.grpc_status("0");
        foreign.complete();
    }
    // gRPC-Web and everything else has none.
    for content_type in ["application/grpc-web", "application/json"] {
        let mut other = http.start("POST", Some("/shop.Orders/{*rest}"));
        other.asked_as(content_type);
        other.answered(200);
        other.complete();
    }
    let mut counts = nonzero(&registry, "grpc_requests_total");
    counts.sort();
    let counts: Vec<&str> = counts
        .iter()
        .map(|line| &line[r#"{route="/shop.Orders/{*rest}","#.len()..])
        .collect();
    assert_eq!(
        counts,
        [
            r#"code="CANCELLED"} 2"#,
            r#"code="NOT_FOUND"} 1"#,
            r#"code="OK"} 1"#,
            r#"code="PERMISSION_DENIED"} 1"#,
            r#"code="UNAVAILABLE"} 1"#,
            r#"code="UNIMPLEMENTED"} 1"#,
            r#"code="UNKNOWN"} 4"#,
        ]
    );
}
