//! A gauge of whole numbers that each thread moves in words of its own.

use std::sync::Arc;

use crate::metric::Shape;
use crate::metric::cells::{Block, Member, Own};
use crate::sync::atomic::{AtomicU64, Ordering, fence};

/// How far each thread has moved a gauge.
///
/// Up and down are two words, and what went down is read first: what goes up in one thread and down
/// in another is then never seen down and not up, so requests in flight are never below zero. All
/// numbers are `i64` in two's complement, which wrap.
#[derive(Debug)]
pub(super) struct Moves {
    block: Block,
    shape: Arc<Shape>,
}

const UP: usize = 0;
const DOWN: usize = 1;
/// As many are in a block.
pub(in crate::metric) const WORDS: usize = 2;

impl Moves {
    pub(super) fn new(shape: &Arc<Shape>) -> Self {
        Moves {
            block: Block::new(WORDS, shape.room.as_ref()),
            shape: Arc::clone(shape),
        }
    }

    #[inline]
    pub(super) fn add(&self, shared: &AtomicU64, amount: u64) {
        match self.block.own() {
            Some(own) => step(own, amount),
            None => self.add_slowly(shared, amount),
        }
    }

    #[cold]
    fn add_slowly(&self, shared: &AtomicU64, amount: u64) {
        match self.block.claim(self.shape.room.as_ref()) {
            Some(own) => step(own, amount),
            // Release: it can be a way down.
            None => _ = shared.fetch_add(amount, Ordering::Release),
        }
    }

    pub(in crate::metric) fn member(&self) -> Member<'_> {
        (&self.block, self.shape.room.as_ref())
    }

    /// Makes `value` the sum of all.
    pub(super) fn set(&self, shared: &AtomicU64, value: u64) {
        let mut before = shared.load(Ordering::Relaxed);
        loop {
            let down = self.block.sum(DOWN);
            let next = value.wrapping_sub(self.block.sum(UP)).wrapping_add(down);
            // By comparison, so that of two who set at once neither uses what was before the other.
            match shared.compare_exchange(before, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => before = other,
            }
        }
    }

    pub(super) fn total(&self, shared: &AtomicU64) -> u64 {
        let down = self.block.sum(DOWN);
        // Who sees a way down sees the way up before it, by whatever thread, or in the shared word.
        fence(Ordering::Acquire);
        let shared = shared.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        let up = self.block.sum(UP);
        shared.wrapping_add(up).wrapping_sub(down)
    }
}

impl Drop for Moves {
    fn drop(&mut self) {
        self.block.free(self.shape.room.as_ref());
    }
}

#[inline]
fn step(own: Own, amount: u64) {
    if amount as i64 >= 0 {
        own.add(UP, amount);
    } else {
        own.add_last(DOWN, amount.wrapping_neg());
    }
}

/// One up in these words.
#[inline]
pub(in crate::metric) fn up(own: Own) {
    own.add(UP, 1);
}

/// One down in these words.
#[inline]
pub(in crate::metric) fn down(own: Own) {
    own.add_last(DOWN, 1);
}
