//! The time-stamp counter of the processor, or the clock of the system.
//!
//! quanta uses the counter if the processor says that it runs at one rate whatever the processor
//! does. What Linux knows besides is asked here: it measures whether the counters of all processors
//! agree, and takes another clock if they do not.

use std::fs;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Where Linux says which clock it takes.
const CLOCK_SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

static CLOCK: OnceLock<Clock> = OnceLock::new();

enum Clock {
    /// The counter, or the clock of the system if the processor has none that quanta takes.
    Quanta(quanta::Clock),
    /// The clock of the system, as the time since this.
    System(Instant),
}

/// Something that has begun, by the counts of [`CLOCK`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(u64);

/// Finds out how fast the counter runs, unless that is known: up to 200 milliseconds, once in the
/// life of a process, so that what is measured first need not wait for it.
pub(crate) fn prepare() {
    CLOCK.get_or_init(Clock::find);
}

#[inline]
fn clock() -> &'static Clock {
    CLOCK.get_or_init(Clock::find)
}

impl Clock {
    #[cold]
    fn find() -> Self {
        match fs::read_to_string(CLOCK_SOURCE) {
            Ok(name) if is_slow(name.trim()) => Clock::System(Instant::now()),
            _ => Clock::Quanta(quanta::Clock::new()),
        }
    }

    #[inline]
    fn read(&self) -> u64 {
        match self {
            Clock::Quanta(clock) => clock.raw(),
            Clock::System(begin) => nanos(begin.elapsed()),
        }
    }
}

/// Whether Linux takes this clock only where it cannot trust the counter. The clocks of virtual
/// machines are made of the counter.
fn is_slow(name: &str) -> bool {
    matches!(
        name,
        "hpet" | "acpi_pm" | "pit" | "jiffies" | "refined-jiffies"
    )
}

/// Enough for 584 years.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Stopwatch {
    #[inline]
    pub(crate) fn start() -> Self {
        Stopwatch(clock().read())
    }

    #[inline]
    pub(crate) fn elapsed(self) -> Duration {
        let clock = clock();
        let now = clock.read();
        // A count that is before the start is no time at all: counters of two processors may differ
        // by some nanoseconds.
        match clock {
            Clock::Quanta(clock) => Duration::from_nanos(clock.delta_as_nanos(self.0, now)),
            Clock::System(_) => Duration::from_nanos(now.saturating_sub(self.0)),
        }
    }

    /// When it was that this much had elapsed: now, for whoever asks at once.
    #[inline]
    pub(crate) fn instant(self, _: Duration) -> Instant {
        Instant::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_falls_back_to_is_no_counter() {
        for name in [
            "tsc",
            "kvm-clock",
            "hyperv_clocksource_tsc_page",
            "arch_sys_counter",
            "",
        ] {
            assert!(!is_slow(name), "{name}");
        }
        assert!(is_slow("hpet") && is_slow("acpi_pm"));
    }

    #[test]
    fn the_clock_of_the_system_counts_nanoseconds() {
        let clock = Clock::System(Instant::now());
        let (first, second) = (clock.read(), clock.read());
        assert!(first <= second);
        assert!(second < 1_000_000_000_000);
    }
}
