//! Methods, formats, and single families.

use vitalsigns::{ContentType, Endpoint, EndpointRequest, Format};

use super::{assert_has, get, shop, text};

const ALLOW: &str = "GET, HEAD, OPTIONS";

#[test]
fn get_and_head_are_answered_alike_and_other_methods_are_refused() {
    let (_, endpoint) = shop();
    let get = endpoint.answer(&get().internal());
    let head = endpoint.answer(&EndpointRequest::new("HEAD").internal());
    assert_eq!((get.status, head.status), (200, 200));
    assert_eq!(get.headers, head.headers);
    // The server leaves the body of a HEAD out, and knows its length.
    assert_eq!(text(&get), text(&head));
    assert_eq!(get.header("cache-control"), Some("no-store"));
    assert_eq!(get.header("vary"), Some("accept, accept-encoding"));
    assert_eq!(get.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(get.header("content-encoding"), None);
    assert_eq!(get.header("content-disposition"), None);

    let options = endpoint.answer(&EndpointRequest::new("OPTIONS"));
    assert_eq!(
        (options.status, options.header("allow")),
        (204, Some(ALLOW))
    );
    assert!(options.body.is_empty());

    for method in [
        "POST", "PUT", "DELETE", "TRACE", "CONNECT", "get", "", "G E T", "\u{fffd}",
    ] {
        let answer = endpoint.answer(&EndpointRequest::new(method));
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some(ALLOW), "{method}");
        assert!(!text(&answer).contains("orders"), "{method}");
    }
}

/// The names of the families on the page.
fn families(endpoint: &Endpoint, query: &str, accept: &[u8]) -> Vec<String> {
    let answer = endpoint.answer(&get().query(query).header("accept", accept));
    assert_eq!(answer.status, 200, "{query}");
    let types = text(&answer)
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect()
}

#[test]
fn only_the_families_that_are_asked_for_are_on_the_page() {
    let (_, endpoint) = shop();
    for (query, expected) in [
        ("name[]=orders_total", &["orders_total"][..]),
        ("name[]=orders", &["orders_total"]),
        ("name[]=open_orders", &["open_orders"]),
        (
            "name[]=open_orders&name[]=orders",
            &["open_orders", "orders_total"],
        ),
        ("name[]=open_orders&name[]=open_orders", &["open_orders"]),
        ("name[]=open_orders&name[]=nobody", &["open_orders"]),
        ("name%5B%5D=open%5Forders", &["open_orders"]),
        ("name%5b%5d=open_orders&other=orders", &["open_orders"]),
        ("name[]=vitalsigns_scrapes", &["vitalsigns_scrapes_total"]),
        ("name[]=nobody", &[]),
        ("name[]=", &[]),
        ("name[]", &[]),
        ("name[]=ORDERS_TOTAL", &[]),
        (
            "name[]=open_orders%0A%23%20TYPE%20evil%20gauge%0Aevil%201",
            &[],
        ),
        ("name[]=open_orders%00", &[]),
        ("name[]=%ff%fe", &[]),
        ("name[]=open_orders{a=\"b\"}", &[]),
        ("name[]=.*", &[]),
        ("name[]=%", &[]),
    ] {
        assert_eq!(families(&endpoint, query, b"*/*"), expected, "{query}");
    }
    let openmetrics = Format::OpenMetrics.content_type().as_bytes();
    for query in ["name[]=orders_total", "name[]=orders"] {
        assert_eq!(
            families(&endpoint, query, openmetrics),
            ["orders"],
            "{query}"
        );
    }
    // Any other query is none.
    let all = families(&endpoint, "", b"*/*");
    assert!(all.len() > 5);
    for query in [
        "name=orders",
        "names[]=orders",
        "&&&",
        "=",
        "%%%",
        "collect[]=orders",
    ] {
        assert_eq!(families(&endpoint, query, b"*/*"), all, "{query}");
    }
}

