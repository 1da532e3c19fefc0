//! What promtool shall find of each alert.

use std::time::Duration;

use super::file::{texts, with_links};
use super::timeline::{Phase, values};
use crate::alert::{Alert, AlertGroup, Input, Scenario, Track};
use crate::query::promql_duration;
use crate::system::System;
use crate::yaml_text::Map;

const MINUTE: Duration = Duration::from_secs(60);

/// The text of `prometheus/tests/GROUP_test.yml`.
pub(super) fn tests(system: &System, group: &AlertGroup) -> String {
    // What looks back for days would need too many samples otherwise.
    let is_long = |alert: &Alert| {
        let history = alert.scenario.as_ref().map(|scenario| scenario.history);
        history.is_some_and(|history| history > 24 * 60 * MINUTE)
    };
    let (step, evaluations) = match group.alerts.iter().any(is_long) {
        true => (5 * MINUTE, 15 * MINUTE),
        false => (MINUTE, MINUTE),
    };
    let all: Vec<Test> = group
        .alerts
        .iter()
        .filter_map(|alert| {
            Some(Case::of(
                group,
                alert,
                alert.scenario.as_ref()?,
                (step, evaluations),
            ))
        })
        .flat_map(|case| case.tests())
        .collect();
    let tests = all.iter().map(|test| {
        let series = test.series.iter().map(|(series, values)| {
            Map::new()
                .with("series", series.as_str())
                .with("values", values.as_str())
        });
        let moments = test.moments.iter().map(|moment| {
            let firing = moment.firing.iter();
            let firing = firing.map(|(alert, value)| expected(system, alert, *value));
            Map::new()
                .with("eval_time", promql_duration(step * moment.at as u32))
                .with("alertname", test.alert.as_str())
                .with("exp_alerts", firing.collect::<Vec<Map>>())
        });
        Map::new()
            .with("name", test.name.as_str())
            .with("interval", promql_duration(step))
            .with("input_series", series.collect::<Vec<Map>>())
            .with("alert_rule_test", moments.collect::<Vec<Map>>())
    });
    Map::new()
        .with("rule_files", [format!("../rules/{}.yml", group.name)])
        .with("evaluation_interval", promql_duration(evaluations))
        .with("tests", tests.collect::<Vec<Map>>())
        .document(&format!(
            "Tests of the alerts of {}: {}. Run with: promtool test rules {}_test.yml",
            system.title, group.name, group.name
        ))
}

fn expected(system: &System, alert: &Alert, value: f64) -> Map {
    let Some(scenario) = &alert.scenario else {
        return Map::new();
    };
    let mut labels = Map::new();
    for (label, value) in alert.fired_labels(scenario) {
        labels.add(label, value);
    }
    let printed = |text: &crate::alert::Text| text.printed(&scenario.labels, value);
    let summary = alert.summary.as_ref().map(printed);
    let description = alert.description.as_ref().map(printed);
    let words = with_links(system, alert, summary, description);
    Map::new()
        .with("exp_labels", labels)
        .with("exp_annotations", texts(words))
}

/// One entry of the file.
struct Test<'a> {
    name: String,
    alert: String,
    series: Vec<(String, String)>,
    moments: Vec<Moment<'a>>,
}

/// What fires at a time, in samples since the beginning.
struct Moment<'a> {
    at: u64,
    firing: Vec<(&'a Alert, f64)>,
}

/// An alert with those of the same name, because promtool asks for all of these.
struct Case<'a> {
    alert: &'a Alert,
    scenario: &'a Scenario,
    /// Those about the same series that fire earlier.
    lesser: Vec<&'a Alert>,
    /// Those about other series that fire where these are missing.
    others: Vec<&'a Alert>,
    step: Duration,
    history: u64,
    /// How many samples it takes until all have to fire.
    begins: u64,
    /// How many samples it takes until none does any more.
    ends: u64,
    /// It fires before all of the time has passed that it looks back.
    is_hasty: bool,
}

/// What the series do.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Fires,
    Below,
    /// As it fires, with much less of everything.
    Little,
    /// As it fires, with one series otherwise: that of this place in the list.
    Silent(usize),
    /// As it is where not even the least of them fires.
    Well,
}

