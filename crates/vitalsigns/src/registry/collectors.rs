//! State that lives elsewhere, read at each scrape; each collector harms only its own families.
//!
//! The collectors of a scrape run on a thread of their own, one after the other. One that takes
//! longer than the deadline is left behind with its thread, and the others go on on a new one; it
//! is not asked again before it has come back, so there is at most one thread for each collector
//! that hangs.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::lock;
use crate::own::CollectorOwn;

/// What brings the metrics of one group up to date.
pub(super) struct Collector {
    /// The families that are left out of a page if this fails.
    families: Vec<String>,
    collect: Box<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// It was left behind and has not come back.
    is_stuck: AtomicBool,
    own: CollectorOwn,
}

impl Collector {
    pub(super) fn new(
        families: Vec<String>,
        collect: impl Fn() -> Result<(), String> + Send + Sync + 'static,
        own: CollectorOwn,
    ) -> Arc<Self> {
        Arc::new(Collector {
            families,
            collect: Box::new(collect),
            is_stuck: AtomicBool::new(false),
            own,
        })
    }

    fn run(&self) -> Result<(), Failure> {
        match catch_unwind(AssertUnwindSafe(|| (self.collect)())) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Failure::Error),
            Err(_) => Err(Failure::Panic),
        }
    }
}

/// Why a collector has nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Error,
    Panic,
    Deadline,
}

/// Runs the collectors and gives the families of those that failed.
pub(super) fn run(collectors: &[Arc<Collector>], deadline: Duration) -> Vec<String> {
    let (stuck, ready): (Vec<_>, Vec<_>) = collectors
        .iter()
        .cloned()
        .partition(|collector| collector.is_stuck.load(Ordering::Acquire));
    let mut failed = Vec::new();
    let mut settle = |collector: &Collector, result: Result<(), Failure>| {
        collector.own.ended(result);
        if result.is_err() {
            failed.extend(collector.families.iter().cloned());
        }
    };
    for collector in &stuck {
        settle(collector, Err(Failure::Deadline));
    }

    let mut open: VecDeque<_> = ready.into();
    while !open.is_empty() {
        let (results, ended) = mpsc::channel();
        let batch = Arc::new(Mutex::new(open.clone()));
        let worker = Arc::clone(&batch);
        let spawned = thread::Builder::new()
            .name("vitalsigns-collect".into())
            .spawn(move || work(&worker, &results));
        if spawned.is_err() {
            // No thread is to be had: nothing is known of what they would have read.
            open.drain(..)
                .for_each(|collector| settle(&collector, Err(Failure::Error)));
            break;
        }
        while let Some(collector) = open.front().cloned() {
            match ended.recv_timeout(deadline) {
                Ok(result) => {
                    settle(&collector, result);
                    open.pop_front();
                }
                Err(_) => {
                    let mut batch = lock(&batch);
                    open.pop_front();
                    // The worker takes the next one after it has sent the result of this one, and
                    // under this lock: if there is none now, it has not come back.
                    if let Ok(result) = ended.try_recv() {
                        settle(&collector, result);
                        continue;
                    }
                    batch.clear();
                    settle(&collector, Err(Failure::Deadline));
                    break;
                }
            }
        }
    }
    failed
}

/// Runs collectors until there are none left.
fn work(batch: &Mutex<VecDeque<Arc<Collector>>>, results: &Sender<Result<(), Failure>>) {
    loop {
        let next = lock(batch).pop_front();
        let Some(collector) = next else { return };
        // Set until it is back: whoever waits no longer leaves it as it is.
        collector.is_stuck.store(true, Ordering::Release);
        let result = collector.run();
        collector.is_stuck.store(false, Ordering::Release);
        if results.send(result).is_err() {
            return;
        }
    }
}
