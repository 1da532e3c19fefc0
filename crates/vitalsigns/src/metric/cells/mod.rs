//! Words that one thread alone writes, so that recording shares no cache line with anybody.
//!
//! A shared atomic costs a locked instruction even where nobody else records, and several threads
//! on one of them take its cache line from each other for each addition. So a series has, beside
//! its shared words, a *block* of words in the *leaf* of each thread: the thread adds with a load
//! and a store, and who reads sums over all leaves.
//!
//! - A **leaf** is 4 KiB of one thread, made when the thread first records into something there.
//! - A **shelf** is the list of all leaves with the same number, one for each thread that has one.
//!   Leaves are added and never taken away, so readers need no lock.
//! - A **place** is the number of a shelf and an offset: where the block of a series is, in each
//!   leaf of that shelf. A series gets one when it is first recorded, so that those that nothing
//!   is recorded in cost nothing.
//!
//! A thread that ends leaves its leaves to the next that begins, **with what is in them**. Nothing
//! is added up and moved when a thread ends, so totals cannot shrink or jump while it happens, and
//! there are as many leaves as threads recorded at the same time.
//!
//! The last handle of a series zeroes its block in all leaves before the place is given away
//! again: without a handle nobody can write to it.
//!
//! Threads record into the shared words, with a locked instruction, where there is no block for
//! them:
//! - a family has blocks for the first [`SERIES`] of its series, or for none if it is declared so;
//! - all blocks of a process lie on 255 shelves, so a thread has 1 MiB of leaves at the most;
//! - [`OWNERS`] threads have leaves at the same time;
//! - in the destructors of a thread's variables, the leaves may be gone already;
//! - who would have to wait for the lock that guards all of this does not.

#[cfg(all(loom, test))]
mod races;
mod row;
mod space;
mod thread;

pub(super) use row::{Member, Row};
pub(super) use space::Leaf;
use space::{LEAF, Place, space};

use crate::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// How many series of one family have blocks of their own.
#[cfg(not(loom))]
const SERIES: usize = 1024;
#[cfg(loom)]
const SERIES: usize = 1;

/// How many threads have leaves at the same time.
#[cfg(not(loom))]
const OWNERS: usize = 128;
#[cfg(loom)]
const OWNERS: usize = 2;

/// The largest total that is kept in one word as a float.
///
/// Whatever would go beyond is added to the shared word. Beside one that is near the end of all
/// floats, as many words as there can be vanish in rounding, so no sum of finite words is infinite.
const LARGEST: f64 = f64::from_bits((1023 + 960) << 52);

/// How many blocks a family can still have.
#[derive(Debug)]
pub(crate) struct Room(AtomicUsize);

impl Room {
    pub(super) fn new() -> Self {
        Room(AtomicUsize::new(SERIES))
    }

    fn take(&self) -> bool {
        let left = |left: usize| left.checked_sub(1);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        taken.is_ok()
    }

