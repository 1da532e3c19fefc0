//! The clock by which the library measures how long something takes.
//!
//! It is the system's monotonic clock. With the feature `fast-clock` it is the processor's time-stamp
//! counter where that can be trusted, which is read in a third of the time.

#[cfg(not(feature = "fast-clock"))]
mod system;
#[cfg(not(feature = "fast-clock"))]
pub(crate) use system::{Stopwatch, prepare};

#[cfg(feature = "fast-clock")]
mod counter;
#[cfg(feature = "fast-clock")]
pub(crate) use counter::{Stopwatch, prepare};

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    /// Three measurements of the same time, each begun before the next and ended after it.
    fn around(wait: impl FnOnce()) -> [Duration; 3] {
        let outer = Instant::now();
        let stopwatch = Stopwatch::start();
        let inner = Instant::now();
        wait();
        let inner = inner.elapsed();
        let elapsed = stopwatch.elapsed();
        [outer.elapsed(), elapsed, inner]
    }

    #[test]
    fn it_agrees_with_the_clock_of_the_system() {
        prepare();
        for _ in 0..3 {
            let [outer, elapsed, inner] = around(|| thread::sleep(Duration::from_millis(150)));
            // Both clocks are read at slightly different times, the rest is how well they agree.
            assert!(elapsed <= outer.mul_f64(1.01), "{elapsed:?} of {outer:?}");
            assert!(elapsed >= inner.mul_f64(0.99), "{elapsed:?} of {inner:?}");
        }
    }

    #[test]
    fn it_does_not_run_backwards() {
        let stopwatch = Stopwatch::start();
        let mut before = Duration::ZERO;
        for _ in 0..100_000 {
            let now = stopwatch.elapsed();
            assert!(now >= before, "{now:?} after {before:?}");
            before = now;
        }
    }

    #[test]
    fn it_is_understood_by_other_threads() {
        let stopwatch = Stopwatch::start();
        let begun = Instant::now();
        let elapsed = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            stopwatch.elapsed()
        });
        let elapsed = elapsed.join().unwrap();
        let whole = begun.elapsed();
        assert!(elapsed >= Duration::from_millis(99), "{elapsed:?}");
        assert!(
            elapsed <= whole.mul_f64(1.01) + Duration::from_millis(1),
            "{elapsed:?} of {whole:?}"
        );
    }

    #[test]
    fn what_it_says_as_an_instant_is_when_it_was_asked() {
        let before = Instant::now();
        let stopwatch = Stopwatch::start();
        let elapsed = stopwatch.elapsed();
        let instant = stopwatch.instant(elapsed);
        assert!(instant >= before);
        assert!(instant <= Instant::now());
    }
}
