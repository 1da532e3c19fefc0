//! Counts the allocations of the calling thread, the bytes that they asked for, and what it holds.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static COUNTED: Cell<Allocated> = const { Cell::new(Allocated { times: 0, bytes: 0, held: 0, peak: 0 }) };
}

/// What one thread has allocated so far; growing in place counts like a new allocation.
#[derive(Clone, Copy)]
pub(crate) struct Allocated {
    pub(crate) times: u64,
    pub(crate) bytes: u64,
    /// What was allocated by this thread less what was freed by it.
    pub(crate) held: i64,
    /// The most that was held since [`start_peak`].
    pub(crate) peak: i64,
}

/// What the calling thread has allocated so far.
pub(crate) fn allocated() -> Allocated {
    COUNTED.get()
}

/// The peak is looked for from here on.
pub(crate) fn start_peak() {
    let mut counted = COUNTED.get();
    counted.peak = counted.held;
    COUNTED.set(counted);
}

struct Counting;

fn count(size: usize, freed: usize) {
    // The cell has neither an initialiser nor a destructor to run, so this does not allocate.
    let counted = COUNTED.get();
    let held = counted.held + size as i64 - freed as i64;
    COUNTED.set(Allocated {
        times: counted.times + 1,
        bytes: counted.bytes + size as u64,
        held,
        peak: counted.peak.max(held),
    });
}

fn discount(size: usize) {
    let mut counted = COUNTED.get();
    counted.held -= size as i64;
    COUNTED.set(counted);
}

// SAFETY: every call is handed to the system's allocator as it came, and its answer is returned.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        discount(layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(block, layout) }
    }
}
