//! The modes of the agent, as a state machine: readings go in, what follows from them comes out.
//!
//! It knows no clock but the times of the readings, and no chance: the same readings always have the
//! same effects.
//!
//! | mode | entered by | left |
//! |---|---|---|
//! | baseline | nothing else to do | |
//! | reflex | a value that is dangerous at once | for sentinel where that happens again, else when it is calm |
//! | sentinel | three anomalies within ten minutes | after ten minutes without one |
//! | hypothesis | a trend away from the usual | when the hypothesis is confirmed or refuted |
//! | pattern | a hypothesis that was confirmed | after five minutes |
//! | companion | what somebody says of how they feel | after five minutes |
//!
//! But for reflex and sentinel, which are urgent, a mode lasts a minute at least.

use serde::Serialize;

use super::{
    labels::{Anomaly, Category, Mode, Pattern, Trigger},
    trend::Trend,
};
use crate::{events::Kind, memory::Millis};

/// The shortest stay in a mode, if nothing urgent happens, in minutes.
const DWELL: Millis = 1;
/// How long a mode with nothing more to do lasts, in minutes.
const STAY: Millis = 5;
/// Anomalies within so many minutes make a sentinel, and calm of this length ends one.
const WATCH: Millis = 10;
/// So many of them.
const ALARMS: usize = 3;
/// Standard deviations that make an anomaly, a hypothesis, and refute one.
const ODD: f64 = 5.0;
const SHIFTED: f64 = 2.0;
const BACK: f64 = 0.7;
/// Further readings that decide on a hypothesis.
const TRIALS: u32 = 6;
/// After so many minutes, a hypothesis that nothing decides is given up.
const PATIENCE: Millis = 60;

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What.
    pub kind: Kind,
    /// The value.
    pub value: f64,
    /// When.
    pub at: Millis,
}

/// What follows from a reading.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The mode is another.
    Switched {
        /// The new mode.
        to: Mode,
        /// Why.
        trigger: Trigger,
    },
    /// A value is out of the ordinary.
    Anomaly(Anomaly),
    /// Something may be the case.
    Formed(Hypothesis),
    /// It is.
    Confirmed(Hypothesis),
    /// It is not.
    Refuted(Hypothesis),
    /// What was found to be so.
    Pattern(Pattern, f64),
}

/// Something that may be the case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hypothesis {
    /// What it is about.
    #[serde(serialize_with = "label")]
    pub category: Category,
    /// What was measured.
    pub kind: Kind,
    /// Whether the values rise or fall.
    pub rises: bool,
    /// From 0 to 1.
    pub confidence: f64,
    /// Since when.
    pub since: Millis,
    /// Readings since then that speak for it.
    pub for_it: u32,
    /// All readings of this kind since then.
    pub trials: u32,
}

fn label<S: serde::Serializer>(category: &Category, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(vitalsigns::LabelValue::as_label(category))
}

/// The state machine.
#[derive(Debug)]
pub struct Machine {
    /// A minute; in a demo it may be shorter.
    minute: Millis,
    mode: Mode,
    since: Millis,
    now: Millis,
    trends: [Trend; Kind::ALL.len()],
    alarms: Vec<Millis>,
    hypothesis: Option<Hypothesis>,
}

/// What is dangerous at once.
fn danger(kind: Kind, value: f64) -> Option<Anomaly> {
    match kind {
        Kind::HeartRate if value >= 170.0 => Some(Anomaly::HeartRateHigh),
        Kind::HeartRate if value <= 35.0 => Some(Anomaly::HeartRateLow),
        Kind::Temperature if value >= 39.5 => Some(Anomaly::Fever),
        Kind::OxygenSaturation if value <= 87.0 => Some(Anomaly::OxygenLow),
        _ => None,
    }
}

