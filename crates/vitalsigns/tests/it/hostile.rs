//! A million different values against the open labels: the page stays small, the sum stays whole.

use std::fmt::Write;

use vitalsigns::families::{HttpClient, HttpServer, WebhookSender};
use vitalsigns::{Counter, Family, Format, LabelSet, MetricGroup, Registry, testing};

const HOSTILE: u32 = 1_000_000;

#[derive(LabelSet)]
struct Two<'a> {
    #[label(cap = 100)]
    first: &'a str,
    #[label(cap = 100)]
    second: &'a str,
}

#[derive(MetricGroup)]
struct Own {
    /// Things.
    things_total: Family<Two<'static>, Counter>,
}

fn overflow(registry: &Registry, metric: &str) -> f64 {
    let labels = [("metric", metric)];
    testing::value(registry, "vitalsigns_series_overflow_total", &labels).unwrap()
}

fn series(registry: &Registry, name: &str) -> usize {
    let counts = registry.cardinality();
    counts
        .iter()
        .find(|count| count.name == name)
        .unwrap()
        .series
}

#[test]
fn a_family_of_ones_own() {
    let registry = Registry::new();
    let own = Own::register(&registry).unwrap();
    let (mut first, mut second) = (String::new(), String::new());
    for number in 0..HOSTILE {
        first.clear();
        second.clear();
        write!(first, "first {number}").unwrap();
        write!(second, "second {}", number.wrapping_mul(2_654_435_761)).unwrap();
        own.things_total
            .with(&Two {
                first: &first,
                second: &second,
            })
            .inc();
    }
    assert_eq!(
        testing::total(&registry, "things_total"),
        f64::from(HOSTILE)
    );
    assert_eq!(series(&registry, "things_total"), 101);
    assert_eq!(
        overflow(&registry, "things_total"),
        f64::from(HOSTILE - 100)
    );
    assert!(registry.render(Format::Text).len() < 20_000);
}

#[test]
fn routes_that_are_paths() {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    // From four sides at once.
    std::thread::scope(|scope| {
        for side in 0..4 {
            let http = &http;
            scope.spawn(move || {
                let mut route = String::new();
                for number in (side..HOSTILE).step_by(4) {
                    route.clear();
                    write!(route, "/users/{number}").unwrap();
                    let mut request = http.start("GET", Some(&route));
                    request.answered(200);
                    request.complete();
                }
            });
        }
    });
    let requests = f64::from(HOSTILE);
    assert_eq!(testing::total(&registry, "http_requests_total"), requests);
    assert_eq!(
        testing::total(&registry, "http_request_duration_seconds"),
        requests
    );
    assert_eq!(testing::total(&registry, "http_requests_in_flight"), 0.0);
    assert_eq!(series(&registry, "http_requests_total"), 1_001);
    assert_eq!(
        overflow(&registry, "http_requests_total"),
        requests - 1_000.0
    );
    assert!(registry.render(Format::Text).len() < 2_000_000);
}

#[test]
fn peers_that_are_made_up() {
    let registry = Registry::new();
    let client = HttpClient::register(&registry).unwrap();
    let mut peer = String::new();
    for number in 0..HOSTILE {
        peer.clear();
        write!(peer, "host-{number}.example").unwrap();
        drop(
            client
                .peer(&peer)
                .start(vitalsigns::families::http::Method::Get),
        );
    }
    let requests = f64::from(HOSTILE);
    assert_eq!(
        testing::total(&registry, "http_client_requests_total"),
        requests
    );
    assert_eq!(
        testing::total(&registry, "http_client_requests_in_flight"),
        0.0
    );
    assert!(series(&registry, "http_client_requests_total") <= 101 * 9);
    assert!(overflow(&registry, "http_client_requests_total") >= requests - 100.0);
    assert!(registry.render(Format::Text).len() < 1_000_000);
}

#[test]
fn sinks_that_are_made_up() {
    let registry = Registry::new();
    let sender = WebhookSender::register(&registry).unwrap();
    let mut sink = String::new();
    for number in 0..HOSTILE {
        sink.clear();
        write!(sink, "sink {number}").unwrap();
        let mut delivery = sender.deliver(&sink);
        drop(delivery.attempt());
        drop(delivery);
    }
    let deliveries = f64::from(HOSTILE);
    assert_eq!(
        testing::total(&registry, "webhook_deliveries_total"),
        deliveries
    );
    assert_eq!(
        testing::total(&registry, "webhook_delivery_attempts_total"),
        deliveries
    );
    assert_eq!(testing::total(&registry, "webhook_deliveries_pending"), 0.0);
    assert!(series(&registry, "webhook_deliveries_total") <= 101 * 6);
    assert!(overflow(&registry, "webhook_deliveries_total") >= deliveries - 100.0);
    assert!(registry.render(Format::Text).len() < 1_000_000);
}
