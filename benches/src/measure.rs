//! Measures subjects in turns, so that whatever else the machine does meets all of them: the CPU
//! time of the threads that run the loop, the wall time that they see, and what they allocate.

use std::ops::Range;
use std::panic;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

use crate::alloc::{allocated, start_peak};
use crate::subject::Subject;

/// How much each subject does.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) threads: u64,
    /// Of each thread, in each round, in front of those that are measured: what a thread needs is
    /// made once in its life, and a round begins with new threads.
    pub(crate) warm_up: u64,
    /// Of each thread, in each round.
    pub(crate) operations: u64,
    /// Those that count; there is one more, in front, that does not.
    pub(crate) rounds: usize,
}

impl Load {
    /// The numbers of the operations that one subject runs, thread by thread, each as often as
    /// [`runs`](Self::runs) says. The threads do not walk in step.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = Range<u64>> + use<> {
        let operations = self.warm_up + self.operations;
        (0..self.threads).map(move |thread| thread * 977..thread * 977 + operations)
    }

    pub(crate) fn runs(&self) -> u64 {
        self.rounds as u64 + 1
    }
}

/// What one operation cost, on average over one round.
#[derive(Clone, Copy, Default)]
struct Cost {
    cpu_ns: f64,
    wall_ns: f64,
    allocations: f64,
    bytes: f64,
    /// Of the whole round.
    peak: f64,
}

/// What one operation costs, over all rounds.
pub(crate) struct Summary {
    pub(crate) cpu_ns: Spread,
    pub(crate) wall_ns: Spread,
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
    /// The most that was held at once beyond what was held before, by one thread.
    pub(crate) peak: f64,
}

/// The median and half of the range in which the middle half lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) half_iqr: f64,
}

impl Spread {
    /// Half of the range, as a share of the median.
    pub(crate) fn share(self) -> f64 {
        self.half_iqr / self.median
    }

    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_unstable_by(f64::total_cmp);
        let half_iqr = (quantile(&values, 0.75) - quantile(&values, 0.25)) / 2.0;
        Spread {
            median: quantile(&values, 0.5),
            half_iqr,
        }
    }
}

/// Of sorted values, with what lies between two of them interpolated; 0 of none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = share * last as f64;
    let below = place as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

/// Runs all subjects in each round, starting with another one each time.
pub(crate) fn compare(subjects: &[Subject], load: Load) -> Vec<Summary> {
    let mut costs = vec![Vec::new(); subjects.len()];
    for round in 0..load.runs() as usize {
        for turn in 0..subjects.len() {
            let which = (round + turn) % subjects.len();
            let cost = run(&subjects[which], load);
            if round > 0 {
                costs[which].push(cost);
            }
        }
    }
    let summary = |costs: Vec<Cost>| Summary {
        cpu_ns: Spread::of(costs.iter().map(|cost| cost.cpu_ns)),
        wall_ns: Spread::of(costs.iter().map(|cost| cost.wall_ns)),
        allocations: Spread::of(costs.iter().map(|cost| cost.allocations)).median,
        bytes: Spread::of(costs.iter().map(|cost| cost.bytes)).median,
        peak: Spread::of(costs.iter().map(|cost| cost.peak)).median,
    };
    costs.into_iter().map(summary).collect()
}

/// One round of one subject: each thread measures itself, the mean is the cost. A load of one thread
/// is run by the caller, because some subjects cannot leave their thread.
fn run(subject: &Subject, load: Load) -> Cost {
    let start = Barrier::new(load.threads as usize);
    let measure = |range: Range<u64>| {
        let first = range.start + load.warm_up;
        subject.warm_up(range.start..first);
        start.wait();
        start_peak();
        let (before, wall, cpu) = (allocated(), Instant::now(), cpu_ns());
        subject.measured(first..range.end);
        if load.threads == 1 {
            subject.measured_upkeep();
        }
        let (cpu, wall, after) = (cpu_ns() - cpu, wall.elapsed(), allocated());
        let operations = load.operations as f64;
        Cost {
            cpu_ns: cpu / operations,
            wall_ns: wall.as_secs_f64() * 1e9 / operations,
            allocations: (after.times - before.times) as f64 / operations,
            bytes: (after.bytes - before.bytes) as f64 / operations,
            peak: (after.peak - before.held) as f64,
        }
    };
    let measure = &measure;
    if load.threads == 1 {
        return load.ranges().map(measure).next().unwrap_or_default();
    }
    let mut mean = Cost::default();
    thread::scope(|scope| {
        let threads: Vec<_> = load
            .ranges()
            .map(|range| scope.spawn(move || measure(range)))
            .collect();
        for thread in threads {
            let cost = thread
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic));
            let threads = load.threads as f64;
            mean.cpu_ns += cost.cpu_ns / threads;
            mean.wall_ns += cost.wall_ns / threads;
            mean.allocations += cost.allocations / threads;
            mean.bytes += cost.bytes / threads;
            mean.peak += cost.peak / threads;
        }
    });
    let (wall, cpu) = (Instant::now(), cpu_ns());
    subject.measured_upkeep();
    let operations = (load.threads * load.operations) as f64;
    mean.cpu_ns += (cpu_ns() - cpu) / operations;
    mean.wall_ns += wall.elapsed().as_secs_f64() * 1e9 / operations;
    mean
}

/// The CPU time of the calling thread so far.
pub(crate) fn cpu_ns() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_ignores_an_outlier() {
        let spread = Spread::of([3.0, 1.0, 1000.0, 2.0, 4.0]);
        assert_eq!(
            spread,
            Spread {
                median: 3.0,
                half_iqr: 1.0
            }
        );
    }

    #[test]
    fn quantiles_between_two_values_are_interpolated() {
        assert_eq!(quantile(&[1.0, 2.0], 0.5), 1.5);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(quantile(&[7.0], 0.25), 7.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }

    #[test]
    fn each_thread_runs_its_own_range_in_each_round() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU64, Ordering};

        use crate::subject::Class;

        let sum = Arc::new(AtomicU64::new(0));
        let recorded = Arc::clone(&sum);
        let operation = move |number| {
            recorded.fetch_add(number, Ordering::Relaxed);
        };
        let subject = Subject::recording("a sum", Class::Floor, operation, String::new);
        let load = Load {
            threads: 2,
            warm_up: 2,
            operations: 3,
            rounds: 4,
        };
        compare(&[subject], load);
        let expected: u64 = load.ranges().flatten().sum::<u64>() * load.runs();
        assert_eq!(
            (sum.load(Ordering::Relaxed), expected),
            (expected, 5 * (10 + 10 + 5 * 977))
        );
    }
}
