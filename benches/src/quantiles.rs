//! How long many operations took, each alone: counted by length, to one part in 64.

/// Places for each power of two.
const STEPS: usize = 64;

/// Lengths in nanoseconds.
pub(crate) struct Lengths {
    counts: Vec<u64>,
    total: u64,
    longest: u64,
}

impl Lengths {
    pub(crate) fn new() -> Self {
        Lengths {
            counts: vec![0; STEPS * 60],
            total: 0,
            longest: 0,
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, nanos: u64) {
        self.counts[place(nanos)] += 1;
        self.total += 1;
        self.longest = self.longest.max(nanos);
    }

    /// Adds those of another round.
    pub(crate) fn merge(&mut self, other: &Lengths) {
        for (to, from) in self.counts.iter_mut().zip(&other.counts) {
            *to += from;
        }
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn longest(&self) -> f64 {
        self.longest as f64
    }

    /// The length that this share is not above.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let rank = (share * self.total as f64).ceil() as u64;
        let mut counted = 0;
        for (place, count) in self.counts.iter().enumerate() {
            counted += count;
            if counted >= rank.max(1) {
                return start(place) as f64;
            }
        }
        self.longest()
    }
}

fn place(nanos: u64) -> usize {
    match nanos {
        0..64 => nanos as usize,
        _ => {
            let power = nanos.ilog2() as usize;
            let step = (nanos >> (power - 6)) as usize - STEPS;
            (power - 5) * STEPS + step
        }
    }
}

/// The shortest length of a place.
fn start(place: usize) -> u64 {
    match place {
        0..64 => place as u64,
        _ => {
            let (power, step) = (place / STEPS + 5, place % STEPS);
            ((STEPS + step) as u64) << (power - 6)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_to_one_part_in_64() {
        for nanos in [0, 1, 63, 64, 65, 127, 128, 1000, 123_456_789, 1 << 60] {
            let told = start(place(nanos));
            assert!(
                told <= nanos && nanos - told <= nanos / 64,
                "{nanos}: {told}"
            );
        }
    }

    #[test]
    fn quantiles_are_those_of_all_rounds() {
        let (mut one, mut other) = (Lengths::new(), Lengths::new());
        (1..=50).for_each(|nanos| one.add(nanos));
        (51..=60).for_each(|nanos| other.add(nanos));
        one.merge(&other);
        assert_eq!((one.quantile(0.5), one.quantile(1.0)), (30.0, 60.0));
        assert_eq!((one.total(), one.longest()), (60, 60.0));
    }
}
