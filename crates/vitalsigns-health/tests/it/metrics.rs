//! What the page says.

use tests::{judges, poll};
use vitalsigns::{Format, Registry};
use vitalsigns_health::{Health, State};

use crate::support::{DEADLINE, Dial, wait_for};

#[test]
fn a_check_is_on_the_page_whatever_becomes_of_it() {
    let registry = Registry::new();
    let dial = Dial::default();
    let health = Health::builder(&registry)
        .check(dial.check("dial").critical())
        .build()
        .unwrap();
    let probes = health.probes();
    for state in [State::Up, State::Down, State::Up] {
        dial.set(state);
        wait_for(&probes, "dial", state);
    }
    dial.set(State::Down);
    wait_for(&probes, "dial", State::Down);
    health.drain();
    let page = registry.render(Format::OpenMetrics);
    judges::strict_openmetrics(&page).unwrap();
    for line in [
        r#"health_check_state{check="dial",health_check_state="down"} 1"#,
        r#"health_check_state{check="dial",health_check_state="up"} 0"#,
        r#"health_group_state{group="live",health_group_state="up"} 1"#,
        r#"health_group_state{group="ready",health_group_state="down"} 1"#,
        r#"health_check_transitions_total{check="dial",from="unknown",to="up"} 1"#,
        r#"health_check_transitions_total{check="dial",from="up",to="down"} 2"#,
        r#"health_check_transitions_total{check="dial",from="down",to="up"} 1"#,
        r#"health_check_runs_total{check="dial",outcome="panicked"} 0"#,
    ] {
        assert!(page.contains(line), "{line} in\n{page}");
    }
    let last = "health_check_last_success_timestamp_seconds{check=\"dial\"} 0";
    assert!(!page.lines().any(|line| line == last), "{page}");
}

#[test]
fn a_state_that_grew_old_is_old_on_the_page() {
    let registry = Registry::new();
    let check = Dial::default().check("rare").critical();
    let check = check
        .interval(std::time::Duration::from_secs(3600))
        .stale_after(std::time::Duration::from_millis(50));
    let health = Health::builder(&registry).check(check).build().unwrap();
    // Nobody asks a probe: the page sees it by itself.
    poll::until(DEADLINE, "the first result", || {
        let page = registry.render(Format::Text);
        page.contains(r#"check_runs_total{check="rare",outcome="up"} 1"#)
            .then_some(())
    });
    poll::until(DEADLINE, "the age", || {
        let page = registry.render(Format::Text);
        let unknown = r#"health_check_state{check="rare",health_check_state="unknown"} 1"#;
        let group = r#"health_group_state{group="ready",health_group_state="unknown"} 1"#;
        (page.contains(unknown) && page.contains(group)).then_some(())
    });
    drop(health);
}
