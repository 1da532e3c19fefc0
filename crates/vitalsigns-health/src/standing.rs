//! How a check stands: what its results make of its state, and what time does.
//!
//! Nothing here waits or asks the time. Whoever looks says what time it is, and everything that
//! should have happened until then happens: a run that is over its time fails, a result that is
//! too old makes the state unknown. So it needs nobody to run for a state to become wrong in time.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::check::Rules;
use crate::outcome::Outcome;
use crate::state::{Cause, State};

/// What there is to record.
#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    Changed {
        from: State,
        to: State,
        cause: Option<Cause>,
    },
    Ran {
        outcome: RunOutcome,
        elapsed: Duration,
        succeeded: bool,
    },
}

pub(crate) use crate::metrics::RunOutcome;

/// How a check stands.
#[derive(Debug)]
pub(crate) struct Standing {
    rules: Rules,
    born: Instant,
    pub(crate) state: State,
    pub(crate) since: Instant,
    pub(crate) cause: Option<Cause>,
    pub(crate) reason: Option<Cow<'static, str>>,
    pub(crate) details: Map<String, Value>,
    /// When the last result was known.
    pub(crate) judged: Option<Instant>,
    pub(crate) succeeded: Option<Instant>,
    /// Results in a row that would make the state worse, or better.
    worse: u32,
    better: u32,
    running: Option<Running>,
    /// What comes from elsewhere does not become old.
    is_lasting: bool,
}

#[derive(Debug)]
struct Running {
    begun: Instant,
    /// How often it has failed for its time.
    missed: u64,
}

impl Standing {
    pub(crate) fn new(rules: Rules, now: Instant) -> Self {
        Standing {
            rules,
            born: now,
            state: State::Unknown,
            since: now,
            cause: Some(Cause::Starting),
            reason: None,
            details: Map::new(),
            judged: None,
            succeeded: None,
            worse: 0,
            better: 0,
            running: None,
            is_lasting: false,
        }
    }

    /// How a thing stands that is not run, but told.
    pub(crate) fn lasting(rules: Rules, now: Instant) -> Self {
        let mut standing = Standing::new(rules, now);
        standing.is_lasting = true;
        standing
    }

    /// How long the run that is going on has been going on.
    pub(crate) fn running_for(&self, now: Instant) -> Option<Duration> {
        let running = self.running.as_ref()?;
        Some(now.saturating_duration_since(running.begun))
    }

    /// How long to wait for the next run, but for the jitter.
    pub(crate) fn pause(&self) -> Duration {
        match self.worse + self.better {
            0 => self.rules.interval,
            _ => self.rules.confirm(),
        }
    }

    pub(crate) fn begin(&mut self, now: Instant) -> Vec<Event> {
        let events = self.settle(now);
        self.running = Some(Running {
            begun: now,
            missed: 0,
        });
        events
    }

    /// A run ended. One that failed for its time before says nothing any more.
    pub(crate) fn end(&mut self, now: Instant, outcome: Outcome, as_: RunOutcome) -> Vec<Event> {
        let mut events = self.settle(now);
        let Some(running) = self.running.take() else {
            return events;
        };
        if running.missed == 0 {
            events.push(Event::Ran {
                outcome: as_,
                elapsed: now.saturating_duration_since(running.begun),
                succeeded: outcome.state <= State::Degraded,
            });
            self.judge(now, outcome, &mut events);
        }
        events
    }

    /// A result that came without a run.
    pub(crate) fn tell(&mut self, now: Instant, outcome: Outcome) -> Vec<Event> {
        let mut events = self.settle(now);
        self.judge(now, outcome, &mut events);
        events
    }

    /// What time has done until now.
    pub(crate) fn settle(&mut self, now: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        self.settle_running(now, &mut events);
        if !self.is_lasting
            && let Some(judged) = self.judged
            && let Some(stale) = judged.checked_add(self.rules.stale_after())
            && now >= stale
            && self.cause != Some(Cause::Stale)
        {
            (self.worse, self.better) = (0, 0);
            self.change(stale, State::Unknown, Some(Cause::Stale), &mut events);
            (self.reason, self.details) = (None, Map::new());
        }
        events
    }

