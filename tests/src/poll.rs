//! Waiting for something to become so, with a deadline.

use std::thread;
use std::time::{Duration, Instant};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Calls `probe` until it returns `Some`; panics with `what` when `deadline` has passed.
///
/// `what` finishes the sentence "waited 5 s for ...".
#[track_caller]
pub fn until<T>(deadline: Duration, what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    match attempt(deadline, || probe().ok_or(())) {
        Ok(found) => found,
        Err((waited, ())) => panic!("waited {:.1} s for {what}", waited.as_secs_f64()),
    }
}

/// [`until`] for a probe that says why it is not so yet; the panic gives the last reason.
#[track_caller]
pub fn until_ok<T>(deadline: Duration, what: &str, probe: impl FnMut() -> Result<T, String>) -> T {
    match attempt(deadline, probe) {
        Ok(found) => found,
        Err((waited, reason)) => {
            panic!("waited {:.1} s for {what}: {reason}", waited.as_secs_f64())
        }
    }
}

/// Probes at least once; after `deadline`, how long that took and the last error.
pub(crate) fn attempt<T, E>(
    deadline: Duration,
    mut probe: impl FnMut() -> Result<T, E>,
) -> Result<T, (Duration, E)> {
    let started = Instant::now();
    loop {
        match probe() {
            Ok(found) => return Ok(found),
            Err(error) if started.elapsed() >= deadline => return Err((started.elapsed(), error)),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}
