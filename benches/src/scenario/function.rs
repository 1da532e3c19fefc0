//! A function that does next to nothing, called without and with an attribute: what the attribute
//! costs. The second subject reads the clock twice, which no one who measures can do without.

use std::hint::black_box;
use std::time::Instant;

use vitalsigns::{Format, instrument_metrics};

use super::{Fault, Size, record};
use crate::subject::{Subject, VITALSIGNS};

pub(crate) const BARE: &str = "bare";

#[inline(never)]
fn bare(number: u64) -> Result<u64, u64> {
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

#[cfg(feature = "peers")]
#[inline(never)]
#[autometrics::autometrics(track_concurrency)]
fn autometrics(number: u64) -> Result<u64, u64> {
    bare(number)
}

pub(crate) fn run(size: Size) -> Result<(), Fault> {
    record("D. a function", 500_000, size, all, |_, _| Vec::new())
}

pub(crate) fn all() -> Vec<Subject> {
    let own = || vitalsigns::global().render(Format::OpenMetrics);
    let call = |function: fn(u64) -> Result<u64, u64>| {
        move |number| {
            black_box(black_box(function)(number)).ok();
        }
    };
    vec![
        Subject::recording(BARE, call(bare), String::new),
        Subject::recording("clock", call(with_the_clock), String::new),
        Subject::recording(VITALSIGNS, call(instrumented), own),
        #[cfg(feature = "peers")]
        Subject::recording("autometrics", call(autometrics), String::new),
    ]
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