/// What a trend may mean; not every one means something.
fn meaning(kind: Kind, rises: bool) -> Option<(Category, Pattern)> {
    match (kind, rises) {
        (Kind::HeartRate, true) => Some((Category::Strain, Pattern::Overreaching)),
        (Kind::HeartRateVariability, false) => Some((Category::Strain, Pattern::Overreaching)),
        (Kind::HeartRateVariability, true) => Some((Category::Recovery, Pattern::Recovering)),
        (Kind::Temperature, true) => Some((Category::Illness, Pattern::OnsetOfIllness)),
        (Kind::OxygenSaturation, false) => Some((Category::Illness, Pattern::OnsetOfIllness)),
        (Kind::Sleep, false) => Some((Category::Sleep, Pattern::SleepDebt)),
        _ => None,
    }
}

/// The least that is taken for one standard deviation: no value is so steady that less of a change
/// would mean something.
fn least_deviation(kind: Kind) -> f64 {
    match kind {
        Kind::HeartRate => 3.0,
        Kind::HeartRateVariability => 4.0,
        Kind::Sleep => 0.5,
        Kind::Steps => 2_000.0,
        Kind::Temperature => 0.15,
        Kind::OxygenSaturation => 0.8,
        Kind::CheckIn => 1.0,
    }
}

impl Machine {
    /// A machine at its start, with minutes of this length.
    pub fn new(minute: Millis) -> Self {
        Self {
            minute,
            mode: Mode::Baseline,
            since: Millis::MIN,
            now: Millis::MIN,
            trends: Default::default(),
            alarms: Vec::new(),
            hypothesis: None,
        }
    }

    /// The mode that it is in.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Since when, by the times of readings.
    pub fn since(&self) -> Option<Millis> {
        (self.since != Millis::MIN).then_some(self.since)
    }

    /// What it thinks may be the case.
    pub fn hypothesis(&self) -> Option<&Hypothesis> {
        self.hypothesis.as_ref()
    }

    /// What is usual of this kind.
    pub fn usual(&self, kind: Kind) -> f64 {
        self.trends[kind as usize].usual()
    }

    /// Takes a reading in.
    pub fn observe(&mut self, reading: Reading) -> Vec<Effect> {
        // Readings of several devices come out of order; time does not go back for that.
        self.now = self.now.max(reading.at);
        let mut effects = Vec::new();
        let Reading { kind, value, .. } = reading;
        let danger = danger(kind, value);
        let least = least_deviation(kind);
        let trend = &mut self.trends[kind as usize];
        let score = match danger {
            // What is dangerous does not become usual.
            Some(_) => None,
            None => trend.take(value, least),
        };
        let shift = trend.shift(least).unwrap_or(0.0);
        // How many steps a day has is nobody's alarm.
        let is_odd = kind != Kind::Steps && score.is_some_and(|score| score.abs() >= ODD);
        let anomaly = danger.or(is_odd.then_some(Anomaly::Unusual));
        if let Some(anomaly) = anomaly {
            effects.push(Effect::Anomaly(anomaly));
            self.alarms.push(self.now);
        }
        let watch = WATCH * self.minute;
        self.alarms
            .retain(|at| self.now.saturating_sub(*at) < watch);

        let judged = self.judge(kind, shift, &mut effects);
        self.conclude(reading, danger.is_some(), judged, shift, &mut effects);
        effects
    }

    /// Time passes without readings.
    pub fn tick(&mut self, now: Millis) -> Vec<Effect> {
        if self.now == Millis::MIN {
            return Vec::new();
        }
        self.now = self.now.max(now);
        let (watch, patience) = (WATCH * self.minute, PATIENCE * self.minute);
        self.alarms.retain(|at| now.saturating_sub(*at) < watch);
        let mut effects = Vec::new();
        let stale = |hypothesis: &mut Hypothesis| now.saturating_sub(hypothesis.since) > patience;
        if let Some(given_up) = self.hypothesis.take_if(stale) {
            effects.push(Effect::Refuted(given_up));
        }
        self.settle(&mut effects);
        effects
    }

