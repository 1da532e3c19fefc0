//! The owner of the devices, as they measure them: calm, in training, ill, and in danger in turn.

use visitor::random::Random;

use crate::events::Kind;

/// So many visits make a phase.
const PHASE: u64 = 60;

/// What the owner is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Calm,
    Training,
    Ill,
    Tired,
    Danger,
}

impl Phase {
    /// The phase at the visit of this number.
    pub(super) fn at(number: u64) -> Self {
        match number / PHASE % 12 {
            3 => Self::Training,
            6 => Self::Ill,
            8 => Self::Tired,
            10 => Self::Danger,
            _ => Self::Calm,
        }
    }

    /// What is measured.
    pub(super) fn measure(self, kind: Kind, random: &mut Random) -> f64 {
        let mean = match (kind, self) {
            (Kind::HeartRate, Self::Training) => 92.0,
            (Kind::HeartRate, Self::Danger) if random.below(3) == 0 => 182.0,
            (Kind::HeartRate, _) => 61.0,
            (Kind::HeartRateVariability, Self::Training | Self::Tired) => 40.0,
            (Kind::HeartRateVariability, _) => 68.0,
            (Kind::Sleep, Self::Tired) => 4.5,
            (Kind::Sleep, _) => 7.5,
            (Kind::Steps, _) => 6000.0,
            (Kind::Temperature, Self::Ill) => 37.6,
            (Kind::Temperature, _) => 36.4,
            (Kind::OxygenSaturation, Self::Danger) if random.below(4) == 0 => 84.0,
            (Kind::OxygenSaturation, _) => 97.0,
            (Kind::CheckIn, Self::Calm) => 7.0,
            (Kind::CheckIn, _) => 4.0,
        };
        let spread = match kind {
            Kind::HeartRate => 3.0,
            Kind::HeartRateVariability => 4.0,
            Kind::Sleep => 0.4,
            Kind::Steps => 2500.0,
            Kind::Temperature => 0.1,
            Kind::OxygenSaturation => 0.6,
            Kind::CheckIn => 1.0,
        };
        let value: f64 = mean + spread * f64::from(random.between(-1.0, 1.0));
        (value * 10.0).round() / 10.0
    }
}