impl<'a> Case<'a> {
    /// The case of an alert, with a sample each step and evaluations in multiples of it.
    fn of(
        group: &'a AlertGroup,
        alert: &'a Alert,
        scenario: &'a Scenario,
        (step, evaluations): (Duration, Duration),
    ) -> Self {
        let slack = 3 * evaluations.as_secs() / step.as_secs();
        let mut lesser = Vec::new();
        let mut others = Vec::new();
        let mut is_before = true;
        for other in &group.alerts {
            if std::ptr::eq(other, alert) {
                is_before = false;
                continue;
            }
            let Some(of_other) = other.scenario.as_ref().filter(|_| other.name == alert.name)
            else {
                continue;
            };
            match scenario.has_series_of(of_other) {
                true if is_before => lesser.push(other),
                true => {}
                false if of_other.fires_on_absence => others.push(other),
                false => {}
            }
        }
        let all = || lesser.iter().copied().chain([alert]);
        let begins = all().map(|alert| begins(group, alert)).max();
        let ends = all().map(|alert| ends(group, alert)).max();
        let samples = |time: Option<Duration>| {
            let time = time.unwrap_or_default();
            time.as_secs().div_ceil(step.as_secs()) + slack
        };
        let reach = alert.condition.reach(group.window);
        let is_hasty = |begins| begins < reach.saturating_sub(scenario.history);
        Case {
            alert,
            scenario,
            step,
            is_hasty: scenario.begins.is_some_and(is_hasty),
            history: scenario.history.as_secs().div_ceil(step.as_secs()),
            begins: samples(begins),
            ends: samples(ends),
            lesser,
            others,
        }
    }

