//! A function that does next to nothing, called without and with an attribute: what the attribute
//! costs. Two readings of the clock are what no one who measures can do without.

use std::hint::black_box;
use std::time::Instant;

use vitalsigns::{Format, instrument_metrics};

use super::{Bench, Fault, Recorded};
use crate::floors;
use crate::ours;
use crate::peers;
use crate::subject::{Class, Subject};

pub(crate) const BARE: &str = "bare";

/// What is called.
#[inline(never)]
pub(crate) fn bare(number: u64) -> Result<u64, u64> {
    black_box(if number == u64::MAX {
        Err(0)
    } else {
        Ok(number)
    })
}

#[inline(never)]
fn with_the_clock(number: u64) -> Result<u64, u64> {
    let started = Instant::now();
    let returned = bare(number);
    black_box(started.elapsed());
    returned
}

#[inline(never)]
#[instrument_metrics]
fn instrumented(number: u64) -> Result<u64, u64> {
    bare(number)
}

pub(crate) fn run(bench: &mut Bench) -> Result<(), Fault> {
    let recorded = Recorded {
        id: "G",
        title: "G. One call of a function",
        one: ("function", 5_000),
        threads: &[1],
        warm_up: 1,
        operations: 400_000,
        beyond_first: true,
        checked: "each page has counted every call, but for the floors without a page",
    };
    recorded.run(bench, subjects, |_, _| Ok(()))
}

pub(crate) fn subjects() -> Vec<Subject> {
    let own = || vitalsigns::global().render(Format::OpenMetrics);
    let nothing =
        |name, function| Subject::recording(name, Class::Floor, call(function), String::new);
    let mut subjects = vec![
        nothing(BARE, bare),
        nothing("two readings of the clock", with_the_clock),
        floors::function(),
        Subject::recording(ours::NAME, Class::Ours, call(instrumented), own)
            .counting("function_calls_total{"),
    ];
    subjects.extend(peers::functions());
    subjects
}

/// The operation that calls a function, which the compiler does not know there.
pub(crate) fn call(function: fn(u64) -> Result<u64, u64>) -> impl Fn(u64) + Send + Sync + 'static {
    move |number| {
        black_box(black_box(function)(number)).ok();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::alloc::allocated;

    #[instrument_metrics]
    async fn later(number: u64) -> Result<u64, u64> {
        bare(number)
    }

    #[test]
    fn a_call_allocates_nothing() {
        let call = || {
            instrumented(1).ok();
            instrumented(u64::MAX).ok();
            let mut context = Context::from_waker(Waker::noop());
            assert_eq!(pin!(later(1)).poll(&mut context), Poll::Ready(Ok(1)));
        };
        // The first one makes the global registry.
        call();
        let before = allocated().times;
        for _ in 0..1000 {
            call();
        }
        assert_eq!(allocated().times, before);
    }
}
