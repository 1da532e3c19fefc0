//! Where blocks are, and whose leaves are whose.
//!
//! Everything here is for the process: threads belong to no registry. One lock guards what is given
//! away; it is held for a few steps, and who records does not wait for it.

use std::collections::BTreeMap;
use std::sync::{PoisonError, TryLockError};

use super::OWNERS;
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, OnceLock};

/// Words in a leaf: 4 KiB.
#[cfg(not(loom))]
pub(super) const LEAF: usize = 512;
#[cfg(loom)]
pub(super) const LEAF: usize = 3;

/// As many as a byte can tell apart; nothing is on the first one.
#[cfg(not(loom))]
pub(super) const SHELVES: usize = 256;
#[cfg(loom)]
pub(super) const SHELVES: usize = 2;

/// Where a block is: on which shelf, and at which word of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(pub(super) u32);

impl Place {
    /// Nowhere yet.
    pub(super) const NONE: Place = Place(0);
    /// Nowhere, for ever.
    pub(super) const SHARED: Place = Place(1 << 8);

    fn new(shelf: u8, offset: usize) -> Self {
        // An offset is below 512.
        Place(u32::from(shelf) | (offset as u32) << 8)
    }

    /// The first one, on which there is nothing, if it is nowhere.
    #[inline]
    pub(super) fn shelf(self) -> u8 {
        self.0 as u8
    }

    #[inline]
    pub(super) fn offset(self) -> usize {
        (self.0 >> 8) as usize
    }

    /// What comes after so many words on the same shelf; nothing is there if the leaf ends before.
    pub(super) fn after(self, words: u32) -> Self {
        Place::new(self.shelf(), self.offset() + words as usize)
    }

    pub(super) fn is_somewhere(self) -> bool {
        self.shelf() != 0
    }
}

/// Words that one thread writes. Aligned so that no neighbour in memory is on its cache lines,
/// which processors fetch in pairs.
#[derive(Debug)]
#[repr(align(128))]
pub(in crate::metric) struct Leaf {
    pub(super) words: [AtomicU64; LEAF],
    pub(super) shelf: u8,
    /// That of another thread, on the same shelf.
    next: OnceLock<Box<Leaf>>,
}

impl Leaf {
    fn new(shelf: u8) -> Self {
        Leaf {
            words: std::array::from_fn(|_| AtomicU64::new(0)),
            shelf,
            next: OnceLock::new(),
        }
    }
}

/// The leaves of one thread.
pub(super) type Leaves = Vec<&'static Leaf>;

pub(super) struct Space {
    shelves: [OnceLock<Box<Leaf>>; SHELVES],
    /// How many more threads can have leaves. Changed with the lock held, looked at without.
    vacant: AtomicUsize,
    given: Mutex<Given>,
}

/// What is given away and what is free.
struct Given {
    /// Blocks that are free, by size.
    free: BTreeMap<u32, Vec<Place>>,
    /// The last shelf that something is on.
    shelf: u8,
    /// Of threads that have ended.
    idle: Vec<Leaves>,
}

impl Given {
    const fn new() -> Self {
        Given {
            free: BTreeMap::new(),
            shelf: 0,
            idle: Vec::new(),
        }
    }

    /// The smallest free block that is large enough; what it has too much stays free.
    fn find(&mut self, words: u32) -> Option<Place> {
        let (&size, places) = self.free.range_mut(words..).next()?;
        let place = places.pop()?;
        if places.is_empty() {
            self.free.remove(&size);
        }
        if size > words {
            let rest = Place::new(place.shelf(), place.offset() + words as usize);
            self.put(rest, size - words);
        }
        Some(place)
    }

    fn put(&mut self, place: Place, words: u32) {
        self.free.entry(words).or_default().push(place);
    }