    fn give_back(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The words that a series has in the leaf of each thread.
#[derive(Debug)]
pub(super) struct Block {
    place: AtomicU32,
    words: u32,
}

impl Block {
    /// A block of so many words, to be placed when it is needed; it never is without room for it.
    pub(super) fn new(words: usize, room: Option<&Room>) -> Self {
        let (place, words) = match u32::try_from(words) {
            Ok(words) if room.is_some() => (Place::NONE, words),
            _ => (Place::SHARED, 0),
        };
        Block {
            place: AtomicU32::new(place.0),
            words,
        }
    }

    /// The words of this thread, if it has any.
    #[inline]
    pub(super) fn own(&self) -> Option<Own> {
        Own::at(self.place())
    }

    /// The words of this thread, which are made if there can be any.
    #[cold]
    pub(super) fn claim(&self, room: Option<&Room>) -> Option<Own> {
        let place = match self.place() {
            Place::SHARED => return None,
            Place::NONE => self.put(room?)?,
            place => place,
        };
        Own::claim(place)
    }

    fn put(&self, room: &Room) -> Option<Place> {
        let place = match room.take() {
            true => {
                let found = space().find(self.words);
                if !found.is_some_and(Place::is_somewhere) {
                    room.give_back();
                }
                // If somebody is at it, another time.
                found?
            }
            false => Place::SHARED,
        };
        let place = self.put_at(place, room);
        place.is_somewhere().then_some(place)
    }

    /// Puts the block at a place for which room was taken, unless it has one; says where it is.
    fn put_at(&self, place: Place, room: &Room) -> Place {
        // Release: who finds the words there finds them zeroed.
        let put = self.place.compare_exchange(
            Place::NONE.0,
            place.0,
            Ordering::Release,
            Ordering::Acquire,
        );
        match put {
            Ok(_) => place,
            Err(other) => {
                if place.is_somewhere() {
                    space().put(place, self.words);
                    room.give_back();
                }
                Place(other)
            }
        }
    }

    /// Reads the words of each thread, in the order in which the threads came.
    #[inline]
    pub(super) fn each(&self, mut read: impl FnMut(Words)) {
        let place = self.place();
        if place.is_somewhere() {
            let offset = place.offset();
            space().each_leaf(place, |leaf| read(Words { leaf, offset }));
        }
    }

    /// The sum of one word over all threads; it wraps.
    #[inline]
    pub(super) fn sum(&self, index: usize) -> u64 {
        let mut sum = 0_u64;
        self.each(|words| sum = sum.wrapping_add(words.get(index)));
        sum
    }

    /// Adds to `shared` one word of all threads.
    ///
    /// The order is always the same, so this sum cannot shrink while the words grow.
    #[inline]
    pub(super) fn sum_f64(&self, index: usize, shared: f64) -> f64 {
        let mut sum = shared;
        self.each(|words| sum += words.get_f64(index));
        sum
    }

    /// Gives the place away. To be called when the last handle goes.
    pub(super) fn free(&self, room: Option<&Room>) {
        let place = self.place();
        if let Some(room) = room.filter(|_| place.is_somewhere()) {
            space().free(place, self.words);
            room.give_back();
        }
    }

    /// Acquire: see `put`.
    #[inline]
    fn place(&self) -> Place {
        Place(self.place.load(Ordering::Acquire))
    }
}

/// The words of a series in one leaf, to be read.
#[derive(Clone, Copy)]
pub(super) struct Words {
    leaf: &'static Leaf,
    offset: usize,
}

impl Words {
    #[inline]
    pub(super) fn get(self, index: usize) -> u64 {
        self.leaf.words[(self.offset + index) % LEAF].load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn get_f64(self, index: usize) -> f64 {
        f64::from_bits(self.get(index))
    }
}

/// The words of a series in the leaf of this thread: nobody else writes to them.
#[derive(Clone, Copy)]
pub(super) struct Own(Words);

impl Own {
    #[inline]
    fn at(place: Place) -> Option<Self> {
        let leaf = thread::leaf(place.shelf())?;
        let offset = place.offset();
        Some(Own(Words { leaf, offset }))
    }

    /// The same; words are made if there can be any.
    fn claim(place: Place) -> Option<Self> {
        let leaf = thread::leaf(place.shelf()).or_else(|| thread::claim(place.shelf()))?;
        let offset = place.offset();
        Some(Own(Words { leaf, offset }))
    }

    /// What comes after so many words.
    #[inline]
    pub(super) fn after(self, words: usize) -> Self {
        let Own(Words { leaf, offset }) = self;
        let offset = offset + words;
        Own(Words { leaf, offset })
    }

    /// Adds; false if the sum would be more than fits, and then it stays.
    #[inline]
    pub(super) fn add_checked(self, index: usize, amount: u64) -> bool {
        let sum = self.0.get(index).checked_add(amount);
        if let Some(sum) = sum {
            self.set(index, sum, Ordering::Relaxed);
        }
        sum.is_some()
    }

    /// Adds, and wraps.
    #[inline]
    pub(super) fn add(self, index: usize, amount: u64) {
        let sum = self.0.get(index).wrapping_add(amount);
        // Relaxed: a word publishes no other memory.
        self.set(index, sum, Ordering::Relaxed);
    }

    /// The same; who sees it sees what was recorded before.
    #[inline]
    pub(super) fn add_last(self, index: usize, amount: u64) {
        let sum = self.0.get(index).wrapping_add(amount);
        self.set(index, sum, Ordering::Release);
    }

    /// Adds to a float; false if it would no longer be one that this word is for.
    #[inline]
    pub(super) fn add_f64(self, index: usize, amount: f64) -> bool {
        let sum = self.0.get_f64(index) + amount;
        // Neither is NaN.
        let is_good = sum.abs() <= LARGEST;
        if is_good {
            self.set(index, sum.to_bits(), Ordering::Relaxed);
        }
        is_good
    }

    #[inline]
    fn set(self, index: usize, value: u64, ordering: Ordering) {
        let Words { leaf, offset } = self.0;
        leaf.words[(offset + index) % LEAF].store(value, ordering);
    }
}
