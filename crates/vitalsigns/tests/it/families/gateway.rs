use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use vitalsigns::families::Gateway;
use vitalsigns::families::gateway::{
    AuthMethod, Circuit, Decision, ForwardError, Limiter, Refusal, Unforwarded,
};
use vitalsigns::testing::{assert_family, is_on, total, value};
use vitalsigns::{LabelValue, Registry};

use super::nonzero;

#[derive(LabelValue, Clone, Copy)]
enum Upstream {
    Auth,
    Payments,
}

fn gateway() -> (Registry, Gateway<Upstream>) {
    let registry = Registry::new();
    let gateway = Gateway::register(&registry).unwrap();
    (registry, gateway)
}

#[test]
fn a_typical_hour() {
    let (registry, gateway) = gateway();
    for minute in 0..60 {
        for request in 0..20 {
            let attempt = gateway.authenticate(AuthMethod::Token);
            match request {
                0 => {
                    attempt.refuse(Refusal::Expired);
                    continue;
                }
                1 if minute % 10 == 0 => {
                    attempt.fail();
                    continue;
                }
                _ => attempt.succeed(),
            }
            if request == 19 && minute % 2 == 0 {
                gateway.rate_limit(Limiter::Client, Decision::Limited);
                continue;
            }
            gateway.rate_limit(Limiter::Client, Decision::Allowed);
            // The payments are down for the ten minutes in the middle of the hour.
            match (request % 2 == 0, minute) {
                (true, _) => gateway.forward(Upstream::Auth).answered(200),
                (false, 30) => {
                    gateway
                        .forward(Upstream::Payments)
                        .fail(ForwardError::Connect);
                    gateway.circuit(Upstream::Payments, Circuit::Open);
                }
                (false, 31..40) => gateway.unforwarded(Unforwarded::CircuitOpen),
                (false, _) => {
                    gateway.forward(Upstream::Payments).answered(201);
                    gateway.circuit(Upstream::Payments, Circuit::Closed);
                }
            }
        }
    }
    assert_eq!(
        nonzero(&registry, "gateway_authentications_total"),
        [
            "{method=\"token\",outcome=\"success\"} 1134",
            "{method=\"token\",outcome=\"expired\"} 60",
            "{method=\"token\",outcome=\"error\"} 6",
        ]
    );
    assert_family(
        &registry,
        "gateway_rate_limit_decisions_total",
        "gateway_rate_limit_decisions_total{limiter=\"global\",decision=\"allowed\"} 0\n\
         gateway_rate_limit_decisions_total{limiter=\"global\",decision=\"limited\"} 0\n\
         gateway_rate_limit_decisions_total{limiter=\"client\",decision=\"allowed\"} 1104\n\
         gateway_rate_limit_decisions_total{limiter=\"client\",decision=\"limited\"} 30\n\
         gateway_rate_limit_decisions_total{limiter=\"route\",decision=\"allowed\"} 0\n\
         gateway_rate_limit_decisions_total{limiter=\"route\",decision=\"limited\"} 0\n",
    );
    // Every request that was let through went to an upstream, or did not because of the breaker.
    assert_eq!(
        nonzero(&registry, "gateway_upstream_requests_total"),
        [
            "{upstream=\"auth\",outcome=\"success\"} 540",
            "{upstream=\"payments\",outcome=\"success\"} 470",
            "{upstream=\"payments\",outcome=\"connect\"} 8",
        ]
    );
    assert_family(
        &registry,
        "gateway_unforwarded_requests_total",
        "gateway_unforwarded_requests_total{reason=\"no_route\"} 0\n\
         gateway_unforwarded_requests_total{reason=\"no_upstream\"} 0\n\
         gateway_unforwarded_requests_total{reason=\"circuit_open\"} 86\n",
    );
    assert_family(
        &registry,
        "gateway_upstream_requests_in_flight",
        "gateway_upstream_requests_in_flight{upstream=\"auth\"} 0\n\
         gateway_upstream_requests_in_flight{upstream=\"payments\"} 0\n",
    );
    assert_family(
        &registry,
        "gateway_circuit_state",
        "gateway_circuit_state{upstream=\"auth\",gateway_circuit_state=\"closed\"} 0\n\
         gateway_circuit_state{upstream=\"auth\",gateway_circuit_state=\"open\"} 0\n\
         gateway_circuit_state{upstream=\"auth\",gateway_circuit_state=\"half_open\"} 0\n\
         gateway_circuit_state{upstream=\"payments\",gateway_circuit_state=\"closed\"} 1\n\
         gateway_circuit_state{upstream=\"payments\",gateway_circuit_state=\"open\"} 0\n\
         gateway_circuit_state{upstream=\"payments\",gateway_circuit_state=\"half_open\"} 0\n",
    );
    assert_eq!(
        total(&registry, "gateway_upstream_request_duration_seconds"),
        1018.0
    );
}

