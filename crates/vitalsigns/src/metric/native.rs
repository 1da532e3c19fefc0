//! The buckets of a native histogram: as many as there are values, at a resolution that fits them.
//!
//! A bucket reaches from one power of `2^(1/2^schema)` to the next. The schema is 3 at the start,
//! so a bound is about 1.09 times the one before. If more than 160 buckets are in use, the
//! resolution is halved: two neighbours become one.
//!
//! Nothing is moved for that. Each resolution has a table of its own, made when it is first needed;
//! a recorder adds to that of now, and a page reads all of them and folds the finer ones into the
//! coarsest. So a recorder that is late and still adds to a finer table loses nothing, and no lock
//! is needed.

use super::Shape;
use crate::sync::OnceLock;
use crate::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering, fence};

/// The finest resolution: a factor of 1.09 from bound to bound.
const SCHEMA: i32 = 3;

/// Resolutions, down to schema -4: a factor of 65536.
#[cfg(not(loom))]
const LEVELS: usize = 8;
#[cfg(loom)]
const LEVELS: usize = 2;

/// How many buckets may be in use before the resolution is halved.
#[cfg(not(loom))]
const MAX_BUCKETS: usize = 160;
#[cfg(loom)]
const MAX_BUCKETS: usize = 1;

/// Places in a table, a power of two.
///
/// At the coarsest resolution there are 144 buckets, 72 of each sign, so that table is never full.
#[cfg(not(loom))]
const PLACES: usize = 256;
#[cfg(loom)]
const PLACES: usize = 4;

/// What is not further from 0 than this counts as 0: 2^-128.
pub(crate) const ZERO_THRESHOLD: f64 = f64::from_bits((1023 - 128) << 52);

/// The fraction bits of the bounds between 1 and 2: those of `2^(n/8)`, rounded as Prometheus has
/// them.
const STEPS: [u64; 8] = [
    0x0,
    0x172b83c7d517b,
    0x306fe0a31b715,
    0x4bfdad5362a27,
    0x6a09e667f3bcc,
    0x8ace5422aa0db,
    0xae89f995ad3ac,
    0xd5818dcfba486,
];

/// The native part of a histogram.
#[derive(Debug)]
pub(crate) struct Native {
    /// How often the resolution was halved; it never rises again.
    level: AtomicUsize,
    zero: AtomicU64,
    tables: [OnceLock<Box<Table>>; LEVELS],
}

/// What a native histogram had counted when it was read: numbers of buckets and what is in them,
/// in order and without empty ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NativeBuckets {
    pub(crate) schema: i32,
    pub(crate) zero: u64,
    pub(crate) positive: Vec<(i32, u64)>,
    /// By the distance from 0.
    pub(crate) negative: Vec<(i32, u64)>,
}

impl NativeBuckets {
    pub(crate) fn count(&self) -> u64 {
        let buckets = self.positive.iter().chain(&self.negative);
        buckets.map(|(_, count)| count).sum::<u64>() + self.zero
    }
}

impl Native {
    pub(super) fn new() -> Self {
        Native {
            level: AtomicUsize::new(0),
            zero: AtomicU64::new(0),
            tables: std::array::from_fn(|_| OnceLock::new()),
        }
    }

