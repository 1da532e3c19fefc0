//! What is remembered.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970.
pub type Millis = i64;

/// Milliseconds since 1970, by the clock of the machine.
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, millis)
}

/// A duration in whole milliseconds.
pub fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

/// A point in time as the standard library has it; what lies before 1970 is 1970.
pub fn system_time(time: Millis) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(time).unwrap_or(0))
}

/// What is known of an item without its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub key: String,
    /// Rises with each change, also over restarts.
    pub version: u64,
    /// The size of key and value.
    pub bytes: u64,
    /// When it was first remembered.
    pub created: Millis,
    /// When it was last remembered or recalled, as far as it was written down.
    pub used: Millis,
    /// How often it was of late: each use counts less as it lies back.
    pub uses: f64,
}

/// An item: an entry and the text of a JSON value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What is known of it.
    #[serde(flatten)]
    pub entry: Entry,
    /// The text.
    pub value: String,
}

impl Item {
    /// Whether both are the same version with the same value; how often they were used is beside
    /// the point.
    pub fn is_same(&self, other: &Self) -> bool {
        self.entry.key == other.entry.key
            && self.entry.version == other.entry.version
            && self.value == other.value
    }
}

/// Gives versions that rise, also over restarts as long as the clock does.
#[derive(Debug, Default)]
pub(super) struct Versions(AtomicU64);

impl Versions {
    pub(super) fn next(&self) -> u64 {
        // Room for a million in a millisecond.
        let least = u64::try_from(now()).unwrap_or(0) << 20;
        let step = |last: u64| Some((last + 1).max(least));
        let last = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
        let (Ok(last) | Err(last)) = last;
        (last + 1).max(least)
    }

    /// What was given before, by an earlier run.
    pub(super) fn seen(&self, version: u64) {
        self.0.fetch_max(version, Ordering::Relaxed);
    }
}
