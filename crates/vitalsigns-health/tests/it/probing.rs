//! What checks make of their groups.

use std::time::Duration;

use tests::poll;
use vitalsigns::{Endpoint, Registry};
use vitalsigns_health::{Check, Group, Health, HealthError, Outcome, State};

use crate::support::{DEADLINE, Dial, ask, quick, wait_for, wait_until_ready};

/// Ready, startup, full, live: state and status.
fn statuses(health: &Health) -> [(State, bool); 4] {
    let order = [Group::Ready, Group::Startup, Group::Full, Group::Live];
    order.map(|group| {
        let status = health.probes().group(group);
        (status.state, status.is_passing)
    })
}

#[test]
fn what_a_check_is_worth_decides_what_it_does_to_its_groups() {
    use State::{Degraded, Down, Unknown, Up};
    type Weigh = fn(Check) -> Check;
    type Statuses = [(State, bool); 4];
    let weights: [(Weigh, [Statuses; 4]); 3] = [
        (
            Check::critical,
            [
                [(Up, true); 4],
                [
                    (Degraded, true),
                    (Up, true),
                    (Degraded, true),
                    (Degraded, true),
                ],
                [
                    (Unknown, false),
                    (Up, true),
                    (Unknown, false),
                    (Unknown, true),
                ],
                [(Down, false), (Up, true), (Down, false), (Down, false)],
            ],
        ),
        (
            |check| check,
            [
                [(Up, true); 4],
                [
                    (Degraded, true),
                    (Up, true),
                    (Degraded, true),
                    (Degraded, true),
                ],
                [
                    (Degraded, true),
                    (Up, true),
                    (Degraded, true),
                    (Degraded, true),
                ],
                [
                    (Degraded, true),
                    (Up, true),
                    (Degraded, true),
                    (Degraded, true),
                ],
            ],
        ),
        (Check::informational, [[(Up, true); 4]; 4]),
    ];
    for (weigh, expected) in weights {
        let dial = Dial::default();
        let check = weigh(dial.check("dial").in_process().groups(Group::ALL));
        let health = Health::builder(&Registry::new())
            .check(check)
            .build()
            .unwrap();
        // The start is over once it was; later it stays so.
        wait_for(&health.probes(), "dial", Up);
        assert_eq!(statuses(&health), expected[0]);
        for (state, expected) in [Up, Degraded, Unknown, Down].into_iter().zip(expected) {
            dial.set(state);
            wait_for(&health.probes(), "dial", state);
            assert_eq!(statuses(&health), expected, "{state}");
        }
    }
}

#[test]
fn before_the_first_result_a_critical_check_is_not_ready() {
    let never = Check::new("never", std::future::pending::<()>).critical();
    let check = never
        .groups([Group::Ready, Group::Startup, Group::Full])
        .timeout(Duration::from_secs(10));
    let health = Health::builder(&Registry::new())
        .check(check)
        .build()
        .unwrap();
    let unknown = (State::Unknown, false);
    assert_eq!(
        statuses(&health),
        [unknown, unknown, unknown, (State::Up, true)]
    );
    let (status, body) = ask(&health.probes(), Group::Ready, &[]);
    assert_eq!((status, &body["status"]), (503, &"fail".into()));
}

#[test]
fn not_implemented_and_nothing_configured_are_never_up() {
    let health = Health::builder(&Registry::new())
        .check(quick(Check::not_implemented("vectors").critical()))
        .check(quick(Check::blocking("models", Outcome::not_configured)))
        .build()
        .unwrap();
    let probes = health.probes();
    wait_for(&probes, "models", State::Down);
    let vectors = poll::until(DEADLINE, "a result", || {
        probes.check("vectors").filter(|check| check.age.is_some())
    });
    assert_eq!(vectors.state, State::Unknown);
    assert_eq!(vectors.cause.unwrap().to_string(), "not_implemented");
    assert!(!probes.group(Group::Ready).is_passing);
}

#[test]
fn readiness_waits_for_the_self_test_of_the_page() {
    let registry = Registry::new();
    let health = Health::builder(&registry).build().unwrap();
    let (probes, endpoint) = (health.probes(), Endpoint::new(&registry));
    assert!(probes.group(Group::Ready).is_passing);
    probes.expect_self_test(&endpoint);
    assert_eq!(probes.group(Group::Ready).state, State::Unknown);
    assert!(!probes.group(Group::Startup).is_passing);
    let placeholder = endpoint.judge(200, Some("text/html"), b"todo");
    probes.self_tested(&placeholder);
    assert_eq!(probes.group(Group::Ready).state, State::Down);
    probes.self_tested(&endpoint.check());
    wait_until_ready(&probes);
    assert!(probes.group(Group::Startup).is_passing);
}

#[test]
fn a_program_that_ends_is_not_ready_and_is_not_killed() {
    let health = Health::builder(&Registry::new())
        .check(Dial::default().check("dial").critical())
        .build()
        .unwrap();
    let probes = health.probes();
    wait_until_ready(&probes);
    health.drain();
    let (status, body) = ask(&probes, Group::Ready, &[]);
    assert_eq!((status, &body["output"]), (503, &"draining".into()));
    // The checks go on.
    assert_eq!(body["checks"]["dial"][0]["state"], "up");
    assert!(probes.group(Group::Live).is_passing);
    drop(health);
    assert_eq!(ask(&probes, Group::Full, &[]).0, 503);
    assert_eq!(ask(&probes, Group::Live, &[]).0, 200);
}

#[test]
fn times_that_nobody_lives_to_see_do_no_harm() {
    let check = Check::new("rare", || async {})
        .interval(Duration::MAX)
        .timeout(Duration::MAX)
        .grace(Duration::MAX)
        .stale_after(Duration::MAX);
    let blocking = Check::blocking("blocking", || {}).interval(Duration::MAX);
    let health = Health::builder(&Registry::new())
        .checks([check, blocking])
        .build()
        .unwrap();
    wait_for(&health.probes(), "rare", State::Up);
    wait_for(&health.probes(), "blocking", State::Up);
}

#[test]
fn what_checks_cannot_be_is_an_error() {
    let build = |checks: Vec<Check>| Health::builder(&Registry::new()).checks(checks).build();
    let check = |name: &str| Check::blocking(name, || {});
    let error = |checks| build(checks).unwrap_err().to_string();
    assert_eq!(
        error(vec![check("a"), check("a")]),
        "there are two checks called `a`"
    );
    for name in ["", "a b", "postgres://app:secret@db/shop", Probes::NAME] {
        assert!(build(vec![check(name)]).is_err(), "{name}");
    }
    let many = (0..64).map(|index| check(&format!("c{index}")));
    assert!(matches!(
        build(many.collect()),
        Err(HealthError::TooMany { checks: 64, .. })
    ));
    let slow = check("slow").interval(Duration::from_secs(1));
    assert!(matches!(
        build(vec![slow]),
        Err(HealthError::Timeout { .. })
    ));
    let live = check("live").groups([Group::Live]);
    assert!(matches!(
        build(vec![live]),
        Err(HealthError::LiveTouchesOutside { .. })
    ));
}

struct Probes;

impl Probes {
    const NAME: &str = vitalsigns_health::Probes::METRICS_ENDPOINT;
}
