//! Heavy work off the async threads, which stops soon after nobody waits for it any more.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::failure::{ErrorKind, JobError};

/// Tells blocking work that it shall stop.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks the work to stop.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails once the work shall stop; call it once for each frame or block.
    pub fn check(&self) -> Result<(), JobError> {
        if self.0.load(Ordering::Relaxed) {
            return Err(JobError::new(ErrorKind::Internal, "the work was stopped"));
        }
        Ok(())
    }
}

/// Sets the flag when the future that waits for the work is dropped.
struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Runs work on a blocking thread; dropping the future asks the work to stop.
pub async fn run<T: Send + 'static>(
    work: impl FnOnce(&Stop) -> Result<T, JobError> + Send + 'static,
) -> Result<T, JobError> {
    let stop = Stop::default();
    let _guard = StopOnDrop(stop.clone());
    tokio::task::spawn_blocking(move || work(&stop))
        .await
        .unwrap_or_else(|error| {
            Err(JobError::new(
                ErrorKind::Internal,
                format!("the work was lost: {error}"),
            ))
        })
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc,
        time::{Duration, Instant},
    };

    use super::*;

    #[tokio::test]
    async fn dropping_the_future_stops_the_work() {
        let (stopped, heard) = mpsc::channel();
        let work = run(move |stop| {
            let end = Instant::now() + Duration::from_secs(10);
            while stop.check().is_ok() {
                assert!(Instant::now() < end, "the work runs on");
                std::thread::sleep(Duration::from_millis(1));
            }
            stopped
                .send(())
                .map_err(|error| JobError::storage("send", error))
        });
        assert!(
            tokio::time::timeout(Duration::from_millis(20), work)
                .await
                .is_err()
        );
        heard
            .recv_timeout(Duration::from_secs(10))
            .expect("the work runs on");
    }

    #[tokio::test]
    async fn a_panic_in_the_work_is_an_internal_failure() {
        let result: Result<(), _> = run(|_| panic!("on purpose")).await;
        assert_eq!(result.unwrap_err().kind, ErrorKind::Internal);
    }
}
