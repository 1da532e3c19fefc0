//! One call of a function that records into the families of functions.

use std::ops::Deref;

use super::label::{ErrorLabel, IsResult};
use super::site::Handles;
use super::watch::Running;
use crate::clock::Stopwatch;
use crate::families::functions::Outcome;

/// A call that has begun. Whatever way it is dropped, it is counted, observed and taken out of
/// flight.
#[doc(hidden)]
pub struct Call<H: Deref<Target = Handles>> {
    handles: H,
    started: Stopwatch,
    /// The outcome if nothing more is said: the flow of control left the function without a value.
    outcome: Outcome,
}

impl<H: Deref<Target = Handles>> Call<H> {
    #[inline]
    pub(super) fn begin(handles: H) -> Self {
        handles.calls.begin();
        Call {
            handles,
            started: Stopwatch::start(),
            // Who is inside and comes out without a value unwinds.
            outcome: Outcome::Panicked,
        }
    }

    #[inline]
    pub fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }

    #[inline]
    pub fn end_result<R: IsResult, L: ErrorLabel>(
        mut self,
        returned: &R,
        label: impl FnOnce(&R::Error) -> L,
    ) {
        match returned.as_result() {
            Ok(_) => self.outcome = Outcome::Ok,
            Err(error) => {
                // A label that panics does not make the call one that panicked.
                self.outcome = Outcome::Error;
                self.handles.error(&label(error));
            }
        }
    }
}

impl<H: Deref<Target = Handles>> Running for Call<H> {
    #[inline]
    fn enter(&mut self) {
        self.outcome = Outcome::Panicked;
    }

    #[inline]
    fn leave(&mut self) {
        self.outcome = Outcome::Cancelled;
    }
}

impl<H: Deref<Target = Handles>> Drop for Call<H> {
    #[inline]
    fn drop(&mut self) {
        let elapsed = self.started.elapsed();
        let outcome = self.outcome as usize;
        self.handles.calls.end(Some(outcome), Some(elapsed));
    }
}

/// Calls `body`; that it is passed to a function makes it one that may give away what it holds.
#[doc(hidden)]
#[inline(always)]
pub fn once<R>(body: impl FnOnce() -> R) -> R {
    body()
}
