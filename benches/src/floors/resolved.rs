//! B and G: a counter and a histogram that need not be looked up.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use super::cells::{Add, Cells, Own, Shared};
use super::threads::PerThread;
use crate::scenario::function;
use crate::scenario::resolved::Durations;
use crate::subject::{Class, Subject};

fn counted(cells: &Cells) -> String {
    format!("work_events_total {}\n", cells.statuses[0].load(Relaxed))
}

fn observed(cells: &Cells) -> String {
    cells.histogram("work_duration_seconds", "").concat()
}

pub(super) fn counter_own() -> Subject {
    let threads = Arc::new(PerThread::new(1));
    let scraped = Arc::clone(&threads);
    Subject::looping(
        super::OWN,
        Class::Floor,
        move |range| {
            let cells = threads.mine();
            range.for_each(|_| Own::count(&black_box(&cells[0]).statuses[0]));
        },
        move || counted(&scraped.sum()[0]),
    )
}

pub(super) fn counter_shared() -> Subject {
    let cells = Arc::new(Cells::default());
    let scraped = Arc::clone(&cells);
    let operation = move |_| Shared::count(&cells.statuses[0]);
    Subject::recording(super::SHARED, Class::Floor, operation, move || {
        counted(&scraped)
    })
}

pub(super) fn histogram_own() -> Subject {
    let durations = Durations::new();
    let threads = Arc::new(PerThread::new(1));
    let scraped = Arc::clone(&threads);
    Subject::looping(
        super::OWN,
        Class::Floor,
        move |range| {
            let cells = threads.mine();
            range.for_each(|number| black_box(&cells[0]).observe::<Own>(durations.get(number)));
        },
        move || observed(&scraped.sum()[0]),
    )
}

pub(super) fn histogram_shared() -> Subject {
    let durations = Durations::new();
    let cells = Arc::new(Cells::default());
    let scraped = Arc::clone(&cells);
    let operation = move |number| cells.observe::<Shared>(durations.get(number));
    Subject::recording(super::SHARED, Class::Floor, operation, move || {
        observed(&scraped)
    })
}

/// A function, two readings of the clock, and cells of the thread.
pub(crate) fn function() -> Subject {
    let threads = Arc::new(PerThread::new(1));
    let scraped = Arc::clone(&threads);
    let operation = move |number| {
        let start = Instant::now();
        let returned = black_box(function::bare(number));
        let took = start.elapsed().as_secs_f64();
        let cells = &threads.mine()[0];
        Own::count(&cells.statuses[usize::from(returned.is_err())]);
        cells.observe::<Own>(took);
    };
    Subject::recording(super::CLOCK_AND_OWN, Class::Floor, operation, move || {
        counted(&scraped.sum()[0])
    })
    .counting("work_events_total ")
}