#[test]
fn a_circuit_is_in_one_state_at_a_time() {
    let (registry, gateway) = gateway();
    for state in [
        Circuit::Open,
        Circuit::HalfOpen,
        Circuit::Closed,
        Circuit::Closed,
    ] {
        gateway.circuit(Upstream::Auth, state);
        for known in Circuit::VALUES {
            assert_eq!(
                is_on(
                    &registry,
                    "gateway_circuit_state",
                    &[("upstream", "auth")],
                    known
                ),
                Some(*known == state.as_label())
            );
        }
    }
}

#[test]
fn what_is_dropped_is_cancelled() {
    let (registry, gateway) = gateway();
    // What a future owns goes with it.
    let future = (
        gateway.authenticate(AuthMethod::Password),
        gateway.forward(Upstream::Auth),
    );
    assert_eq!(
        nonzero(&registry, "gateway_upstream_requests_in_flight"),
        ["{upstream=\"auth\"} 1"]
    );
    drop(Some(future));
    assert_eq!(
        nonzero(&registry, "gateway_authentications_total"),
        ["{method=\"password\",outcome=\"cancelled\"} 1"]
    );
    assert_eq!(
        nonzero(&registry, "gateway_upstream_requests_total"),
        ["{upstream=\"auth\",outcome=\"cancelled\"} 1"]
    );
    assert!(nonzero(&registry, "gateway_upstream_requests_in_flight").is_empty());
}

#[test]
fn what_a_panic_drops_is_panicked() {
    let (registry, gateway) = gateway();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _attempt = gateway.authenticate(AuthMethod::Certificate);
        let _forward = gateway.forward(Upstream::Payments);
        panic!("the gateway panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(
        nonzero(&registry, "gateway_authentications_total"),
        ["{method=\"certificate\",outcome=\"panicked\"} 1"]
    );
    assert_eq!(
        nonzero(&registry, "gateway_upstream_requests_total"),
        ["{upstream=\"payments\",outcome=\"panicked\"} 1"]
    );
    assert!(nonzero(&registry, "gateway_upstream_requests_in_flight").is_empty());
}

#[test]
fn every_number_that_is_no_status_is_an_error() {
    let (registry, gateway) = gateway();
    for status in 0..=u16::MAX {
        gateway.forward(Upstream::Auth).answered(status);
    }
    assert_eq!(
        nonzero(&registry, "gateway_upstream_requests_total"),
        [
            "{upstream=\"auth\",outcome=\"success\"} 300",
            "{upstream=\"auth\",outcome=\"client_error\"} 100",
            "{upstream=\"auth\",outcome=\"server_error\"} 100",
            "{upstream=\"auth\",outcome=\"error\"} 65036",
        ]
    );
}

proptest! {
    #[test]
    fn attempts_are_outcomes_plus_what_is_in_flight(
        steps in prop::collection::vec((any::<bool>(), 0u8..5, 0u16..700), 0..60)
    ) {
        let (registry, gateway) = gateway();
        let mut going = Vec::new();
        for (attempt, (is_auth, step, status)) in steps.into_iter().enumerate() {
            let upstream = if is_auth { Upstream::Auth } else { Upstream::Payments };
            going.push(gateway.forward(upstream));
            match step {
                0 => drop(going.pop()),
                1 => going.swap_remove(0).answered(status),
                2 => going.swap_remove(0).fail(ForwardError::Timeout),
                _ => {}
            }
            let ended = total(&registry, "gateway_upstream_requests_total");
            let in_flight = total(&registry, "gateway_upstream_requests_in_flight");
            prop_assert_eq!(ended + in_flight, (attempt + 1) as f64);
            prop_assert_eq!(total(&registry, "gateway_upstream_request_duration_seconds"), ended);
        }
        going.clear();
        let labels = [("upstream", "auth")];
        prop_assert_eq!(value(&registry, "gateway_upstream_requests_in_flight", &labels), Some(0.0));
    }
}