#[test]
fn a_page_without_families_is_a_page() {
    let (_, endpoint) = shop();
    let request = || get().query("name[]=nobody");
    let plain = endpoint.answer(&request());
    assert_eq!((plain.status, text(&plain)), (200, ""));
    let accept = Format::OpenMetrics.content_type().as_bytes();
    assert_eq!(
        text(&endpoint.answer(&request().header("accept", accept))),
        "# EOF\n"
    );
    let accept = ContentType::PROTOBUF.as_str().as_bytes();
    let protobuf = endpoint.answer(&request().header("accept", accept));
    assert_eq!((protobuf.status, &protobuf.body[..]), (200, &[][..]));
}

#[test]
fn a_long_list_of_names_is_no_trouble() {
    let (_, endpoint) = shop();
    let query: String = (0..20_000).map(|name| format!("name[]=n{name}&")).collect();
    assert_eq!(
        families(&endpoint, &(query + "name[]=orders"), b"*/*"),
        ["orders_total"]
    );
}

#[cfg(feature = "prometheus-client")]
#[test]
fn families_of_another_library_are_asked_for_in_the_same_way() {
    use prometheus_client::metrics::counter::Counter;
    use vitalsigns::PrometheusClient;

    let (registry, endpoint) = shop();
    let theirs: Counter = Counter::default();
    registry
        .attach(PrometheusClient::metric("their_jobs", "Jobs", theirs))
        .unwrap();
    for query in ["name[]=their_jobs", "name[]=their_jobs_total"] {
        assert_eq!(families(&endpoint, query, b"*/*"), ["their_jobs_total"]);
    }
    assert_eq!(
        families(&endpoint, "name[]=orders", b"*/*"),
        ["orders_total"]
    );
}

#[test]
fn the_content_type_is_that_of_the_page() {
    let (_, endpoint) = shop();
    let text_0_0_4 = Format::Text.content_type();
    let openmetrics = Format::OpenMetrics.content_type();
    for (accept, expected) in [
        (&b"*/*"[..], text_0_0_4),
        (b"", text_0_0_4),
        (
            b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            text_0_0_4,
        ),
        (b"application/json", text_0_0_4),
        (b"\xff\xfe", text_0_0_4),
        (b"application/openmetrics-text;version=1.0.0", openmetrics),
        (
            b"application/openmetrics-text;version=1.0.0;q=0",
            text_0_0_4,
        ),
        (
            b"text/plain;q=0.1, application/openmetrics-text;version=1.0.0;q=0.2",
            openmetrics,
        ),
    ] {
        let answer = endpoint.answer(&get().header("Accept", accept));
        let accept = String::from_utf8_lossy(accept);
        assert_eq!(answer.status, 200, "{accept}");
        assert_eq!(answer.header("content-type"), Some(expected), "{accept}");
        assert_eq!(
            text(&answer).ends_with("# EOF\n"),
            expected == openmetrics,
            "{accept}"
        );
        assert_has(&answer, "orders_total 3");
    }
    // Two headers are one.
    let two = get().header("accept", b"text/plain;q=0.1");
    let two = two.header("ACCEPT", b"application/openmetrics-text;version=1.0.0");
    assert_eq!(
        endpoint.answer(&two).header("content-type"),
        Some(openmetrics)
    );
}

#[test]
#[cfg(feature = "json")]
fn the_catalogue_is_there_for_those_who_may_see_the_page() {
    let (registry, endpoint) = shop();
    let answer = endpoint.answer(&get().query("catalogue").header("accept", b"text/plain"));
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/json"))
    );
    assert_eq!(
        vitalsigns::Catalogue::from_json(text(&answer)),
        Ok(registry.catalogue())
    );
    // It is no scrape.
    let page = registry.render(Format::Text);
    assert!(
        page.contains("vitalsigns_scrapes_total{code=\"200\"} 0\n"),
        "{page}"
    );

    let guarded = Endpoint::builder(&registry)
        .bearer_token("a long secret")
        .build()
        .unwrap();
    assert_eq!(guarded.answer(&get().query("catalogue=json")).status, 401);
}
