//! Events of devices: what they can say, and the way of an accepted one to the agent.

mod inbox;
mod worker;

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use vitalsigns::LabelValue;

pub use inbox::{Inbox, Receiver, Refused, Taken};
pub use worker::work;

use crate::{memory::Millis, webhooks::Vendor};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Beats in a minute.
    HeartRate,
    /// Variability of the heart rate (RMSSD), in milliseconds.
    HeartRateVariability,
    /// Sleep of a night, in hours.
    Sleep,
    /// Steps of a day so far.
    Steps,
    /// Temperature of the skin, in °C.
    Temperature,
    /// Saturation of the blood with oxygen, in percent.
    OxygenSaturation,
    /// How somebody says they feel, from 0 to 10.
    CheckIn,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::HeartRate,
        Self::HeartRateVariability,
        Self::Sleep,
        Self::Steps,
        Self::Temperature,
        Self::OxygenSaturation,
        Self::CheckIn,
    ];

    /// What can be measured of somebody alive.
    pub fn range(self) -> RangeInclusive<f64> {
        match self {
            Self::HeartRate => 20.0..=260.0,
            Self::HeartRateVariability => 1.0..=350.0,
            Self::Sleep => 0.0..=24.0,
            Self::Steps => 0.0..=150_000.0,
            Self::Temperature => 25.0..=45.0,
            Self::OxygenSaturation => 50.0..=100.0,
            Self::CheckIn => 0.0..=10.0,
        }
    }
}

/// Something that a device has measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Whose device it is.
    pub vendor: Vendor,
    /// Its name among the events of that vendor.
    pub id: String,
    /// What was measured.
    pub kind: Kind,
    /// The value.
    pub value: f64,
    /// When it was measured.
    pub at: Millis,
}

impl Event {
    /// Its name among all events; what it is remembered by.
    pub fn name(&self) -> String {
        format!("event.{}.{}", self.vendor.as_label(), self.id)
    }
}

/// An event that was written down.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// Its number in the journal.
    pub number: i64,
    /// The event.
    pub event: Event,
}
