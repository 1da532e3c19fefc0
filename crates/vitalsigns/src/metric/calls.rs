//! What begins and ends, recorded as one thing: that it is in flight, how it ended, how long it took.
//!
//! These are series of several families, and each would look for the words of its thread. Here
//! their words lie in a [row](Row), for which a thread looks once when a call begins and once when
//! it ends.

use std::time::Duration;

use super::cells::{Member, Own, Row};
use super::gauge::moves;
use super::{Counter, Gauge, Histogram};

/// What calls of one thing record into.
#[derive(Debug)]
pub(crate) struct Calls<const OUTCOMES: usize> {
    row: Row,
    in_flight: Gauge,
    outcomes: [Counter; OUTCOMES],
    pub(crate) duration: Histogram,
}

impl<const OUTCOMES: usize> Calls<OUTCOMES> {
    pub(crate) fn new(
        in_flight: Gauge,
        outcomes: [Counter; OUTCOMES],
        duration: Histogram,
    ) -> Self {
        Calls {
            row: Row::new(),
            in_flight,
            outcomes,
            duration,
        }
    }

    #[inline]
    pub(crate) fn begin(&self) {
        match self.row.own() {
            Some(own) => moves::up(own),
            None => self.begin_slowly(),
        }
    }

    #[cold]
    fn begin_slowly(&self) {
        match self.claim() {
            Some(own) => moves::up(own),
            None => self.in_flight.inc(),
        }
    }

    /// The outcome is a number below `OUTCOMES`; what is not said is not recorded here.
    ///
    /// It is out of flight last, so that who sees none in flight sees all of them counted.
    #[inline]
    pub(crate) fn end(&self, outcome: Option<usize>, elapsed: Option<Duration>) {
        match self.row.own() {
            Some(own) => self.end_in(own, outcome, elapsed),
            None => self.end_slowly(outcome, elapsed),
        }
    }

    #[inline]
    fn end_in(&self, own: Own, outcome: Option<usize>, elapsed: Option<Duration>) {
        let outcomes = own.after(moves::WORDS);
        if let Some(outcome) = outcome {
            outcomes.add(outcome, 1);
        }
        if let Some(elapsed) = elapsed {
            let words = outcomes.after(OUTCOMES);
            self.duration.observe_elapsed_in(words, elapsed);
        }
        moves::down(own);
    }

    #[cold]
    fn end_slowly(&self, outcome: Option<usize>, elapsed: Option<Duration>) {
        if let Some(own) = self.claim() {
            return self.end_in(own, outcome, elapsed);
        }
        if let Some(outcome) = outcome.and_then(|outcome| self.outcomes.get(outcome)) {
            outcome.inc();
        }
        if let Some(elapsed) = elapsed {
            self.duration.observe_elapsed(elapsed);
        }
        self.in_flight.dec();
    }

    fn claim(&self) -> Option<Own> {
        let mut members: Vec<Member<'_>> = Vec::with_capacity(2 + OUTCOMES);
        members.push(self.in_flight.member()?);
        members.extend(self.outcomes.iter().map(Counter::member));
        members.push(self.duration.member()?);
        self.row.claim(&members)
    }
}
