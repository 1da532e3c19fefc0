//! Users: who came, who got in, who is there.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use vitalsigns::families::Users;
use vitalsigns::families::users::{ApiCall, Login, Method, Registration, Session, Window};
use vitalsigns::{LabelValue, Registry, testing};

use super::nonzero;

#[derive(LabelValue, Clone, Copy)]
enum Plan {
    Free,
    Team,
}

fn new() -> (Registry, Users<Plan>) {
    let registry = Registry::new();
    let users = Users::register(&registry).unwrap();
    (registry, users)
}

#[test]
fn a_typical_hour() {
    let (registry, users) = new();
    for outcome in [
        Registration::Success,
        Registration::Success,
        Registration::Invalid,
        Registration::Duplicate,
    ] {
        users.registered(Method::Password, outcome);
    }
    users.registered(Method::Social, Registration::Success);
    for _ in 0..20 {
        users.logged_in(Method::Password, Login::Success);
    }
    for _ in 0..3 {
        users.logged_in(Method::Password, Login::BadCredentials);
    }
    users.logged_in(Method::Password, Login::MfaFailed);
    users.logged_in(Method::Password, Login::Locked);
    users.logged_in(Method::Sso, Login::Failed);
    for (window, count) in [(Window::Hour, 23), (Window::Day, 140), (Window::Day, 141)] {
        users.active(window, count);
    }
    for _ in 0..7 {
        users.api_called(Plan::Free, ApiCall::Served);
    }
    users.api_called(Plan::Free, ApiCall::QuotaExceeded);
    users.api_called(Plan::Team, ApiCall::Served);
    let _open = users.session(Plan::Team);
    users.session(Plan::Team).logged_out();
    users.session(Plan::Free).expired();

    assert_eq!(
        nonzero(&registry, "user_registrations_total"),
        [
            "{method=\"password\",outcome=\"success\"} 2",
            "{method=\"password\",outcome=\"invalid\"} 1",
            "{method=\"password\",outcome=\"duplicate\"} 1",
            "{method=\"social\",outcome=\"success\"} 1",
        ]
    );
    assert_eq!(
        nonzero(&registry, "user_logins_total"),
        [
            "{method=\"password\",outcome=\"success\"} 20",
            "{method=\"password\",outcome=\"bad_credentials\"} 3",
            "{method=\"password\",outcome=\"mfa_failed\"} 1",
            "{method=\"password\",outcome=\"locked\"} 1",
            "{method=\"sso\",outcome=\"failed\"} 1",
        ]
    );
    testing::assert_family(
        &registry,
        "active_users",
        "active_users{window=\"5m\"} 0\n\
         active_users{window=\"1h\"} 23\n\
         active_users{window=\"24h\"} 141\n\
         active_users{window=\"7d\"} 0\n\
         active_users{window=\"30d\"} 0\n",
    );
    testing::assert_family(
        &registry,
        "user_sessions_in_progress",
        "user_sessions_in_progress{plan=\"free\"} 0\n\
         user_sessions_in_progress{plan=\"team\"} 1\n",
    );
    testing::assert_family(
        &registry,
        "user_sessions_total",
        "user_sessions_total{plan=\"free\",outcome=\"logged_out\"} 0\n\
         user_sessions_total{plan=\"free\",outcome=\"expired\"} 1\n\
         user_sessions_total{plan=\"free\",outcome=\"cancelled\"} 0\n\
         user_sessions_total{plan=\"free\",outcome=\"panicked\"} 0\n\
         user_sessions_total{plan=\"team\",outcome=\"logged_out\"} 1\n\
         user_sessions_total{plan=\"team\",outcome=\"expired\"} 0\n\
         user_sessions_total{plan=\"team\",outcome=\"cancelled\"} 0\n\
         user_sessions_total{plan=\"team\",outcome=\"panicked\"} 0\n",
    );
    testing::assert_family(
        &registry,
        "api_calls_total",
        "api_calls_total{plan=\"free\",outcome=\"served\"} 7\n\
         api_calls_total{plan=\"free\",outcome=\"quota_exceeded\"} 1\n\
         api_calls_total{plan=\"free\",outcome=\"not_in_plan\"} 0\n\
         api_calls_total{plan=\"free\",outcome=\"failed\"} 0\n\
         api_calls_total{plan=\"team\",outcome=\"served\"} 1\n\
         api_calls_total{plan=\"team\",outcome=\"quota_exceeded\"} 0\n\
         api_calls_total{plan=\"team\",outcome=\"not_in_plan\"} 0\n\
         api_calls_total{plan=\"team\",outcome=\"failed\"} 0\n",
    );
}

#[test]
fn a_count_that_was_never_made_says_so() {
    let (registry, users) = new();
    users.active(Window::Hour, 0);
    let counted_at = |window| {
        let labels = [("window", window)];
        testing::value(&registry, "active_users_timestamp_seconds", &labels).unwrap()
    };
    assert!(counted_at("1h") > 1.7e9);
    assert_eq!(counted_at("24h"), 0.0);
}

#[test]
fn more_users_than_a_gauge_holds_are_as_many_as_it_holds() {
    let (registry, users) = new();
    users.active(Window::Month, u64::MAX);
    assert_eq!(
        nonzero(&registry, "active_users"),
        ["{window=\"30d\"} 9223372036854775807"]
    );
}

#[test]
fn a_session_that_is_dropped_is_cancelled_or_panicked() {
    struct Connection {
        _session: Session<Plan>,
    }
    let (registry, users) = new();
    let connect = || Connection {
        _session: users.session(Plan::Free),
    };
    let connection = connect();
    assert_eq!(testing::total(&registry, "user_sessions_in_progress"), 1.0);
    drop(connection);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _connection = connect();
        panic!("the work panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(testing::total(&registry, "user_sessions_in_progress"), 0.0);
    assert_eq!(
        nonzero(&registry, "user_sessions_total"),
        [
            "{plan=\"free\",outcome=\"cancelled\"} 1",
            "{plan=\"free\",outcome=\"panicked\"} 1",
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn all_that_happened_is_counted(
        events in prop::collection::vec((0..7u8, 0..8usize, any::<bool>()), 1..120),
    ) {
        let (registry, users) = new();
        let (mut registrations, mut logins, mut calls) = (0, 0, 0);
        let (mut sessions, mut open) = (0, Vec::new());
        for (event, index, is_team) in events {
            let plan = if is_team { Plan::Team } else { Plan::Free };
            let method = Method::from_index(index).unwrap();
            match event {
                0 => {
                    users.registered(method, Registration::from_index(index % 5).unwrap());
                    registrations += 1;
                }
                1 => {
                    users.logged_in(method, Login::from_index(index % 7).unwrap());
                    logins += 1;
                }
                2 => {
                    users.api_called(plan, ApiCall::from_index(index % 4).unwrap());
                    calls += 1;
                }
                3 | 4 => {
                    open.push(users.session(plan));
                    sessions += 1;
                }
                5 => drop(open.pop()),
                _ => match open.pop() {
                    Some(session) if is_team => session.expired(),
                    Some(session) => session.logged_out(),
                    None => {}
                },
            }
            let total = |name| testing::total(&registry, name);
            prop_assert_eq!(total("user_registrations_total"), f64::from(registrations));
            prop_assert_eq!(total("user_logins_total"), f64::from(logins));
            prop_assert_eq!(total("api_calls_total"), f64::from(calls));
            prop_assert_eq!(total("user_sessions_in_progress"), open.len() as f64);
            prop_assert_eq!(
                total("user_sessions_total") + open.len() as f64,
                f64::from(sessions)
            );
        }
    }
}
