//! What a library can do: one constructor for each scenario that it takes part in.

use std::sync::Arc;

use crate::floors;
use crate::ours;
use crate::peers;
use crate::store::Store;
use crate::subject::{Class, Subject};
use crate::traffic::Traffic;

/// A library, or one way to use it.
#[derive(Clone, Copy)]
pub(crate) struct Library {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    /// A: an HTTP outcome by label texts.
    pub(crate) outcome: Option<fn(Arc<Traffic>) -> Subject>,
    /// B: a counter that was looked up before, `work_events_total`.
    pub(crate) counter: Option<fn() -> Subject>,
    /// B: the same of a histogram, `work_duration_seconds`.
    pub(crate) histogram: Option<fn() -> Subject>,
    /// C, D and F: counters by tenant and operation, with room for so many.
    pub(crate) counters: Option<fn(u64) -> Store<u64>>,
    /// C and F: histograms.
    pub(crate) histograms: Option<fn(u64) -> Store<f64>>,
}

impl Library {
    /// One that takes part in nothing yet.
    pub(crate) const fn new(name: &'static str, class: Class) -> Self {
        Library {
            name,
            class,
            outcome: None,
            counter: None,
            histogram: None,
            counters: None,
            histograms: None,
        }
    }
}

/// All of them, in the order of the tables.
pub(crate) fn all() -> impl Iterator<Item = Library> {
    let floors = floors::LIBRARIES.iter();
    floors
        .chain(ours::LIBRARIES)
        .chain(peers::LIBRARIES)
        .copied()
}
