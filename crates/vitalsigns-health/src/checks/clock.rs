//! The clock of the system.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use crate::cell::lock;
use crate::check::Check;
use crate::outcome::Outcome;
use crate::state::{Cause, State};

/// The first second of 2025: a clock that is before that was never set.
const WRITTEN: Duration = Duration::from_secs(1_735_689_600);

/// The clock of the system: down if it was never set, degraded for as long as an interval if it
/// jumped. What depends on it then: signatures with a time, tokens that expire, ages.
///
/// It does not know the right time: that takes somebody to ask, which is what NTP is for.
///
/// # Examples
///
/// ```
/// use vitalsigns_health::checks::Clock;
///
/// let check = Clock::new().check("clock");
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked before `check`"]
pub struct Clock {
    jump: Duration,
}

impl Default for Clock {
    fn default() -> Self {
        Clock {
            jump: Duration::from_secs(1),
        }
    }
}

impl Clock {
    /// A jump of a second or more is one.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new() -> Self {
        Clock::default()
    }

    /// How much the clock may differ, from one run to the next, from what it should be.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::checks::Clock;
    /// let check = Clock::new().jump(std::time::Duration::from_millis(200)).check("clock");
    /// ```
    pub fn jump(mut self, jump: Duration) -> Self {
        self.jump = jump;
        self
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        let last = Mutex::new((Instant::now(), SystemTime::now()));
        let look = move || {
            let now = (Instant::now(), SystemTime::now());
            let before = std::mem::replace(&mut *lock(&last), now);
            judge(before, now, self.jump)
        };
        Check::blocking(name, look)
            .in_process()
            .failures(1)
            .component("system")
    }
}

fn judge(before: (Instant, SystemTime), now: (Instant, SystemTime), jump: Duration) -> Outcome {
    if now.1 < SystemTime::UNIX_EPOCH + WRITTEN {
        return Outcome::because(State::Down, Cause::Mismatch);
    }
    let passed = now.0.saturating_duration_since(before.0).as_secs_f64();
    let shown = match now.1.duration_since(before.1) {
        Ok(forth) => forth.as_secs_f64(),
        Err(back) => -back.duration().as_secs_f64(),
    };
    let jumped = shown - passed;
    let outcome = match jumped.abs() < jump.as_secs_f64() {
        true => Outcome::up(),
        false => Outcome::because(State::Degraded, Cause::Mismatch),
    };
    outcome.detail("jumped_seconds", (jumped * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_is_degraded_and_one_that_was_never_set_down() {
        let second = Duration::from_secs(1);
        let start = (Instant::now(), SystemTime::now());
        let state = |passed: Duration, time| {
            let now = (start.0 + passed, time);
            judge(start, now, second).state()
        };
        assert_eq!(state(10 * second, start.1 + 10 * second), State::Up);
        assert_eq!(state(10 * second, start.1 + 12 * second), State::Degraded);
        assert_eq!(state(10 * second, start.1 - 3600 * second), State::Degraded);
        assert_eq!(state(10 * second, SystemTime::UNIX_EPOCH), State::Down);
    }
}