    /// Counts a finite value.
    ///
    /// It allocates at the very first one, and at the first one after the resolution was halved.
    pub(super) fn observe(&self, value: f64, shape: &Shape) {
        // Relaxed throughout: the numbers publish no other memory.
        let size = value.abs();
        if size <= ZERO_THRESHOLD {
            self.zero.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let (finest, is_negative) = (index(size), value < 0.0);
        let mut level = self.level.load(Ordering::Relaxed);
        loop {
            match self.table(level).add(coarser(finest, level), is_negative) {
                Added::Known => return,
                Added::New { in_use } => {
                    if in_use > MAX_BUCKETS {
                        self.halve(level + 1, shape);
                    }
                    return;
                }
                // Not at the coarsest resolution, where there is room for all.
                Added::Full => {
                    level = (level + 1).min(LEVELS - 1);
                    self.halve(level, shape);
                }
            }
        }
    }

    /// The resolution is from now on that of `level`, or a coarser one.
    fn halve(&self, level: usize, shape: &Shape) {
        let level = level.min(LEVELS - 1);
        let before = self.level.fetch_max(level, Ordering::Relaxed);
        if let (Some(halved), Some(times)) = (&shape.halved, level.checked_sub(before)) {
            halved.add(times as u64);
        }
    }

    fn table(&self, level: usize) -> &Table {
        match self.tables[level].get() {
            Some(table) => table,
            None => self.make(level),
        }
    }

    #[cold]
    fn make(&self, level: usize) -> &Table {
        // Made before it is put in its place, so that others wait for no memory.
        let table = Box::new(Table::new());
        self.tables[level].get_or_init(|| table)
    }

    /// What was counted, in 160 buckets at the most.
    pub(crate) fn read(&self, shape: &Shape) -> NativeBuckets {
        // What was seen in the classic buckets before is seen here; see `Histogram::observe`.
        fence(Ordering::Acquire);
        let zero = self.zero.load(Ordering::Relaxed);
        let mut level = self.level.load(Ordering::Relaxed);
        let mut found: Vec<(bool, i32, u64)> = Vec::new();
        for (at, table) in self.tables.iter().enumerate() {
            let Some(table) = table.get() else { continue };
            // Somebody may have halved the resolution since it was read.
            level = level.max(at);
            let from = found.len();
            table.read(&mut found);
            // In the table of each resolution the numbers are its own: for now, as if the finest.
            for (_, index, _) in &mut found[from..] {
                *index <<= at;
            }
        }
        for (_, index, _) in &mut found {
            *index = coarser(*index, level);
        }
        merge(&mut found);
        // Several tables together can have more buckets than one may have, and threads that meet
        // can overshoot a little.
        while found.len() > MAX_BUCKETS && level + 1 < LEVELS {
            level += 1;
            for (_, index, _) in &mut found {
                *index = coarser(*index, 1);
            }
            merge(&mut found);
        }
        self.halve(level, shape);
        let of = |sign: bool| {
            let buckets = found.iter().filter(|(negative, ..)| *negative == sign);
            buckets.map(|(_, index, count)| (*index, *count)).collect()
        };
        NativeBuckets {
            schema: SCHEMA - level as i32,
            zero,
            positive: of(false),
            negative: of(true),
        }
    }
}

/// The number of the bucket at the finest resolution; `size` is above the zero threshold, so it is
/// a normal number.
fn index(size: f64) -> i32 {
    let bits = size.to_bits();
    let exponent = (bits >> 52) as i32 - 1023;
    let fraction = bits & ((1 << 52) - 1);
    // A value on a bound is in the bucket below it.
    let steps = STEPS.iter().filter(|step| fraction > **step).count();
    exponent * 8 + steps as i32
}

/// The number of the bucket in which this one is after so many halvings: rounded up, as bounds
/// are upper ones.
fn coarser(index: i32, halvings: usize) -> i32 {
    (index + (1 << halvings) - 1) >> halvings
}

/// Sorts, and adds up what has the same number.
fn merge(buckets: &mut Vec<(bool, i32, u64)>) {
    buckets.sort_unstable();
    buckets.dedup_by(|next, kept| {
        let is_same = (next.0, next.1) == (kept.0, kept.1);
        if is_same {
            kept.2 += next.2;
        }
        is_same
    });
}

/// Counts by the number of the bucket, at one resolution. A place belongs to the first bucket that
/// takes it, for ever.
#[derive(Debug)]
struct Table {
    in_use: AtomicUsize,
    places: [Place; PLACES],
}

#[derive(Debug)]
struct Place {
    /// Twice the number of the bucket, and one more for a negative one.
    key: AtomicI32,
    count: AtomicU64,
}

const EMPTY: i32 = i32::MIN;

enum Added {
    Known,
    New { in_use: usize },
    Full,
}

impl Table {
    fn new() -> Self {
        Table {
            in_use: AtomicUsize::new(0),
            places: std::array::from_fn(|_| Place {
                key: AtomicI32::new(EMPTY),
                count: AtomicU64::new(0),
            }),
        }
    }

    fn add(&self, index: i32, is_negative: bool) -> Added {
        let key = index * 2 + i32::from(is_negative);
        // Neighbours are in neighbouring places, and the signs start from the two ends.
        let first = if is_negative { !index } else { index } as usize;
        for step in 0..PLACES {
            let place = &self.places[first.wrapping_add(step) % PLACES];
            let mut found = place.key.load(Ordering::Relaxed);
            let is_new = found == EMPTY && {
                let (ours, theirs) = (Ordering::Relaxed, Ordering::Relaxed);
                match place.key.compare_exchange(EMPTY, key, ours, theirs) {
                    Ok(_) => true,
                    Err(actual) => {
                        found = actual;
                        false
                    }
                }
            };
            if is_new || found == key {
                place.count.fetch_add(1, Ordering::Relaxed);
            }
            if is_new {
                let in_use = self.in_use.fetch_add(1, Ordering::Relaxed) + 1;
                return Added::New { in_use };
            }
            if found == key {
                return Added::Known;
            }
        }
        Added::Full
    }

