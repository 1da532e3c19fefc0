//! What values are counted in, as far as it is known.

use vitalsigns::FamilyEntry;

use crate::query::Unit;

/// What values are counted in.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::verify) enum Measure {
    Unknown,
    /// This unit.
    Of(Unit),
    /// A share in hundredths.
    Percent,
    /// One divided by another of the same unit: perhaps a share, perhaps not.
    Quotient,
    /// A part of something divided by the whole of it.
    Share,
}

impl Measure {
    pub(in crate::verify) fn named(unit: &str) -> Self {
        match unit {
            "ratio" => Measure::Share,
            "percent" => Measure::Percent,
            unit => Measure::Of(Unit::named(unit)),
        }
    }

    pub(in crate::verify) fn of_family(family: &FamilyEntry) -> Self {
        if ends_in_percent(&family.name) {
            return Measure::Percent;
        }
        match Unit::of_family(family) {
            Unit::RATIO => Measure::Share,
            unit => Measure::Of(unit),
        }
    }

    /// What a name says of what nobody exports.
    pub(super) fn of_name(name: &str) -> Self {
        match name {
            name if ends_in_percent(name) => Measure::Percent,
            name if name.ends_with("_ratio") => Measure::Share,
            name if name.ends_with("_timestamp_seconds") => Measure::Of(Unit::TIMESTAMP),
            name if name.ends_with("_bytes") => Measure::Of(Unit::BYTES),
            name if name.ends_with("_seconds") => Measure::Of(Unit::SECONDS),
            _ => Measure::Unknown,
        }
    }

    pub(super) fn per_second(self) -> Self {
        match self {
            Measure::Of(unit) => Measure::Of(unit.per_second()),
            _ => Measure::Unknown,
        }
    }

    pub(super) fn divided_by(&self, other: &Measure) -> Self {
        match (self, other) {
            (Measure::Of(one), Measure::Of(other)) if one == other => Measure::Quotient,
            (Measure::Of(one), Measure::Of(other)) => Measure::Of(one.divided_by(other)),
            _ => Measure::Unknown,
        }
    }

    /// What comes out where this is multiplied by a number.
    pub(super) fn times(&self, factor: f64) -> Self {
        match self {
            Measure::Share | Measure::Quotient if factor == 100.0 => Measure::Percent,
            Measure::Percent if factor == 0.01 => Measure::Share,
            Measure::Of(unit) if factor.abs() == 1.0 => Measure::Of(unit.clone()),
            // Minutes, kilobytes, so many in an hour: what it is by now only its author knows.
            _ => Measure::Unknown,
        }
    }

    /// Whether it is so many in each second.
    pub(in crate::verify) fn is_per_second(&self) -> bool {
        matches!(self, Measure::Of(unit) if unit.is_per_second())
    }

    /// Whether adding and comparing both means nothing, as far as that is known.
    pub(super) fn clashes_with(&self, other: &Measure) -> bool {
        match (self, other) {
            (Measure::Of(one), Measure::Of(other)) => {
                let is_telling =
                    |unit: &Unit| [Unit::SECONDS, Unit::BYTES, Unit::TIMESTAMP].contains(unit);
                is_telling(one) && is_telling(other) && one != other
            }
            (Measure::Percent, Measure::Share) | (Measure::Share, Measure::Percent) => true,
            _ => false,
        }
    }

    /// As people say it.
    pub(in crate::verify) fn told(&self) -> String {
        match self {
            Measure::Unknown => "a number".to_owned(),
            Measure::Of(unit) => unit.to_string(),
            Measure::Percent => "a percentage".to_owned(),
            Measure::Quotient | Measure::Share => "a ratio".to_owned(),
        }
    }
}

fn ends_in_percent(name: &str) -> bool {
    name.ends_with("_percent") || name.ends_with("_percentage")
}
