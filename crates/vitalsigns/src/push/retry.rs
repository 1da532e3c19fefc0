//! When to try again.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// The pause before the second attempt; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The attempts of one push.
pub(super) struct Attempts {
    until: Instant,
    most: u32,
    /// How many were begun.
    pub(super) made: u32,
}

impl Attempts {
    pub(super) fn new(until: Instant, retries: u32) -> Self {
        Attempts {
            until,
            most: retries.saturating_add(1),
            made: 0,
        }
    }

    /// How much time there is for the next attempt.
    pub(super) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// How long to wait before the next attempt, if there is to be one. `asked` is what the gateway
    /// wants.
    pub(super) fn pause(&self, asked: Option<Duration>) -> Option<Duration> {
        if self.made >= self.most {
            return None;
        }
        let pause = match asked {
            Some(asked) => asked,
            None => jittered(backed_off(self.made)),
        };
        // What would begin when the time is up has no chance.
        (pause < self.left()).then_some(pause)
    }
}

/// The pause after so many attempts.
fn backed_off(made: u32) -> Duration {
    let factor = 2_u32.saturating_pow(made.saturating_sub(1));
    FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
}

/// Half of it to all of it, so that jobs that were started together do not come back together.
fn jittered(pause: Duration) -> Duration {
    // The standard library's only source of chance: each state has keys of its own.
    let chance = RandomState::new().hash_one(0);
    #[allow(clippy::cast_precision_loss, reason = "chance needs few digits")]
    let share = chance as f64 / u64::MAX as f64;
    pause.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_differ() {
        let pauses = [1, 2, 3, 7, 8, 40, u32::MAX].map(|made| backed_off(made).as_millis());
        assert_eq!(pauses, [100, 200, 400, 6_400, 10_000, 10_000, 10_000]);
        let second = Duration::from_secs(1);
        let some: Vec<Duration> = (0..50).map(|_| jittered(second)).collect();
        assert!(
            some.iter()
                .all(|pause| (second / 2..=second).contains(pause))
        );
        assert!(some.iter().any(|pause| *pause != some[0]));
    }

    #[test]
    fn there_is_no_attempt_beyond_the_last_or_the_deadline() {
        let soon = Instant::now() + Duration::from_secs(60);
        let mut attempts = Attempts::new(soon, 1);
        attempts.made = 1;
        assert!(attempts.pause(None).is_some());
        assert_eq!(
            attempts.pause(Some(Duration::from_secs(2))),
            Some(Duration::from_secs(2))
        );
        assert_eq!(attempts.pause(Some(Duration::from_secs(61))), None);
        attempts.made = 2;
        assert_eq!(attempts.pause(None), None);
        let mut late = Attempts::new(Instant::now(), u32::MAX);
        late.made = 1;
        assert_eq!(late.pause(None), None);
    }
}
