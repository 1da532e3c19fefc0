//! The same work by hand and without any library: what can be reached.

mod cells;
mod outcome;
mod resolved;
mod table;
mod threads;

use crate::library::Library;
use crate::subject::Class;

pub(crate) use resolved::function;

pub(crate) const EMPTY_LOOP: &str = "empty loop";
const RESOLVED_OWN: &str = "resolved, cells of the thread";
const RESOLVED_SHARED: &str = "resolved, shared atomics";
pub(crate) const FOUND_OWN: &str = "one look-up, cells of the thread";
const FOUND_SHARED: &str = "one look-up, shared atomics";
const OWN: &str = "cells of the thread";
pub(crate) const SHARED: &str = "shared atomics";
const CLOCK_AND_OWN: &str = "clock and cells of the thread";
const TABLE: &str = "fixed table, rendered labels";
pub(crate) const COPIED: &str = "a page kept, copied";

pub(crate) const LIBRARIES: &[Library] = &[
    Library {
        outcome: Some(outcome::empty_loop),
        ..Library::new(EMPTY_LOOP, Class::Floor)
    },
    Library {
        outcome: Some(outcome::resolved_own),
        ..Library::new(RESOLVED_OWN, Class::Floor)
    },
    Library {
        outcome: Some(outcome::found_own),
        ..Library::new(FOUND_OWN, Class::Floor)
    },
    Library {
        outcome: Some(outcome::resolved_shared),
        ..Library::new(RESOLVED_SHARED, Class::Floor)
    },
    Library {
        outcome: Some(outcome::found_shared),
        ..Library::new(FOUND_SHARED, Class::Floor)
    },
    Library {
        counter: Some(resolved::counter_own),
        histogram: Some(resolved::histogram_own),
        ..Library::new(OWN, Class::Floor)
    },
    Library {
        counter: Some(resolved::counter_shared),
        histogram: Some(resolved::histogram_shared),
        ..Library::new(SHARED, Class::Floor)
    },
    Library {
        counters: Some(table::copied_counters),
        histograms: Some(table::copied_histograms),
        ..Library::new(COPIED, Class::Floor)
    },
    Library {
        counters: Some(table::counters),
        histograms: Some(table::histograms),
        ..Library::new(TABLE, Class::Floor)
    },
];
