//! Cells that each thread has of its own; a scrape adds them up.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::cells::Cells;

/// So many cells for each thread. They are never freed, so that a thread finds them by one load.
pub(super) struct PerThread {
    number: u64,
    cells: usize,
    all: Mutex<Vec<&'static [Cells]>>,
}

thread_local! {
    /// The cells that the thread has last used, and whose they are.
    static MINE: Cell<(u64, &'static [Cells])> = const { Cell::new((0, &[])) };
}

impl PerThread {
    pub(super) fn new(cells: usize) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        PerThread {
            number: NUMBER.fetch_add(1, Relaxed),
            cells,
            all: Mutex::new(Vec::new()),
        }
    }

    /// Those of the calling thread.
    #[inline]
    pub(super) fn mine(&self) -> &'static [Cells] {
        match MINE.get() {
            (number, cells) if number == self.number => cells,
            _ => self.make(),
        }
    }

    #[cold]
    fn make(&self) -> &'static [Cells] {
        let cells: Vec<Cells> = (0..self.cells).map(|_| Cells::default()).collect();
        let cells: &'static [Cells] = cells.leak();
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(cells);
        MINE.set((self.number, cells));
        cells
    }

    /// Those of all threads, added.
    pub(super) fn sum(&self) -> Vec<Cells> {
        let sum: Vec<Cells> = (0..self.cells).map(|_| Cells::default()).collect();
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        for cells in all.iter() {
            for (to, from) in sum.iter().zip(cells.iter()) {
                to.merge(from);
            }
        }
        sum
    }
}
