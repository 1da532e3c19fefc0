use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use vitalsigns::families::HttpClient;
use vitalsigns::families::http::Method;
use vitalsigns::families::http_client::{ClientError, Outcome};
use vitalsigns::testing::{assert_family, total, value};
use vitalsigns::{LabelValue, Registry};

use super::nonzero;

fn client() -> (Registry, HttpClient) {
    let registry = Registry::new();
    let client = HttpClient::register(&registry).unwrap();
    (registry, client)
}

#[test]
fn a_typical_hour() {
    let (registry, client) = client();
    let (stripe, maps) = (client.peer("stripe"), client.peer("maps"));
    for minute in 0..60 {
        for _payment in 0..5 {
            let mut request = stripe.start(Method::Post);
            if minute % 20 == 0 {
                request.retried();
            }
            request.answered(if minute == 40 { 402 } else { 200 });
        }
        let mut request = maps.start(Method::Get);
        match minute {
            // It is unreachable, then slow, then back, then asked too much.
            10 => {
                request.retried();
                request.retried();
                request.fail(ClientError::Connect);
            }
            11 => request.fail(ClientError::Timeout),
            12 => request.answered(503),
            13 => request.answered(429),
            14 => request.fail(ClientError::Error),
            15 => request.answered(304),
            _ => request.answered(200),
        }
    }
    assert_family(
        &registry,
        "http_client_requests_total",
        "http_client_requests_total{peer=\"maps\",method=\"GET\",outcome=\"success\"} 55\n\
         http_client_requests_total{peer=\"maps\",method=\"GET\",outcome=\"rate_limited\"} 1\n\
         http_client_requests_total{peer=\"maps\",method=\"GET\",outcome=\"server_error\"} 1\n\
         http_client_requests_total{peer=\"maps\",method=\"GET\",outcome=\"connect\"} 1\n\
         http_client_requests_total{peer=\"maps\",method=\"GET\",outcome=\"timeout\"} 1\n\
         http_client_requests_total{peer=\"maps\",method=\"GET\",outcome=\"error\"} 1\n\
         http_client_requests_total{peer=\"stripe\",method=\"POST\",outcome=\"success\"} 295\n\
         http_client_requests_total{peer=\"stripe\",method=\"POST\",outcome=\"client_error\"} 5\n",
    );
    assert_family(
        &registry,
        "http_client_retries_total",
        "http_client_retries_total{peer=\"maps\",method=\"GET\"} 2\n\
         http_client_retries_total{peer=\"stripe\",method=\"POST\"} 15\n",
    );
    assert_family(
        &registry,
        "http_client_requests_in_flight",
        "http_client_requests_in_flight{peer=\"maps\",method=\"GET\"} 0\n\
         http_client_requests_in_flight{peer=\"stripe\",method=\"POST\"} 0\n",
    );
    let labels = [("peer", "stripe"), ("method", "POST")];
    assert_eq!(
        value(&registry, "http_client_request_duration_seconds", &labels),
        Some(300.0)
    );
}

#[test]
fn a_request_that_is_dropped_is_cancelled_and_its_retries_count() {
    let (registry, client) = client();
    let mut request = client.peer("maps").start(Method::Get);
    request.retried();
    // What a future owns goes with it.
    let future = Some(request);
    assert_eq!(
        nonzero(&registry, "http_client_requests_in_flight"),
        ["{peer=\"maps\",method=\"GET\"} 1"]
    );
    drop(future);
    assert_eq!(
        nonzero(&registry, "http_client_requests_total"),
        ["{peer=\"maps\",method=\"GET\",outcome=\"cancelled\"} 1"]
    );
    assert_eq!(total(&registry, "http_client_retries_total"), 1.0);
    assert!(nonzero(&registry, "http_client_requests_in_flight").is_empty());
}

#[test]
fn a_request_that_a_panic_drops_is_panicked() {
    let (registry, client) = client();
    let peer = client.peer("maps");
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _request = peer.start(Method::Delete);
        panic!("the caller panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(
        nonzero(&registry, "http_client_requests_total"),
        ["{peer=\"maps\",method=\"DELETE\",outcome=\"panicked\"} 1"]
    );
    assert!(nonzero(&registry, "http_client_requests_in_flight").is_empty());
}

#[test]
fn every_number_has_an_outcome() {
    let count = |outcome| {
        let is = |status: &u16| Outcome::of_status(*status) == outcome;
        (0..=u16::MAX).filter(is).count()
    };
    let counts: Vec<usize> = (0..7)
        .map(|index| count(Outcome::from_index(index).unwrap()))
        .collect();
    assert_eq!(counts, [300, 1, 99, 100, 0, 0, 65036]);
}

#[test]
fn a_peer_without_a_name_is_unknown() {
    let (registry, client) = client();
    client.peer("").start(Method::Get).answered(200);
    client
        .peer("a\"b\\c\n")
        .start(Method::Other)
        .answered(u16::MAX);
    assert_eq!(
        nonzero(&registry, "http_client_requests_total"),
        [
            "{peer=\"a\\\"b\\\\c\\n\",method=\"_OTHER\",outcome=\"error\"} 1",
            "{peer=\"unknown\",method=\"GET\",outcome=\"success\"} 1",
        ]
    );
}

#[test]
fn peers_beyond_the_cap_share_a_series_and_nothing_is_lost() {
    let (registry, client) = client();
    for number in 0..250 {
        let peer = client.peer(&format!("host-{number}"));
        let mut request = peer.start(Method::Get);
        request.retried();
        request.answered(200);
    }
    for name in [
        "requests_total",
        "retries_total",
        "request_duration_seconds",
    ] {
        assert_eq!(total(&registry, &format!("http_client_{name}")), 250.0);
    }
    let labels = [("peer", "other"), ("method", "GET"), ("outcome", "success")];
    assert_eq!(
        value(&registry, "http_client_requests_total", &labels),
        Some(150.0)
    );
    assert!(nonzero(&registry, "http_client_requests_in_flight").is_empty());
}

proptest! {
    #[test]
    fn attempts_are_outcomes_plus_what_is_in_flight(
        steps in prop::collection::vec((".{0,3}", 0usize..10, 0u8..5, 0u16..700), 0..150)
    ) {
        let (registry, client) = client();
        let mut going = Vec::new();
        for (attempt, (peer, method, step, status)) in steps.into_iter().enumerate() {
            going.push(client.peer(&peer).start(Method::from_index(method).unwrap()));
            match step {
                0 => drop(going.pop()),
                1 => going.swap_remove(0).answered(status),
                2 => going.swap_remove(0).fail(ClientError::Timeout),
                _ => {}
            }
            let ended = total(&registry, "http_client_requests_total");
            let in_flight = total(&registry, "http_client_requests_in_flight");
            prop_assert_eq!(ended + in_flight, (attempt + 1) as f64);
            prop_assert_eq!(total(&registry, "http_client_request_duration_seconds"), ended);
        }
        going.clear();
        prop_assert_eq!(total(&registry, "http_client_requests_in_flight"), 0.0);
    }
}
