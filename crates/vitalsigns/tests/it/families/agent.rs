//! Agents: the mode that they are in, what they find, what they decide.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use vitalsigns::families::agent::Grade;
use vitalsigns::families::{AgentDecisions, AgentFindings, AgentModes};
use vitalsigns::{LabelValue, Registry, testing};

use super::counts::counts;
use super::nonzero;

#[derive(LabelValue, Clone, Copy, Debug, PartialEq)]
enum Mode {
    Baseline,
    Reflex,
    Companion,
}

const MODES: [Mode; 3] = [Mode::Baseline, Mode::Reflex, Mode::Companion];

#[derive(LabelValue, Clone, Copy)]
enum Trigger {
    HeartRate,
    Message,
    Timer,
}

fn modes() -> (Registry, AgentModes<Mode, Trigger>) {
    let registry = Registry::new();
    let modes = AgentModes::register(&registry).unwrap();
    (registry, modes)
}

#[test]
fn a_typical_hour() {
    let registry = Registry::builder().namespace("auren").build().unwrap();
    let modes = AgentModes::<Mode, Trigger>::register(&registry).unwrap();
    let findings = AgentFindings::<bool, Mode, Trigger>::register(&registry).unwrap();
    let decisions = AgentDecisions::<Mode>::register(&registry).unwrap();
    let agent = modes.start(Mode::Baseline);
    for minute in 0..60 {
        match minute % 20 {
            5 => assert!(agent.switch(Mode::Reflex, Trigger::HeartRate)),
            7 => assert!(agent.switch(Mode::Companion, Trigger::Message)),
            8 => assert!(!agent.switch(Mode::Companion, Trigger::Message)),
            15 => assert!(agent.switch(Mode::Baseline, Trigger::Timer)),
            _ => findings.hypothesis(minute % 2 == 0, f64::from(minute) / 60.0),
        }
    }
    findings.pattern(Mode::Reflex, Grade::High);
    findings.anomaly(Trigger::HeartRate);
    findings.anomaly(Trigger::HeartRate);
    decisions.decide(Mode::Companion).applied();
    decisions.decide(Mode::Companion).declined();
    decisions.decide(Mode::Reflex).failed();

    testing::assert_family(
        &registry,
        "auren_agent_mode",
        "auren_agent_mode{auren_agent_mode=\"baseline\"} 1\n\
         auren_agent_mode{auren_agent_mode=\"reflex\"} 0\n\
         auren_agent_mode{auren_agent_mode=\"companion\"} 0\n",
    );
    testing::assert_family(
        &registry,
        "auren_agent_running",
        "auren_agent_running{mode=\"baseline\"} 1\n\
         auren_agent_running{mode=\"reflex\"} 0\n\
         auren_agent_running{mode=\"companion\"} 0\n",
    );
    assert_eq!(
        nonzero(&registry, "auren_agent_mode_switches_total"),
        [
            r#"{from="baseline",to="reflex",trigger="heart_rate"} 3"#,
            r#"{from="reflex",to="companion",trigger="message"} 3"#,
            r#"{from="companion",to="baseline",trigger="timer"} 3"#,
        ]
    );
    agent.stop();
    assert_eq!(
        nonzero(&registry, "auren_agent_runs_total"),
        [r#"{mode="baseline",outcome="stopped"} 1"#]
    );
    assert_eq!(
        counts(&registry, "auren_agent_mode_duration_seconds"),
        [
            "{mode=\"baseline\"} 4",
            "{mode=\"reflex\"} 3",
            "{mode=\"companion\"} 3",
        ]
    );
    testing::assert_family(
        &registry,
        "auren_agent_hypotheses_total",
        "auren_agent_hypotheses_total{category=\"false\",confidence=\"low\"} 10\n\
         auren_agent_hypotheses_total{category=\"false\",confidence=\"medium\"} 6\n\
         auren_agent_hypotheses_total{category=\"false\",confidence=\"high\"} 5\n\
         auren_agent_hypotheses_total{category=\"false\",confidence=\"invalid\"} 0\n\
         auren_agent_hypotheses_total{category=\"true\",confidence=\"low\"} 13\n\
         auren_agent_hypotheses_total{category=\"true\",confidence=\"medium\"} 9\n\
         auren_agent_hypotheses_total{category=\"true\",confidence=\"high\"} 5\n\
         auren_agent_hypotheses_total{category=\"true\",confidence=\"invalid\"} 0\n",
    );
    for (name, expected) in [
        (
            "auren_agent_patterns_total",
            vec![r#"{pattern_type="reflex",significance="high"} 1"#],
        ),
        (
            "auren_agent_anomalies_total",
            vec![r#"{anomaly_type="heart_rate"} 2"#],
        ),
        (
            "auren_agent_decisions_total",
            vec![
                r#"{decision="reflex",outcome="failed"} 1"#,
                r#"{decision="companion",outcome="applied"} 1"#,
                r#"{decision="companion",outcome="declined"} 1"#,
            ],
        ),
        ("auren_agent_decisions_in_progress", vec![]),
        ("auren_agent_running", vec![]),
    ] {
        assert_eq!(nonzero(&registry, name), expected, "{name}");
    }
    assert_eq!(testing::total(&registry, "auren_agent_mode"), 0.0);
}

#[test]
fn the_time_in_a_mode_is_that_of_the_agent_that_entered_it_first() {
    let (registry, modes) = modes();
    let since = |mode| {
        let labels = [("mode", mode)];
        let name = "agent_mode_oldest_entry_timestamp_seconds";
        testing::value(&registry, name, &labels).unwrap()
    };
    assert!(since("baseline").is_nan());
    let first = modes.start(Mode::Baseline);
    let entered = since("baseline");
    std::thread::sleep(Duration::from_millis(2));
    // Registered again, it is the same line.
    let again = AgentModes::<Mode, Trigger>::register(&registry).unwrap();
    let second = again.start(Mode::Baseline);
    assert_eq!(since("baseline"), entered);
    first.switch(Mode::Reflex, Trigger::Message);
    assert!(since("baseline") > entered);
    assert!(since("reflex") >= since("baseline"));
    for mode in ["baseline", "reflex"] {
        assert_eq!(
            testing::is_on(&registry, "agent_mode", &[], mode),
            Some(true)
        );
    }
    second.stop();
    assert_eq!(
        testing::is_on(&registry, "agent_mode", &[], "baseline"),
        Some(false)
    );
    assert!(since("baseline").is_nan());
    first.fail();
    assert!(since("reflex").is_nan());
    assert_eq!(testing::total(&registry, "agent_mode"), 0.0);
}

#[test]
fn switches_of_many_threads_lose_nothing_and_count_nothing_twice() {
    let (registry, modes) = modes();
    let shared = modes.start(Mode::Baseline);
    let switches = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (shared, modes, switches) = (&shared, &modes, &switches);
            scope.spawn(move || {
                let own = modes.start(Mode::Companion);
                for step in 0..500 {
                    let to = MODES[(step * 7 + thread) % 3];
                    for agent in [shared, &own] {
                        if agent.switch(to, Trigger::Timer) {
                            switches.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
                own.stop();
            });
        }
    });
    let switches = switches.into_inner() as f64;
    let total = |name| testing::total(&registry, name);
    assert_eq!(total("agent_mode_switches_total"), switches);
    // A time in a mode ends by a switch, or with the run.
    assert_eq!(total("agent_mode_duration_seconds"), switches + 4.0);
    assert_eq!((total("agent_running"), total("agent_mode")), (1.0, 1.0));
    shared.stop();
    assert_eq!((total("agent_running"), total("agent_mode")), (0.0, 0.0));
    assert_eq!(total("agent_mode_duration_seconds"), switches + 5.0);
}

#[test]
fn what_is_dropped_is_cancelled_and_what_panics_is_panicked() {
    let (registry, modes) = modes();
    let decisions = AgentDecisions::<bool>::register(&registry).unwrap();
    let owner = vec![(modes.start(Mode::Reflex), decisions.decide(true))];
    drop(owner);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let agent = modes.start(Mode::Baseline);
        let _decision = decisions.decide(false);
        agent.switch(Mode::Companion, Trigger::Message);
        panic!("the agent panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(
        nonzero(&registry, "agent_runs_total"),
        [
            r#"{mode="reflex",outcome="cancelled"} 1"#,
            r#"{mode="companion",outcome="panicked"} 1"#,
        ]
    );
    assert_eq!(
        nonzero(&registry, "agent_decisions_total"),
        [
            r#"{decision="false",outcome="panicked"} 1"#,
            r#"{decision="true",outcome="cancelled"} 1"#,
        ]
    );
    for name in ["agent_running", "agent_decisions_in_progress"] {
        assert!(nonzero(&registry, name).is_empty(), "{name}");
    }
    assert_eq!(testing::total(&registry, "agent_mode"), 0.0);
}

#[test]
fn bad_input_counts_as_invalid() {
    let registry = Registry::new();
    let findings = AgentFindings::<bool, bool, bool>::register(&registry).unwrap();
    for confidence in [f64::NAN, f64::INFINITY, -0.01, 1.0001, 97.0] {
        findings.hypothesis(true, confidence);
        findings.pattern(true, confidence);
    }
    findings.hypothesis(true, -0.0);
    findings.hypothesis(true, 1.0);
    assert_eq!(
        nonzero(&registry, "agent_hypotheses_total"),
        [
            r#"{category="true",confidence="low"} 1"#,
            r#"{category="true",confidence="high"} 1"#,
            r#"{category="true",confidence="invalid"} 5"#,
        ]
    );
    assert_eq!(
        nonzero(&registry, "agent_patterns_total"),
        [r#"{pattern_type="true",significance="invalid"} 5"#]
    );
}

proptest! {
    #[test]
    fn agents_are_where_their_switches_led_them(
        steps in prop::collection::vec((0..6usize, 0..3usize, 0..8usize), 0..80),
    ) {
        let (registry, modes) = modes();
        let mut agents = Vec::new();
        let (mut switches, mut ended) = (0, 0);
        for (verb, to, which) in steps {
            let at = which.min(agents.len().saturating_sub(1));
            match verb {
                0 | 1 => agents.push((modes.start(MODES[to]), MODES[to])),
                _ if agents.is_empty() => {}
                2 => {
                    agents.swap_remove(at).0.stop();
                    ended += 1;
                }
                _ => {
                    let (agent, mode) = &mut agents[at];
                    let has_switched = agent.switch(MODES[to], Trigger::Timer);
                    prop_assert_eq!(has_switched, *mode != MODES[to]);
                    switches += u32::from(has_switched);
                    *mode = MODES[to];
                }
            }
            let total = |name| testing::total(&registry, name) as u32;
            prop_assert_eq!(total("agent_mode_switches_total"), switches);
            prop_assert_eq!(total("agent_mode_duration_seconds"), switches + ended);
            prop_assert_eq!(total("agent_runs_total"), ended);
            for mode in MODES {
                let inside = agents.iter().filter(|(_, is_in)| *is_in == mode).count();
                let label = mode.as_label();
                let running = testing::value(&registry, "agent_running", &[("mode", label)]);
                prop_assert_eq!(running, Some(inside as f64));
                let is_on = testing::is_on(&registry, "agent_mode", &[], label);
                prop_assert_eq!(is_on, Some(inside > 0));
            }
        }
    }
}
