//! Pushes from time to time, and a last one at the end.

use std::cell::Cell;
use std::fmt;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{PushError, Pusher};

/// The shortest pause between two pushes.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// What a thread that is done in time may need to say so.
const SPARE: Duration = Duration::from_millis(100);

/// Pushes from time to time, on a thread of its own, until it is dropped; see [`Pusher::every`].
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use vitalsigns::{Pusher, Registry};
///
/// # fn import() -> Result<(), std::io::Error> { Ok(()) }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = Registry::new();
/// let pusher = Pusher::builder(&registry, "http://127.0.0.1:9091")
///     .job("nightly-import")
///     .build()?;
/// let background = pusher.every(Duration::from_secs(15))?;
/// import()?; // If it fails or panics, the last push happens all the same.
/// pusher.succeeded();
/// background.finish()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "it pushes until it is dropped: keep it while the job runs"]
pub struct BackgroundPusher {
    /// Tells the thread by when it has to be done.
    stop: Sender<Instant>,
    /// How the last push ended. Locked by nobody: it makes this a value that threads can share.
    done: Mutex<Option<Receiver<Result<(), PushError>>>>,
    last: Arc<Mutex<Option<PushError>>>,
    pusher: Pusher,
}

impl BackgroundPusher {
    pub(super) fn start(pusher: Pusher, interval: Duration) -> Result<Self, PushError> {
        let (stop, stopped) = mpsc::channel();
        let (say, done) = mpsc::sync_channel(1);
        let last = Arc::default();
        let state = Pushing {
            pusher: pusher.clone(),
            stopped,
            until: Cell::new(None),
            last: Arc::clone(&last),
        };
        // Warnings go where those of the job go.
        #[cfg(feature = "tracing")]
        let log = tracing::dispatcher::get_default(Clone::clone);
        thread::Builder::new()
            .name(String::from("vitalsigns-push"))
            .spawn(move || {
                #[cfg(feature = "tracing")]
                let _log = tracing::dispatcher::set_default(&log);
                // Nobody hears it who has waited long enough.
                let _ = say.send(state.run(interval));
            })
            .map_err(|error| PushError::Thread {
                reason: error.to_string(),
            })?;
        Ok(BackgroundPusher {
            stop,
            done: Mutex::new(Some(done)),
            last,
            pusher,
        })
    }

    /// Why the push before this moment failed; `None` if it did not, or if there was none.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # let pusher = vitalsigns::Pusher::builder(&vitalsigns::Registry::new(), "http://127.0.0.1:9091")
    /// #     .job("nightly-import")
    /// #     .build()?;
    /// let background = pusher.every(std::time::Duration::from_secs(15))?;
    /// if let Some(error) = background.last_error() {
    ///     eprintln!("nobody sees this job: {error}");
    /// }
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    pub fn last_error(&self) -> Option<PushError> {
        lock(&self.last).clone()
    }

    /// Pushes once more and ends, and says how that went. It takes as long as a push may take, at
    /// most.
    ///
    /// # Errors
    ///
    /// As for [`Pusher::add`], and [`PushError::Thread`] if the thread has died.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn finish(mut self) -> Result<(), PushError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), PushError> {
        let done = self.done.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(done) = done.take() else {
            return Ok(());
        };
        let timeout = self.pusher.inner.timeout;
        // If there is nobody to be told, there is nobody to answer either.
        let _ = self.stop.send(Instant::now() + timeout);
        match done.recv_timeout(timeout + SPARE) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => Err(PushError::Timeout {
                url: self.pusher.url().to_owned(),
                timeout,
                attempts: 1,
            }),
            Err(RecvTimeoutError::Disconnected) => Err(PushError::Thread {
                reason: String::from("it has panicked"),
            }),
        }
    }
}

impl Drop for BackgroundPusher {
    /// Pushes once more, as [`finish`](Self::finish) does.
    fn drop(&mut self) {
        // The thread has told what went wrong to whoever listens to warnings.
        let _ = self.end();
    }
}

impl fmt::Debug for BackgroundPusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundPusher")
            .field("pusher", &self.pusher)
            .field("last_error", &self.last_error())
            .finish_non_exhaustive()
    }
}

/// What the thread has.
struct Pushing {
    pusher: Pusher,
    stopped: Receiver<Instant>,
    /// By when to be done; known once it is to stop.
    until: Cell<Option<Instant>>,
    last: Arc<Mutex<Option<PushError>>>,
}

impl Pushing {
    /// Pushes at once, then again and again, and once more when it is told to stop.
    fn run(&self, interval: Duration) -> Result<(), PushError> {
        loop {
            let started = Instant::now();
            let until = started + self.pusher.inner.timeout;
            let _ = self.push(until, |pause| self.wait(pause));
            let rest = interval.saturating_sub(started.elapsed());
            if !self.wait(rest.max(SHORTEST_PAUSE)) {
                break;
            }
        }
        let until = self.until.get().unwrap_or_else(Instant::now);
        self.push(until, |pause| {
            thread::sleep(pause);
            true
        })
    }

    /// Waits, unless it is or was told to stop.
    fn wait(&self, pause: Duration) -> bool {
        if self.until.get().is_some() {
            return false;
        }
        match self.stopped.recv_timeout(pause) {
            Ok(until) => {
                self.until.set(Some(until));
                false
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        }
    }

    fn push(&self, until: Instant, wait: impl Fn(Duration) -> bool) -> Result<(), PushError> {
        let result = self.pusher.add_until(until, wait);
        let mut last = lock(&self.last);
        #[cfg(feature = "tracing")]
        if let Err(error) = &result
            && (last.is_none() || self.until.get().is_some())
        {
            tracing::warn!(%error, "a push did not arrive");
        }
        *last = result.clone().err();
        result
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
