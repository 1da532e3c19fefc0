//! Finding the bucket of a value in a few steps that are the same for every value.
//!
//! The sizes that a service observes are all over the bounds, so each comparison that decides where
//! to look next is a guess that the processor loses half of the time. The first bits of a positive
//! float, its exponent and some of its fraction, are in the order of the floats. A table by those
//! bits knows how many bounds are below; it is as fine as it takes for no entry to have more than
//! one bound within, so that one comparison decides the rest.

use std::iter;

/// The most entries of a table.
const LARGEST: u64 = 1024;

/// Bits of a fraction.
const FRACTION: u32 = f64::MANTISSA_DIGITS - 1;

/// Finds how many bounds of a histogram are below a value.
#[derive(Debug)]
pub(crate) struct Search {
    /// The bounds, and one that nothing is above.
    ends: Box<[f64]>,
    table: Table,
}

#[derive(Debug, Default)]
struct Table {
    /// How many bits of a float do not choose the entry.
    shift: u32,
    /// What the other bits of the lowest positive bound are, less one: entry 0 is for what is below.
    floor: u64,
    /// The number of the last entry, which is for what is above all bounds.
    last: usize,
    /// How many bounds are below an entry. Empty if bounds are too close to each other, or too far.
    below: Box<[u16]>,
}

impl Search {
    /// For bounds that increase.
    pub(crate) fn new(bounds: &[f64]) -> Self {
        // The coarsest that will do is the smallest.
        let table = (0..=FRACTION)
            .rev()
            .find_map(|shift| Table::new(bounds, shift));
        Search {
            ends: bounds.iter().copied().chain([f64::INFINITY]).collect(),
            table: table.unwrap_or_default(),
        }
    }

    /// How many bounds are below a value that is finite and not below zero.
    #[inline]
    pub(crate) fn position(&self, value: f64) -> usize {
        let Table {
            shift,
            floor,
            last,
            below,
        } = &self.table;
        let entry = (value.to_bits() >> shift).saturating_sub(*floor) as usize;
        let Some(below) = below.get(entry.min(*last)) else {
            return self.halve(value);
        };
        let below = usize::from(*below);
        // Added, not decided upon: there is nothing to guess.
        below + usize::from(self.ends.get(below).is_some_and(|end| *end < value))
    }

    /// How many bounds are below any value.
    #[cold]
    pub(crate) fn halve(&self, value: f64) -> usize {
        self.ends.partition_point(|end| *end < value)
    }
}

impl Table {
    /// Nothing if an entry would have two bounds within, or if there would be too many entries.
    fn new(bounds: &[f64], shift: u32) -> Option<Self> {
        let bits = |bound: &f64| bound.to_bits() >> shift;
        // Without positive bounds everything is in entry 0.
        let positive = &bounds[bounds.partition_point(|bound| *bound <= 0.0)..];
        let floor = match positive.first() {
            Some(first) => bits(first).checked_sub(1)?,
            None => u64::MAX,
        };
        let last = positive.last().map_or(0, |last| bits(last) - floor + 1);
        if last >= LARGEST {
            return None;
        }
        let lowest = bounds.partition_point(|bound| *bound < 0.0);
        let others = (1..=last).map(|entry| {
            let is_below = |bound: &f64| *bound <= 0.0 || bits(bound) < floor + entry;
            bounds.partition_point(is_below)
        });
        let below: Vec<usize> = iter::once(lowest).chain(others).collect();
        if below.windows(2).any(|pair| pair[1] - pair[0] > 1) {
            return None;
        }
        Some(Table {
            shift,
            floor,
            last: last as usize,
            // No more than there are entries, and some that are negative.
            below: below
                .into_iter()
                .map(|below| u16::try_from(below).ok())
                .collect::<Option<_>>()?,
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Search;
    use crate::{BYTES_BUCKETS, RATIO_BUCKETS, SECONDS_BUCKETS};

    /// Around each bound, and where there is none.
    fn check(bounds: &[f64]) {
        let search = Search::new(bounds);
        let around = |bound: &f64| [bound.next_down(), *bound, bound.next_up(), bound * 1.3];
        let others = [0.0, 5e-324, 1e-300, 1.0, 1e300, f64::MAX];
        for value in bounds.iter().flat_map(around).chain(others) {
            if value >= 0.0 && value.is_finite() {
                // It would be told from 0 by its bits.
                let value = value + 0.0;
                let expected = bounds.partition_point(|bound| *bound < value);
                assert_eq!(search.position(value), expected, "{value} of {bounds:?}");
                assert_eq!(search.halve(value), expected, "{value} of {bounds:?}");
            }
        }
    }

    #[test]
    fn one_comparison_is_enough_for_usual_bounds() {
        for bounds in [SECONDS_BUCKETS, BYTES_BUCKETS, RATIO_BUCKETS] {
            let table = Search::new(bounds).table;
            assert!(!table.below.is_empty(), "{bounds:?}");
        }
    }

    #[test]
    fn every_value_is_found_where_halving_finds_it() {
        check(&[]);
        check(SECONDS_BUCKETS);
        check(BYTES_BUCKETS);
        check(RATIO_BUCKETS);
        check(&[0.0]);
        check(&[-1.0]);
        check(&[-1.0, 0.0, 1.0]);
        check(&[-3.0, -2.0, -1.0]);
        check(&[0.0, 1.0, 10.0, 100.0]);
        check(&[1.0, 1.0_f64.next_up(), 2.0]);
        check(&[5e-324, f64::MAX]);
        let close: Vec<f64> = (0..500).map(|step| 1.0 + f64::from(step) / 1e6).collect();
        check(&close);
        let many: Vec<f64> = (1..2000).map(f64::from).collect();
        check(&many);
    }
}
