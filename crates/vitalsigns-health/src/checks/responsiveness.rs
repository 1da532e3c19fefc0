//! How long the runtime takes to begin a task.

use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::check::Check;
use crate::outcome::Outcome;
use crate::state::{Cause, State};

/// How long the program's runtime takes to begin a task: what every request waits for at least. A
/// runtime whose threads are all blocked does not answer at all, and this check says so.
///
/// It touches nothing outside of the process, so it may belong to [`Group::Live`]: then an instance
/// that is stuck for good is started anew.
///
/// [`Group::Live`]: crate::Group::Live
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tokio::runtime::Handle;
/// use vitalsigns_health::{Group, checks::Responsiveness};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let check = Responsiveness::of(Handle::current())
///     .degraded_above(Duration::from_millis(50))
///     .check("runtime")
///     .groups([Group::Live, Group::Full])
///     .failures(6)
///     .critical();
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked before `check`"]
pub struct Responsiveness {
    runtime: Handle,
    degraded: Duration,
}

impl Responsiveness {
    /// That of this runtime; degraded above 100 ms.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn of(runtime: Handle) -> Self {
        Responsiveness {
            runtime,
            degraded: Duration::from_millis(100),
        }
    }

    /// The time above which it is degraded. What is longer than the check's timeout is down.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn degraded_above(mut self, time: Duration) -> Self {
        self.degraded = time;
        self
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        let Responsiveness { runtime, degraded } = self;
        let ask = move || {
            let (runtime, asked) = (runtime.clone(), Instant::now());
            async move {
                let begun = runtime.spawn(async move { asked.elapsed() }).await;
                match begun {
                    Ok(took) if took <= degraded => in_milliseconds(Outcome::up(), took),
                    Ok(took) => {
                        in_milliseconds(Outcome::because(State::Degraded, Cause::Limit), took)
                    }
                    Err(_) => Outcome::because(State::Down, Cause::Unavailable),
                }
            }
        };
        Check::new(name, ask).in_process().component("component")
    }
}

fn in_milliseconds(outcome: Outcome, took: Duration) -> Outcome {
    outcome.detail("milliseconds", took.as_micros() as f64 / 1000.0)
}