    fn read(&self, found: &mut Vec<(bool, i32, u64)>) {
        for place in &self.places {
            let key = place.key.load(Ordering::Relaxed);
            let count = place.count.load(Ordering::Relaxed);
            // A place that was just taken has no count yet.
            if key != EMPTY && count > 0 {
                found.push((key & 1 == 1, key >> 1, count));
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn shape() -> Shape {
        Shape::new(Arc::default(), None)
    }

    fn observed(values: &[f64]) -> NativeBuckets {
        let native = Native::new();
        let shape = shape();
        for value in values {
            native.observe(*value, &shape);
        }
        native.read(&shape)
    }

    #[test]
    fn a_bound_is_the_upper_end_of_its_bucket() {
        for (value, number) in [
            (1.0, 0),
            (1.0 + f64::EPSILON, 1),
            (2.0, 8),
            (0.5, -8),
            (3.0, 13),
            (f64::MAX, 8192),
            (2.0 * ZERO_THRESHOLD, -127 * 8),
            (f64::from_bits(ZERO_THRESHOLD.to_bits() + 1), -128 * 8 + 1),
        ] {
            assert_eq!(index(value), number, "{value}");
        }
        for step in 1..8 {
            let bound = 2_f64.powf(f64::from(step) / 8.0);
            let inside = f64::from_bits(bound.to_bits() - 2);
            let outside = f64::from_bits(bound.to_bits() + 2);
            assert_eq!((index(inside), index(outside)), (step, step + 1));
        }
    }

    #[test]
    fn values_are_where_they_belong() {
        let found = observed(&[0.0, -0.0, 1e-40, 1.0, 1.01, 1.05, -4.0, 1e300]);
        assert_eq!(found.schema, 3);
        assert_eq!(found.zero, 3);
        assert_eq!(found.positive, [(0, 1), (1, 2), (7973, 1)]);
        assert_eq!(found.negative, [(16, 1)]);
        assert_eq!(found.count(), 8);
    }

    #[test]
    fn too_many_buckets_halve_the_resolution_and_lose_nothing() {
        let values: Vec<f64> = (0..1000).map(|n| 1.2_f64.powi(n - 480)).collect();
        let native = Native::new();
        let shape = shape();
        let mut before = 0;
        for (done, value) in values.iter().enumerate() {
            native.observe(*value, &shape);
            let now = native.read(&shape);
            assert_eq!(now.count(), done as u64 + 1);
            assert!(now.positive.len() <= MAX_BUCKETS);
            assert!(SCHEMA - now.schema >= before);
            before = SCHEMA - now.schema;
        }
        // 1.2^1000 is 263 powers of two: 132 buckets of two powers each.
        let found = native.read(&shape);
        assert_eq!(found.schema, -1);
        let again: NativeBuckets = {
            let mut buckets: Vec<_> = values
                .iter()
                .map(|value| (false, coarser(index(*value), 4), 1))
                .collect();
            merge(&mut buckets);
            NativeBuckets {
                schema: -1,
                zero: 0,
                positive: buckets
                    .into_iter()
                    .map(|(_, n, count)| (n, count))
                    .collect(),
                negative: Vec::new(),
            }
        };
        assert_eq!(found, again);
    }

    #[test]
    fn the_whole_range_of_both_signs_has_room() {
        let mut values = Vec::new();
        for exponent in -1074..1024 {
            let value = 2_f64.powi(exponent) * 1.3;
            values.extend([value, -value]);
        }
        let found = observed(&values);
        assert_eq!(found.count(), values.len() as u64);
        assert_eq!(found.schema, -4);
        assert!(found.positive.len() <= 72 && found.negative.len() <= 72);
    }
}

/// Every order in which two recorders and a page can meet where the resolution is halved.
#[cfg(all(test, loom))]
mod races {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;
    use crate::metric::Histogram;
    use crate::metric::sealed::Recorded;
    use crate::sample::Value;

    /// All orders would take a minute; three changes of thread at the most are what matters.
    fn model(test: impl Fn() + Send + Sync + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(test);
    }

    #[test]
    fn races_at_a_change_of_resolution_lose_nothing() {
        model(|| {
            let shape = Arc::new(Shape::new(std::sync::Arc::default(), None));
            let native = Arc::new(Native::new());
            let recorder = {
                let (native, shape) = (Arc::clone(&native), Arc::clone(&shape));
                thread::spawn(move || {
                    native.observe(1.0, &shape);
                    native.observe(300.0, &shape);
                })
            };
            native.observe(40.0, &shape);
            // Whatever of the others is seen, what was recorded here is.
            let seen = native.read(&shape).count();
            assert!((1..=3).contains(&seen), "{seen}");
            recorder.join().unwrap();
            assert_eq!(native.read(&shape).count(), 3);
        });
    }

    #[test]
    fn races_of_both_kinds_of_buckets_show_no_value_in_the_classic_ones_alone() {
        model(|| {
            let shape = Shape::new(std::sync::Arc::new([0.5]), None);
            let shape = std::sync::Arc::new(Shape {
                native: true,
                ..shape
            });
            let histogram = Histogram::make(&shape);
            let recorder = {
                let histogram = histogram.clone();
                thread::spawn(move || histogram.observe(1))
            };
            histogram.read(&mut Vec::new(), &mut |value| {
                let Value::Histogram(value) = value else {
                    panic!("a histogram");
                };
                let native = value.native.unwrap().read();
                assert!(native.count() >= value.counts.iter().sum());
            });
            recorder.join().unwrap();
        });
    }
}