    /// Adds a shelf to what is free; false if there are no more.
    fn extend(&mut self) -> bool {
        if usize::from(self.shelf) + 1 >= SHELVES {
            return false;
        }
        self.shelf += 1;
        self.put(Place::new(self.shelf, 0), LEAF as u32);
        true
    }
}

#[cfg(not(loom))]
static SPACE: Space = Space {
    shelves: [const { OnceLock::new() }; SHELVES],
    vacant: AtomicUsize::new(OWNERS),
    given: Mutex::new(Given::new()),
};

// Never freed, because loom drops its statics before the variables of the last threads.
#[cfg(loom)]
loom::lazy_static! {
    static ref SPACE: &'static Space = Box::leak(Box::new(Space {
        shelves: std::array::from_fn(|_| OnceLock::new()),
        vacant: AtomicUsize::new(OWNERS),
        given: Mutex::new(Given::new()),
    }));
}

pub(super) fn space() -> &'static Space {
    &SPACE
}

impl Space {
    /// A place for a block; nowhere if there is none left, nothing if somebody is at it.
    pub(super) fn find(&self, words: u32) -> Option<Place> {
        if words as usize > LEAF {
            return Some(Place::SHARED);
        }
        let mut given = self.try_lock()?;
        let found = given.find(words);
        let found = found.or_else(|| given.extend().then(|| given.find(words))?);
        Some(found.unwrap_or(Place::SHARED))
    }

    /// Takes a block back in which nothing was recorded.
    pub(super) fn put(&self, place: Place, words: u32) {
        // If somebody is at it, these few words are lost: who records does not wait.
        if let Some(mut given) = self.try_lock() {
            given.put(place, words);
        }
    }

    /// Takes a block back that nobody has a handle on.
    pub(super) fn free(&'static self, place: Place, words: u32) {
        self.each_leaf(place, |leaf| {
            for word in leaf.words.iter().skip(place.offset()).take(words as usize) {
                // Looked at first: most threads recorded nothing there.
                if word.load(Ordering::Relaxed) != 0 {
                    // Relaxed: who gets the place next comes through the lock.
                    word.store(0, Ordering::Relaxed);
                }
            }
        });
        self.lock().put(place, words);
    }

    /// Reads the leaves of all threads that a place is in, in the order in which they were made.
    #[inline]
    pub(super) fn each_leaf(&'static self, place: Place, mut read: impl FnMut(&'static Leaf)) {
        let mut next = &self.shelves[usize::from(place.shelf()) % SHELVES];
        while let Some(leaf) = next.get() {
            read(leaf);
            next = &leaf.next;
        }
    }

    /// The leaves of a thread that has ended, or none yet; nothing if too many threads have some,
    /// or if somebody is at it.
    pub(super) fn adopt(&self) -> Option<Leaves> {
        if self.vacant.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut given = self.try_lock()?;
        let vacant = self.vacant.load(Ordering::Relaxed).checked_sub(1)?;
        self.vacant.store(vacant, Ordering::Relaxed);
        Some(given.idle.pop().unwrap_or_default())
    }

    /// Leaves the leaves of a thread that ends to the next.
    pub(super) fn leave(&self, leaves: Leaves) {
        let mut given = self.lock();
        given.idle.push(leaves);
        let vacant = self.vacant.load(Ordering::Relaxed);
        self.vacant.store(vacant + 1, Ordering::Relaxed);
    }

    /// Another leaf on a shelf, unless somebody is at it.
    pub(super) fn grow(&'static self, shelf: u8) -> Option<&'static Leaf> {
        let leaf = Box::new(Leaf::new(shelf));
        let _given = self.try_lock()?;
        let mut end = &self.shelves[usize::from(shelf)];
        while let Some(leaf) = end.get() {
            end = &leaf.next;
        }
        Some(end.get_or_init(|| leaf))
    }

    fn lock(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing if it is locked.
    fn try_lock(&self) -> Option<MutexGuard<'_, Given>> {
        match self.given.try_lock() {
            Ok(given) => Some(given),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
