//! Running a check again and again, on a thread of its own.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinError;

use crate::cell::Cell;
use crate::check::{Boxed, Check, Work};
use crate::metrics::RunOutcome;
use crate::outcome::Outcome;
use crate::state::{Cause, State};

/// Nobody waits for longer; times far off cannot be told.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Starts the thread of a check. Nobody waits for its end: a check that is stuck keeps it.
pub(crate) fn start(check: Check, cell: Arc<Cell>) -> io::Result<()> {
    let name = format!("health-{}", check.name);
    let thread = thread::Builder::new().name(name);
    let rules = check.rules;
    match check.work {
        Work::Blocking(work) => {
            thread.spawn(move || run_blocking(&cell, &*work))?;
        }
        Work::Async(work) => {
            thread.spawn(move || {
                let Some(own) = runtime(&cell, rules.interval) else {
                    return;
                };
                let on = check.runtime.unwrap_or_else(|| own.handle().clone());
                own.block_on(run_async(&cell, rules.timeout, &work, &on));
                own.shutdown_background();
            })?;
        }
    }
    Ok(())
}

/// A runtime for this thread, as soon as the system has one; `None` if it is told to stop first.
fn runtime(cell: &Cell, pause: Duration) -> Option<Runtime> {
    while !cell.is_stopped() {
        match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => return Some(runtime),
            Err(_) => {
                cell.tell(Outcome::because(State::Unknown, Cause::Exhausted));
                cell.wait_blocking(pause.min(LONGEST));
            }
        }
    }
    None
}

fn run_blocking(cell: &Cell, work: &(dyn Fn() -> Outcome + Send + Sync)) {
    while !cell.is_stopped() {
        let begun = Instant::now();
        cell.begin();
        let found = catch_unwind(AssertUnwindSafe(work));
        let (outcome, as_) = found.map_or_else(|_| panicked(), found_by);
        cell.end(outcome, as_);
        cell.wait_blocking(until_next(cell, begun));
    }
}

async fn run_async(
    cell: &Cell,
    timeout: Duration,
    work: &Arc<dyn Fn() -> Boxed + Send + Sync>,
    on: &Handle,
) {
    while !cell.is_stopped() {
        let begun = Instant::now();
        cell.begin();
        let work = Arc::clone(work);
        // A task, so that a panic is its own, and within it, so that making the future is as well.
        let mut task = on.spawn(async move { work().await });
        let ended = match tokio::time::timeout(timeout, &mut task).await {
            Ok(ended) => ended,
            Err(_) => {
                cell.read(|_, _| {});
                task.abort();
                // One that blocks goes on until it is done: nothing else is started meanwhile.
                task.await
            }
        };
        let (outcome, as_) = ended.map_or_else(failed, found_by);
        cell.end(outcome, as_);
        cell.wait(until_next(cell, begun)).await;
    }
}

fn found_by(outcome: Outcome) -> (Outcome, RunOutcome) {
    let as_ = RunOutcome::from(outcome.state());
    (outcome, as_)
}

fn failed(error: JoinError) -> (Outcome, RunOutcome) {
    match error.is_panic() {
        true => panicked(),
        // Its runtime is gone, so nobody knows how the thing itself is.
        false => found_by(Outcome::because(State::Unknown, Cause::Error)),
    }
}

fn panicked() -> (Outcome, RunOutcome) {
    let outcome = Outcome::because(State::Down, Cause::Panicked);
    (outcome, RunOutcome::Panicked)
}

/// How long to wait: from start to start, a tenth more or less.
fn until_next(cell: &Cell, begun: Instant) -> Duration {
    let pause = cell.read(|standing, _| standing.pause());
    // New keys are as good as dice.
    let dice = RandomState::new().hash_one(0_u8) as f64 / u64::MAX as f64;
    let pause = pause.min(LONGEST).mul_f64(0.9 + 0.2 * dice);
    pause.saturating_sub(begun.elapsed())
}