    fn settle_running(&mut self, now: Instant, events: &mut Vec<Event>) {
        let Some(running) = &mut self.running else {
            return;
        };
        let begun = running.begun;
        let elapsed = now.saturating_duration_since(begun);
        let Some(over) = elapsed.checked_sub(self.rules.timeout) else {
            return;
        };
        let step = self.rules.interval.max(Duration::from_millis(1));
        let missed = 1 + u64::try_from(over.as_nanos() / step.as_nanos()).unwrap_or(u64::MAX - 1);
        let before = std::mem::replace(&mut running.missed, missed);
        if before == 0 {
            events.push(Event::Ran {
                outcome: RunOutcome::Timeout,
                elapsed: self.rules.timeout,
                succeeded: false,
            });
        }
        // The first ones decide; of thousands, the rest is told by the last.
        let decisive = u64::from(self.rules.failures) + 1;
        let mut index = before;
        while index < missed {
            let after = u32::try_from(index)
                .ok()
                .and_then(|index| step.checked_mul(index));
            let after = after.and_then(|after| after.checked_add(self.rules.timeout));
            let at = after.and_then(|after| begun.checked_add(after));
            let timeout = Outcome::because(State::Down, Cause::Timeout);
            self.judge(at.unwrap_or(now), timeout, events);
            index = match index + 1 {
                next if next - before > decisive => next.max(missed - 1),
                next => next,
            };
        }
    }

    fn judge(&mut self, at: Instant, outcome: Outcome, events: &mut Vec<Event>) {
        self.judged = Some(at);
        if outcome.state <= State::Degraded {
            self.succeeded = Some(at);
        }
        if outcome.state > self.state {
            self.better = 0;
            self.worse = self.worse.saturating_add(1);
            if self.worse < self.rules.failures || self.is_in_grace(at) {
                return;
            }
        } else if outcome.state < self.state {
            self.worse = 0;
            self.better = self.better.saturating_add(1);
            if self.better < self.rules.successes {
                return;
            }
        }
        (self.worse, self.better) = (0, 0);
        self.change(at, outcome.state, outcome.cause, events);
        (self.reason, self.details) = (outcome.reason, outcome.details);
    }

    fn is_in_grace(&self, at: Instant) -> bool {
        self.succeeded.is_none() && at.saturating_duration_since(self.born) < self.rules.grace
    }

