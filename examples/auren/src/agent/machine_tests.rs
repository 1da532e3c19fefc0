use super::*;

const MINUTE: Millis = 60_000;

/// Feeds readings of one kind, one a minute.
fn feed(machine: &mut Machine, kind: Kind, values: impl IntoIterator<Item = f64>) -> Vec<Effect> {
    let mut effects = Vec::new();
    for value in values {
        let at = machine.now.max(0) + MINUTE;
        effects.extend(machine.observe(Reading { kind, value, at }));
    }
    effects
}

/// Values that go up and down a little.
fn usual(mean: f64, count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |number| mean + [0.0, 1.0, -1.0, 0.5, -0.5][number % 5])
}

fn switches(effects: &[Effect]) -> Vec<(Mode, Trigger)> {
    let switched = |effect: &Effect| match effect {
        Effect::Switched { to, trigger } => Some((*to, *trigger)),
        _ => None,
    };
    effects.iter().filter_map(switched).collect()
}

#[test]
fn the_usual_changes_nothing() {
    let mut machine = Machine::new(MINUTE);
    assert_eq!(feed(&mut machine, Kind::HeartRate, usual(60.0, 500)), []);
    assert_eq!(machine.mode(), Mode::Baseline);
    assert!((machine.usual(Kind::HeartRate) - 60.0).abs() < 0.5);
}

#[test]
fn danger_is_reacted_to_at_once_and_over_when_it_is_calm() {
    let mut machine = Machine::new(MINUTE);
    let first = feed(&mut machine, Kind::HeartRate, [185.0]);
    let reflex = Effect::Switched {
        to: Mode::Reflex,
        trigger: Trigger::Threshold,
    };
    assert_eq!(first, [Effect::Anomaly(Anomaly::HeartRateHigh), reflex]);
    let calm = feed(&mut machine, Kind::HeartRate, usual(60.0, 3));
    assert_eq!(switches(&calm), [(Mode::Baseline, Trigger::Calm)]);
    assert!(
        machine.usual(Kind::HeartRate) < 62.0,
        "danger does not become usual"
    );
}

#[test]
fn repeated_danger_makes_a_sentinel_until_it_was_calm_for_long() {
    let mut machine = Machine::new(MINUTE);
    let alarms = feed(&mut machine, Kind::OxygenSaturation, [80.0, 82.0, 81.0]);
    let wanted = [
        (Mode::Reflex, Trigger::Threshold),
        (Mode::Sentinel, Trigger::Repeated),
    ];
    assert_eq!(switches(&alarms), wanted);
    // Whatever else happens, it watches.
    assert_eq!(switches(&feed(&mut machine, Kind::CheckIn, [7.0])), []);
    let calm = feed(&mut machine, Kind::OxygenSaturation, usual(97.0, 8));
    assert_eq!(switches(&calm), []);
    let calm = feed(&mut machine, Kind::OxygenSaturation, usual(97.0, 2));
    assert_eq!(switches(&calm), [(Mode::Baseline, Trigger::Calm)]);
}

#[test]
fn a_trend_that_lasts_is_a_pattern() {
    let mut machine = Machine::new(MINUTE);
    feed(
        &mut machine,
        Kind::Temperature,
        usual(0.0, 60).map(|wave| 36.5 + wave * 0.1),
    );
    let effects = feed(&mut machine, Kind::Temperature, [37.2; 20]);
    let wanted = [
        (Mode::Hypothesis, Trigger::Trend),
        (Mode::Pattern, Trigger::Confirmed),
        (Mode::Baseline, Trigger::Elapsed),
    ];
    assert_eq!(switches(&effects), wanted);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Formed(_)))
    );
    let is_ill = |effect: &Effect| matches!(effect, Effect::Pattern(Pattern::OnsetOfIllness, _));
    assert!(effects.iter().any(is_ill), "{effects:?}");
}

#[test]
fn a_trend_that_ends_is_refuted() {
    let mut machine = Machine::new(MINUTE);
    feed(&mut machine, Kind::HeartRate, usual(60.0, 60));
    feed(&mut machine, Kind::HeartRate, [72.0; 2]);
    assert_eq!(machine.mode(), Mode::Hypothesis, "{machine:?}");
    let effects = feed(&mut machine, Kind::HeartRate, usual(60.0, 6));
    assert!(
        matches!(effects.first(), Some(Effect::Refuted(_))),
        "{effects:?}"
    );
    assert_eq!(switches(&effects), [(Mode::Baseline, Trigger::Refuted)]);
}

#[test]
fn a_hypothesis_that_nothing_decides_is_given_up() {
    let mut machine = Machine::new(MINUTE);
    feed(&mut machine, Kind::HeartRate, usual(60.0, 60));
    feed(&mut machine, Kind::HeartRate, [72.0; 2]);
    let later = machine.now + 2 * PATIENCE * MINUTE;
    let effects = machine.tick(later);
    assert!(
        matches!(effects.first(), Some(Effect::Refuted(_))),
        "{effects:?}"
    );
    assert_eq!(machine.mode(), Mode::Baseline);
}

#[test]
fn a_check_in_makes_a_companion_who_stays_a_while() {
    let mut machine = Machine::new(MINUTE);
    let effects = feed(&mut machine, Kind::CheckIn, [4.0]);
    assert_eq!(switches(&effects), [(Mode::Companion, Trigger::CheckIn)]);
    assert_eq!(machine.tick(machine.now + STAY * MINUTE - 1), []);
    let effects = machine.tick(machine.now + 1);
    assert_eq!(switches(&effects), [(Mode::Baseline, Trigger::Elapsed)]);
}

#[test]
fn no_mode_but_an_urgent_one_follows_within_the_dwell_time() {
    let mut machine = Machine::new(MINUTE);
    machine.observe(Reading {
        kind: Kind::HeartRate,
        value: 185.0,
        at: 0,
    });
    assert_eq!(machine.mode(), Mode::Reflex);
    for at in 1..DWELL * MINUTE / 1000 {
        machine.observe(Reading {
            kind: Kind::CheckIn,
            value: 5.0,
            at: at * 1000,
        });
        assert_eq!(machine.mode(), Mode::Reflex, "after {at} s");
    }
    machine.observe(Reading {
        kind: Kind::CheckIn,
        value: 5.0,
        at: DWELL * MINUTE,
    });
    assert_eq!(machine.mode(), Mode::Companion);
}

#[test]
fn the_same_readings_have_the_same_effects_in_any_case() {
    let run = || {
        let mut random = visitor::random::Random::new(7);
        let mut machine = Machine::new(MINUTE);
        let mut effects = Vec::new();
        for number in 0..20_000 {
            let kind = *random.pick(&Kind::ALL);
            let (low, high) = (*kind.range().start(), *kind.range().end());
            let value = low + (high - low) * f64::from(random.unit());
            let at = Millis::from(number) * 5_000 - random.below(60_000) as Millis;
            effects.extend(machine.observe(Reading { kind, value, at }));
        }
        effects
    };
    let effects = run();
    assert_eq!(effects, run());
    assert!(effects.len() > 100);
}
