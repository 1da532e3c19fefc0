//! A future that is a call.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

/// What can begin a call.
#[doc(hidden)]
pub trait Begin {
    type Call: Running;

    fn begin(self) -> Self::Call;
}

/// A call that may be left and entered again, as a future is between two polls.
#[doc(hidden)]
pub trait Running {
    /// The flow of control is inside from here on: who leaves without a value unwinds.
    fn enter(&mut self);
    /// It is outside: who is dropped now is cancelled.
    fn leave(&mut self);
}

enum State<B: Begin> {
    /// Not polled yet: nothing was called.
    Before(B),
    During(B::Call),
    After,
}

pin_project! {
    /// The body of an async function. The call begins with the first poll.
    #[doc(hidden)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Watched<F, B: Begin, J> {
        // Dropped before the state, so that what the body does in its end belongs to the call.
        #[pin]
        body: F,
        state: State<B>,
        judge: Option<J>,
    }
}

#[doc(hidden)]
#[inline]
pub fn watch<F, B, J>(begin: B, body: F, judge: J) -> Watched<F, B, J>
where
    F: Future,
    B: Begin,
    J: FnOnce(B::Call, &F::Output),
{
    Watched {
        body,
        state: State::Before(begin),
        judge: Some(judge),
    }
}

/// Dropped only where a poll unwinds: the call ends there, and not where the rest of the future is
/// dropped, which may be long after somebody has caught the panic.
struct Unwinds<'a, B: Begin>(&'a mut State<B>);

impl<B: Begin> Drop for Unwinds<'_, B> {
    fn drop(&mut self) {
        *self.0 = State::After;
    }
}

impl<F, B, J> Future for Watched<F, B, J>
where
    F: Future,
    B: Begin,
    J: FnOnce(B::Call, &F::Output),
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let State::During(call) = this.state {
            call.enter();
        } else if let State::Before(begin) = mem::replace(this.state, State::After) {
            *this.state = State::During(begin.begin());
        }
        let unwinds = Unwinds(this.state);
        let polled = this.body.poll(cx);
        mem::forget(unwinds);
        if polled.is_pending()
            && let State::During(call) = this.state
        {
            call.leave();
        }
        let returned = ready!(polled);
        if let State::During(call) = mem::replace(this.state, State::After)
            && let Some(judge) = this.judge.take()
        {
            judge(call, &returned);
        }
        Poll::Ready(returned)
    }
}
