//! State that lives elsewhere, read at each scrape; each collector harms only its own families.
//!
//! The collectors of a scrape run on a thread of their own, one after the other. One that takes
//! longer than the deadline is left behind with its thread, and the others go on on a new one; it
//! is not asked again before it has come back, so there is at most one thread for each collector
//! that hangs.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::lock;
use crate::own::CollectorOwn;

/// What brings the metrics of one group up to date.
pub(super) struct Collector {
    name: String,
    /// The families that are left out of a page if this fails.
    families: Vec<String>,
    collect: Box<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// It was left behind and has not come back.
    is_stuck: AtomicBool,
    own: CollectorOwn,
}

impl Collector {
    pub(super) fn new(
        name: impl Into<String>,
        families: Vec<String>,
        collect: impl Fn() -> Result<(), String> + Send + Sync + 'static,
        own: CollectorOwn,
    ) -> Arc<Self> {
        Arc::new(Collector {
            name: name.into(),
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

impl Failure {
    fn told(self) -> &'static str {
        match self {
            Failure::Error => "an error",
            Failure::Panic => "a panic",
            Failure::Deadline => "too slow",
        }
    }
}

/// What came of running the collectors.
#[derive(Clone, Default)]
pub(super) struct Ran {
    /// Those that failed, and why.
    pub(super) failed: Vec<(Arc<Collector>, Failure)>,
}

impl Ran {
    /// Whether this one failed.
    pub(super) fn lacks(&self, collector: &Arc<Collector>) -> bool {
        let mut failed = self.failed.iter();
        failed.any(|(failed, _)| Arc::ptr_eq(failed, collector))
    }

    /// The families that are left out.
    pub(super) fn left_out(&self) -> impl Iterator<Item = &String> {
        self.failed.iter().flat_map(|(failed, _)| &failed.families)
    }

    /// The failures in words.
    pub(super) fn told(&self) -> Vec<String> {
        let failed = self.failed.iter();
        failed
            .map(|(collector, failure)| format!("{} ({})", collector.name, failure.told()))
            .collect()
    }
}

/// How long collectors may take: each of them, and all together.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) each: Duration,
    pub(super) until: Instant,
}

impl Limits {
    /// How long the next one may take.
    fn next(self) -> Duration {
        self.each
            .min(self.until.saturating_duration_since(Instant::now()))
    }
}

thread_local! {
    /// The registries for whose pages this thread reads; more than one if a collector asked for the
    /// page of another registry.
    static READS_FOR: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Whether this happens within a collector of `registry`. It would wait for its own end.
pub(super) fn is_within(registry: usize) -> bool {
    READS_FOR.with_borrow(|registries| registries.contains(&registry))
}

/// Runs the collectors of `registry`.
pub(super) fn run(registry: usize, collectors: &[Arc<Collector>], limits: Limits) -> Ran {
    let mut reads_for = READS_FOR.with_borrow(Clone::clone);
    reads_for.push(registry);
    let (stuck, ready): (Vec<_>, Vec<_>) = collectors
        .iter()
        .cloned()
        .partition(|collector| collector.is_stuck.load(Ordering::Acquire));
    let mut ran = Ran::default();
    let mut settle = |collector: &Arc<Collector>, result: Result<(), Failure>| {
        collector.own.ended(result);
        if let Err(failure) = result {
            ran.failed.push((Arc::clone(collector), failure));
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
        let reads_for = reads_for.clone();
        let spawned = thread::Builder::new()
            .name("vitalsigns-collect".into())
            .spawn(move || {
                READS_FOR.set(reads_for);
                work(&worker, &results);
            });
        if spawned.is_err() {
            // No thread is to be had: nothing is known of what they would have read.
            open.drain(..)
                .for_each(|collector| settle(&collector, Err(Failure::Error)));
            break;
        }
        while let Some(collector) = open.front().cloned() {
            match ended.recv_timeout(limits.next()) {
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
    ran
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