    fn change(&mut self, at: Instant, to: State, cause: Option<Cause>, events: &mut Vec<Event>) {
        let from = std::mem::replace(&mut self.state, to);
        self.cause = cause;
        if from != to {
            self.since = at;
            events.push(Event::Changed { from, to, cause });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A standing, and a clock that is set by hand.
    struct Told {
        standing: Standing,
        start: Instant,
        changes: Vec<(u64, State)>,
    }

    impl Told {
        /// Every 10 s, 2 s at the most, two failures and one success needed.
        fn new(change: impl FnOnce(&mut Rules)) -> Self {
            let mut rules = Rules {
                interval: 10 * SECOND,
                timeout: 2 * SECOND,
                grace: Duration::ZERO,
                failures: 2,
                successes: 1,
                stale_after: None,
            };
            change(&mut rules);
            let start = Instant::now();
            Told {
                standing: Standing::new(rules, start),
                start,
                changes: Vec::new(),
            }
        }

        fn at(&mut self, seconds: u64, act: impl FnOnce(&mut Standing, Instant) -> Vec<Event>) {
            let events = act(&mut self.standing, self.start + SECOND * seconds as u32);
            for event in events {
                if let Event::Changed { to, .. } = event {
                    let since = self.standing.since - self.start;
                    self.changes.push((since.as_secs(), to));
                }
            }
        }

        fn run(&mut self, seconds: u64, outcome: Outcome) {
            self.at(seconds, |standing, now| standing.begin(now));
            let as_ = RunOutcome::from(outcome.state);
            self.at(seconds, |standing, now| standing.end(now, outcome, as_));
        }

        fn look(&mut self, seconds: u64) -> (State, Option<Cause>) {
            self.at(seconds, |standing, now| standing.settle(now));
            (self.standing.state, self.standing.cause)
        }
    }

    #[test]
    fn one_lost_ping_changes_nothing_and_is_confirmed_soon() {
        let mut told = Told::new(|_| {});
        told.run(0, Outcome::up());
        assert_eq!(told.standing.pause(), 10 * SECOND);
        told.run(10, Outcome::down("lost"));
        assert_eq!(told.look(10).0, State::Up);
        assert_eq!(told.standing.pause(), 10 * SECOND / 4);
        told.run(13, Outcome::up());
        told.run(23, Outcome::down("lost"));
        assert_eq!(told.look(23).0, State::Up);
        told.run(26, Outcome::down("gone"));
        assert_eq!(told.look(26).0, State::Down);
        assert_eq!(told.standing.pause(), 10 * SECOND);
        told.run(36, Outcome::up());
        let changes = [(0, State::Up), (26, State::Down), (36, State::Up)];
        assert_eq!(told.changes, changes);
    }

    #[test]
    fn a_run_that_is_over_its_time_fails_though_it_goes_on() {
        let mut told = Told::new(|_| {});
        told.run(0, Outcome::up());
        told.at(10, |standing, now| standing.begin(now));
        assert_eq!(told.look(11).0, State::Up);
        // Once at 12, and again with each interval.
        assert_eq!(told.look(13).0, State::Up);
        assert_eq!(told.look(40), (State::Down, Some(Cause::Timeout)));
        assert_eq!(told.changes.last(), Some(&(22, State::Down)));
        // It comes back at last, with a result that is nothing new.
        told.at(50, |standing, now| {
            standing.end(now, Outcome::up(), RunOutcome::Up)
        });
        assert_eq!(told.look(50).0, State::Down);
        told.run(51, Outcome::up());
        assert_eq!(told.look(51).0, State::Up);
    }

    #[test]
    fn a_run_that_nobody_looked_at_for_days_is_told_at_once() {
        let mut told = Told::new(|rules| rules.interval = Duration::from_millis(10));
        told.at(0, |standing, now| standing.begin(now));
        let days = 30 * 24 * 3600;
        assert_eq!(told.look(days), (State::Down, Some(Cause::Timeout)));
        assert_eq!(told.changes, [(2, State::Down)]);
    }

    #[test]
    fn an_old_result_is_unknown_from_when_it_was_too_old() {
        let mut told = Told::new(|rules| rules.stale_after = Some(25 * SECOND));
        told.run(5, Outcome::up().detail("used", 1));
        assert_eq!(told.look(29).0, State::Up);
        assert_eq!(told.look(300), (State::Unknown, Some(Cause::Stale)));
        assert_eq!(told.changes, [(5, State::Up), (30, State::Unknown)]);
        assert!(told.standing.details.is_empty());
        told.run(301, Outcome::up());
        assert_eq!(told.look(301).0, State::Up);
    }

    #[test]
    fn in_the_grace_a_failure_is_unknown_and_after_it_down() {
        let mut told = Told::new(|rules| rules.grace = 30 * SECOND);
        for second in [0, 3, 6, 9] {
            told.run(second, Outcome::down("not yet"));
            assert_eq!(told.look(second), (State::Unknown, Some(Cause::Starting)));
        }
        told.run(31, Outcome::down("never"));
        assert_eq!(told.look(31).0, State::Down);
        // Who was up once has no grace any more.
        let mut told = Told::new(|rules| rules.grace = 3000 * SECOND);
        told.run(0, Outcome::up());
        told.run(1, Outcome::down("gone"));
        told.run(2, Outcome::down("gone"));
        assert_eq!(told.look(2).0, State::Down);
    }

    #[test]
    fn successes_are_counted_in_a_row() {
        let mut told = Told::new(|rules| rules.successes = 2);
        told.run(0, Outcome::up());
        assert_eq!(told.look(0).0, State::Unknown);
        told.run(1, Outcome::up());
        assert_eq!(told.look(1).0, State::Up);
        told.run(2, Outcome::down("gone"));
        told.run(3, Outcome::down("gone"));
        told.run(4, Outcome::up());
        told.run(5, Outcome::down("gone"));
        told.run(6, Outcome::up());
        assert_eq!(told.look(6).0, State::Down);
        told.run(7, Outcome::up());
        assert_eq!(told.look(7).0, State::Up);
    }

    /// The longest that the change from one state to another takes, with all jitter against it: the
    /// thing changes as soon as a run has begun that finds nothing of it.
    fn slowest(timeout: Duration, first: State, then: State) -> Duration {
        let mut told = Told::new(|rules| rules.timeout = timeout);
        let mut begun = told.start;
        let run = |standing: &mut Standing, begun: Instant, state| {
            standing.begin(begun);
            // What works answers at once, what does not never.
            let ended = match state {
                State::Down => begun + timeout,
                _ => begun,
            };
            let outcome = Outcome::because(state, Cause::Reported);
            standing.end(ended, outcome, RunOutcome::Up);
        };
        while told.standing.state != first {
            run(&mut told.standing, begun, first);
            begun += timeout.max(told.standing.pause());
        }
        run(&mut told.standing, begun, first);
        let changed = begun;
        while told.standing.state != then {
            begun += timeout.max(told.standing.pause().mul_f64(1.1));
            run(&mut told.standing, begun, then);
        }
        told.standing.since - changed
    }

    #[test]
    fn a_state_is_right_within_two_intervals() {
        for timeout in [SECOND / 100, SECOND, 2 * SECOND, 4 * SECOND] {
            for (first, then) in [(State::Up, State::Down), (State::Down, State::Up)] {
                let took = slowest(timeout, first, then);
                assert!(
                    took <= 20 * SECOND,
                    "{timeout:?}: {first} to {then} in {took:?}"
                );
            }
        }
    }
}