    fn tests(&self) -> Vec<Test<'a>> {
        let half = self.begins.div_ceil(2);
        let steady = |state| vec![(state, self.begins, false)];
        let restarted = |state| vec![(state, half, false), (state, self.begins - half, true)];
        let end = self.history + self.begins;
        let mut tests = vec![
            self.test("fires", &steady(State::Fires), vec![(end, self.firing())]),
            self.test(
                "is silent just below",
                &steady(State::Below),
                vec![(end, self.below())],
            ),
            self.resolves(),
            self.absent(),
        ];
        if self.scenario.little.is_some() {
            let name = "is silent where little happens";
            tests.push(self.test(name, &steady(State::Little), vec![(end, Vec::new())]));
        }
        for (index, (when, ..)) in self.scenario.silent.iter().enumerate() {
            let name = format!("is silent when {when}");
            let phases = steady(State::Silent(index));
            tests.push(self.test(&name, &phases, vec![(end, Vec::new())]));
        }
        let restart = restarted(State::Fires);
        let name = "fires although the target restarts";
        tests.push(self.test(name, &restart, vec![(end, self.firing())]));
        let restart = restarted(State::Below);
        let name = "is silent when the target restarts";
        tests.push(self.test(name, &restart, vec![(end, self.below())]));
        tests
    }

    /// Well, then not, then well again: not before its time, and not for ever.
    fn resolves(&self) -> Test<'a> {
        let mut phases = vec![
            (State::Fires, self.begins, false),
            (State::Well, self.ends, false),
        ];
        let mut begun = self.history;
        let mut moments = Vec::new();
        // What was well before would show in the values of what looks back for longer.
        if !self.is_hasty {
            phases.insert(0, (State::Well, self.begins, false));
            begun += self.begins;
            let hold = self.alert.hold.as_secs() / self.step.as_secs();
            if hold > 0 && self.lesser.is_empty() {
                // The first sample that is not well is at `begun`.
                moments.push((begun + hold - 1, Vec::new()));
            }
        }
        // At the end of the phase: the next sample is of another.
        moments.push((begun + self.begins - 1, self.firing()));
        moments.push((begun + self.begins + self.ends, Vec::new()));
        self.test("waits for its time and resolves", &phases, moments)
    }

    fn absent(&self) -> Test<'a> {
        let mut firing = Vec::new();
        if self.scenario.fires_on_absence {
            firing.push((self.alert, 1.0));
        }
        firing.extend(self.others.iter().map(|other| (*other, 1.0)));
        let name = match firing.is_empty() {
            true => "is silent where nothing is there",
            false => "fires where nothing is there",
        };
        Test {
            name: self.name(name),
            alert: self.alert.name.clone(),
            series: Vec::new(),
            moments: vec![Moment {
                at: self.history + self.begins,
                firing,
            }],
        }
    }

    fn test(
        &self,
        name: &str,
        phases: &[(State, u64, bool)],
        moments: Vec<(u64, Vec<(&'a Alert, f64)>)>,
    ) -> Test<'a> {
        let own = self.scenario.inputs.iter().map(|input| {
            let tracks: Vec<Phase> = self.phases(input, phases);
            (input.series.clone(), values(&tracks, self.step))
        });
        let mut series: Vec<(String, String)> = own.collect();
        let samples: u64 = phases.iter().map(|(_, samples, _)| samples).sum();
        for other in &self.others {
            for input in other.scenario.iter().flat_map(|scenario| &scenario.inputs) {
                if series.iter().any(|(known, _)| *known == input.series) {
                    continue;
                }
                let well = Phase {
                    track: input.below,
                    samples: self.history + samples + 1,
                    restart: false,
                };
                series.push((input.series.clone(), values(&[well], self.step)));
            }
        }
        let moments = moments.into_iter();
        Test {
            name: self.name(name),
            alert: self.alert.name.clone(),
            series,
            moments: moments.map(|(at, firing)| Moment { at, firing }).collect(),
        }
    }

    fn phases(&self, input: &Input, phases: &[(State, u64, bool)]) -> Vec<Phase> {
        let is_little = phases.iter().any(|(state, ..)| *state == State::Little);
        let mut tracks = vec![Phase {
            track: match is_little {
                true => self.little(input.before),
                false => input.before,
            },
            samples: self.history,
            restart: false,
        }];
        let last = phases.len() - 1;
        for (index, (state, samples, restart)) in phases.iter().enumerate() {
            tracks.push(Phase {
                track: self.track(input, *state),
                // The moment at the very end is a sample as well.
                samples: *samples + u64::from(index == last),
                restart: *restart,
            });
        }
        tracks
    }

    fn track(&self, input: &Input, state: State) -> Track {
        let least = self
            .lesser
            .first()
            .and_then(|least| least.scenario.as_ref());
        match state {
            State::Fires => input.fires,
            State::Below => input.below,
            State::Little => self.little(input.fires),
            State::Silent(index) => match self.scenario.silent.get(index) {
                Some((_, name, track)) if *name == input.name => *track,
                _ => input.fires,
            },
            State::Well => {
                let of_least = least.and_then(|least| {
                    let mut inputs = least.inputs.iter();
                    inputs.find(|known| known.series == input.series)
                });
                of_least.unwrap_or(input).below
            }
        }
    }

    /// The same with much less of everything.
    fn little(&self, track: Track) -> Track {
        match track {
            Track::PerMinute(rate) => Track::PerMinute(rate * self.scenario.little.unwrap_or(1.0)),
            track => track,
        }
    }

    fn firing(&self) -> Vec<(&'a Alert, f64)> {
        let value = self.scenario.value.unwrap_or_default();
        let all = self.lesser.iter().copied().chain([self.alert]);
        all.map(|alert| (alert, value)).collect()
    }

    fn below(&self) -> Vec<(&'a Alert, f64)> {
        let value = self.scenario.value_below.unwrap_or_default();
        self.lesser.iter().map(|alert| (*alert, value)).collect()
    }

    /// The name of a test: that of the alert, with what tells it from others of the name.
    fn name(&self, what: &str) -> String {
        let own = ["team", "system"];
        let labels = self.alert.labels.iter();
        let labels = labels.filter(|(label, _)| !own.contains(&label.as_str()));
        let labels: Vec<String> = labels.map(|(_, value)| value.clone()).collect();
        let severity = self.alert.severity.as_str().to_owned();
        let known = [&[severity][..], &labels].concat().join(", ");
        format!("{} ({known}) {what}", self.alert.name)
    }
}

/// How long it takes until an alert has to fire.
fn begins(group: &AlertGroup, alert: &Alert) -> Duration {
    let Some(scenario) = &alert.scenario else {
        return Duration::ZERO;
    };
    let ages = scenario.inputs.iter().map(|input| match input.fires {
        Track::Age(seconds) if seconds > 0.0 => Duration::from_secs_f64(seconds),
        _ => Duration::ZERO,
    });
    let oldest = ages.max().unwrap_or_default();
    let reach = alert
        .condition
        .reach(group.window)
        .saturating_sub(scenario.history);
    scenario.begins.unwrap_or(reach).max(oldest) + alert.hold
}

/// How long it takes until an alert is over.
fn ends(group: &AlertGroup, alert: &Alert) -> Duration {
    let Some(scenario) = &alert.scenario else {
        return Duration::ZERO;
    };
    let reach = alert
        .condition
        .reach(group.window)
        .saturating_sub(scenario.history);
    // What is gone is seen for five minutes more.
    scenario.ends.unwrap_or(reach.max(5 * MINUTE)) + alert.keep_firing
}
