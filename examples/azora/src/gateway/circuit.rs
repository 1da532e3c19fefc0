//! A circuit breaker: an upstream that fails again and again is left alone for a while.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use vitalsigns::families::gateway::Circuit;

#[derive(Clone, Copy, Debug)]
enum State {
    /// So many failures in a row.
    Closed(u32),
    Open(Instant),
    /// One request is on its way to see how it fares.
    HalfOpen,
}

/// The breaker of one upstream.
#[derive(Debug)]
pub struct Breaker {
    after: u32,
    pause: Duration,
    state: Mutex<State>,
}

/// A request that was let through. Dropped before it says how it ended, it says nothing of the
/// upstream.
#[derive(Debug)]
#[must_use = "a request that says nothing leaves the circuit as it is"]
pub struct Passage<'a> {
    breaker: &'a Breaker,
    is_trial: bool,
}

impl Breaker {
    /// A closed circuit that opens after so many failures in a row.
    pub fn new(after: u32, pause: Duration) -> Self {
        Self {
            after: after.max(1),
            pause,
            state: Mutex::new(State::Closed(0)),
        }
    }

    /// Lets a request through, or says how long none will be.
    pub fn pass(&self) -> Result<Passage<'_>, Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_trial = match *state {
            State::Closed(_) => false,
            State::HalfOpen => return Err(self.pause),
            State::Open(since) => {
                let left = self.pause.saturating_sub(since.elapsed());
                if left > Duration::ZERO {
                    return Err(left);
                }
                *state = State::HalfOpen;
                true
            }
        };
        Ok(Passage {
            breaker: self,
            is_trial,
        })
    }

    /// The state, for the metrics.
    pub fn state(&self) -> Circuit {
        match *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Closed(_) => Circuit::Closed,
            State::Open(_) => Circuit::Open,
            State::HalfOpen => Circuit::HalfOpen,
        }
    }
}

impl Passage<'_> {
    /// The upstream has answered, with a fault of its own or without.
    pub fn answered(self, with_fault: bool) {
        let mut state = self.lock();
        *state = match (*state, with_fault) {
            (State::Closed(failures), true) if failures + 1 < self.breaker.after => {
                State::Closed(failures + 1)
            }
            (State::Closed(_), true) => State::Open(Instant::now()),
            (State::HalfOpen, true) if self.is_trial => State::Open(Instant::now()),
            (State::HalfOpen, false) if self.is_trial => State::Closed(0),
            (State::Closed(_), false) => State::Closed(0),
            // A straggler of before the circuit was opened.
            (state, _) => state,
        };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        let state = &self.breaker.state;
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        let mut state = self.lock();
        // A trial that was given up says nothing: the next request is another one.
        if let (true, State::HalfOpen) = (self.is_trial, *state) {
            let long_ago = Instant::now().checked_sub(self.breaker.pause);
            *state = State::Open(long_ago.unwrap_or_else(Instant::now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_millis(30);

    fn answer(breaker: &Breaker, with_fault: bool) {
        breaker.pass().unwrap().answered(with_fault);
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_after_a_good_trial() {
        let breaker = Breaker::new(2, PAUSE);
        for with_fault in [true, false, true] {
            answer(&breaker, with_fault);
        }
        assert_eq!(breaker.state(), Circuit::Closed);
        answer(&breaker, true);
        assert_eq!(breaker.state(), Circuit::Open);
        assert!(breaker.pass().unwrap_err() <= PAUSE);

        std::thread::sleep(PAUSE);
        let trial = breaker.pass().unwrap();
        assert_eq!(breaker.state(), Circuit::HalfOpen);
        assert!(breaker.pass().is_err(), "one trial at a time");
        trial.answered(true);
        assert_eq!(breaker.state(), Circuit::Open);

        std::thread::sleep(PAUSE);
        drop(breaker.pass().unwrap());
        answer(&breaker, false);
        assert_eq!(breaker.state(), Circuit::Closed);
    }

    #[test]
    fn a_straggler_does_not_close_it() {
        let breaker = Breaker::new(1, PAUSE);
        let straggler = breaker.pass().unwrap();
        answer(&breaker, true);
        straggler.answered(false);
        assert_eq!(breaker.state(), Circuit::Open);
    }
}