    /// Whether the hypothesis stands, if the reading says something about it.
    fn judge(&mut self, kind: Kind, shift: f64, effects: &mut Vec<Effect>) -> Option<bool> {
        let hypothesis = self.hypothesis.as_mut().filter(|one| one.kind == kind)?;
        let away = if hypothesis.rises { shift } else { -shift };
        hypothesis.trials += 1;
        hypothesis.for_it += u32::from(away >= SHIFTED * 0.8);
        hypothesis.confidence = hypothesis.confidence.max(confidence(away));
        let verdict = if away < BACK {
            Some(false)
        } else if hypothesis.trials >= TRIALS {
            Some(hypothesis.for_it * 3 >= hypothesis.trials * 2)
        } else {
            None
        }?;
        let decided = self.hypothesis.take()?;
        if verdict {
            if let Some((_, pattern)) = meaning(decided.kind, decided.rises) {
                effects.push(Effect::Pattern(pattern, decided.confidence));
            }
            effects.push(Effect::Confirmed(decided));
        } else {
            effects.push(Effect::Refuted(decided));
        }
        Some(verdict)
    }

    fn conclude(
        &mut self,
        reading: Reading,
        is_dangerous: bool,
        judged: Option<bool>,
        shift: f64,
        effects: &mut Vec<Effect>,
    ) {
        let Reading { kind, .. } = reading;
        if self.mode == Mode::Sentinel {
            // It watches, whatever else there is.
        } else if self.alarms.len() >= ALARMS {
            return self.switch(Mode::Sentinel, Trigger::Repeated, effects);
        } else if is_dangerous {
            return self.switch(Mode::Reflex, Trigger::Threshold, effects);
        } else if judged == Some(true) {
            return self.switch_later(Mode::Pattern, Trigger::Confirmed, effects);
        } else if kind == Kind::CheckIn {
            return self.switch_later(Mode::Companion, Trigger::CheckIn, effects);
        } else if self.hypothesis.is_none()
            && shift.abs() >= SHIFTED
            && judged.is_none()
            && self.may_wonder()
            && let Some((category, _)) = meaning(kind, shift > 0.0)
        {
            let formed = Hypothesis {
                category,
                kind,
                rises: shift > 0.0,
                confidence: confidence(shift.abs()),
                since: self.now,
                for_it: 0,
                trials: 0,
            };
            effects.push(Effect::Formed(formed.clone()));
            self.hypothesis = Some(formed);
            return self.switch_later(Mode::Hypothesis, Trigger::Trend, effects);
        }
        self.settle(effects);
    }

    fn has_dwelt(&self) -> bool {
        self.now.saturating_sub(self.since) >= DWELL * self.minute
    }

    /// Hypotheses are for quiet times.
    fn may_wonder(&self) -> bool {
        matches!(self.mode, Mode::Baseline | Mode::Companion | Mode::Pattern) && self.has_dwelt()
    }

    /// Goes back to the baseline where the mode has nothing more to do.
    fn settle(&mut self, effects: &mut Vec<Effect>) {
        let stayed = self.now.saturating_sub(self.since);
        let is_calm = self.alarms.is_empty();
        let next = match self.mode {
            Mode::Reflex if self.has_dwelt() && !self.alarmed_within(DWELL * self.minute) => {
                Trigger::Calm
            }
            Mode::Sentinel if is_calm => Trigger::Calm,
            Mode::Hypothesis if self.hypothesis.is_none() => Trigger::Refuted,
            Mode::Pattern | Mode::Companion if stayed >= STAY * self.minute => Trigger::Elapsed,
            _ => return,
        };
        self.switch_later(Mode::Baseline, next, effects);
    }

    fn alarmed_within(&self, time: Millis) -> bool {
        let last = self.alarms.last();
        last.is_some_and(|at| self.now.saturating_sub(*at) < time)
    }

    fn switch_later(&mut self, to: Mode, trigger: Trigger, effects: &mut Vec<Effect>) {
        if self.has_dwelt() {
            self.switch(to, trigger, effects);
        }
    }

    fn switch(&mut self, to: Mode, trigger: Trigger, effects: &mut Vec<Effect>) {
        if self.mode != to {
            self.mode = to;
            self.since = self.now;
            effects.push(Effect::Switched { to, trigger });
        }
    }
}

/// 0.5 at the least shift that counts, and towards 1.
fn confidence(shift: f64) -> f64 {
    (1.0 - 0.5 * (SHIFTED / shift.max(SHIFTED / 2.0))).clamp(0.0, 1.0)
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
