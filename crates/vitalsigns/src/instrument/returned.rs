//! What a returned value says of the call, decided by its type and not by how the type is spelt.
//!
//! The attribute writes `(&&&Returned(&value)).__verdict()`. The compiler looks for the method with
//! the most references first, so a `Result` is found by [`JudgeResult`], a future by
//! [`JudgeFuture`], and everything else by [`JudgeValue`].

use std::future::Future;

use super::on::{FromReturned, InstrumentGuard};
use crate::families::functions::Outcome;

/// What a function returned.
#[doc(hidden)]
pub struct Returned<'a, T>(pub &'a T);

#[doc(hidden)]
pub trait JudgeResult<T, E> {
    fn __verdict(&self) -> Outcome;

    fn __finish<G: InstrumentGuard>(&self, guard: G)
    where
        G::Success: FromReturned<T>,
        G::Failure: FromReturned<E>;

    fn __finish_ok<G: InstrumentGuard>(&self, guard: G, ok: impl FnOnce(&T) -> G::Success)
    where
        G::Failure: FromReturned<E>;
}

impl<T, E> JudgeResult<T, E> for &&Returned<'_, Result<T, E>> {
    #[inline]
    fn __verdict(&self) -> Outcome {
        match self.0 {
            Ok(_) => Outcome::Ok,
            Err(_) => Outcome::Error,
        }
    }

    fn __finish<G: InstrumentGuard>(&self, guard: G)
    where
        G::Success: FromReturned<T>,
        G::Failure: FromReturned<E>,
    {
        self.__finish_ok(guard, G::Success::from_returned);
    }

    fn __finish_ok<G: InstrumentGuard>(&self, guard: G, ok: impl FnOnce(&T) -> G::Success)
    where
        G::Failure: FromReturned<E>,
    {
        match self.0 {
            Ok(value) => guard.succeed(ok(value)),
            Err(error) => guard.fail(G::Failure::from_returned(error)),
        }
    }
}

/// A future whose end the attribute can see. There is none: what it can see it has wrapped.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the function returns a future, and only the making of it would be measured",
    label = "this future would not be measured",
    note = "make it an `async fn`, return `impl Future`, or end with `Box::pin(…)` where the type \
            says `dyn Future`; to measure the making of the future alone, say \
            `outcome = |_| true`"
)]
pub trait Measured {}

#[doc(hidden)]
pub trait JudgeFuture<F> {
    fn __verdict(&self) -> Outcome
    where
        F: Measured;

    fn __finish<G>(&self, guard: G)
    where
        F: Measured;

    fn __finish_ok<G, O>(&self, guard: G, ok: O)
    where
        F: Measured;
}

impl<F: Future> JudgeFuture<F> for &Returned<'_, F> {
    fn __verdict(&self) -> Outcome
    where
        F: Measured,
    {
        Outcome::Ok
    }

    fn __finish<G>(&self, _: G)
    where
        F: Measured,
    {
    }

    fn __finish_ok<G, O>(&self, _: G, _: O)
    where
        F: Measured,
    {
    }
}

#[doc(hidden)]
pub trait JudgeValue<T> {
    fn __verdict(&self) -> Outcome;

    fn __finish<G: InstrumentGuard>(&self, guard: G)
    where
        G::Success: FromReturned<T>;

    fn __finish_ok<G: InstrumentGuard>(&self, guard: G, ok: impl FnOnce(&T) -> G::Success);
}

impl<T> JudgeValue<T> for Returned<'_, T> {
    #[inline]
    fn __verdict(&self) -> Outcome {
        Outcome::Ok
    }

    fn __finish<G: InstrumentGuard>(&self, guard: G)
    where
        G::Success: FromReturned<T>,
    {
        guard.succeed(G::Success::from_returned(self.0));
    }

    fn __finish_ok<G: InstrumentGuard>(&self, guard: G, ok: impl FnOnce(&T) -> G::Success) {
        guard.succeed(ok(self.0));
    }
}
