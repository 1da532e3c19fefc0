//! State that lives elsewhere, read at each scrape; each collector harms only its own families.
//!
//! The collectors of a scrape run on a thread of their own, one after the other. When one takes
//! longer than its deadline, or half of the time that the page has left, the others go on on a new
//! thread. It is waited for as long as there is time, and then left behind. It is not asked again
//! before it has come back, so there is at most one thread for each collector that hangs. If it was
//! left because the page could not wait, the next page waits for it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::lock;
use crate::own::CollectorOwn;

/// The shortest time to look whether one has come back.
const BREATH: Duration = Duration::from_millis(1);

/// What brings the metrics of one group up to date.
pub(super) struct Collector {
    name: String,
    /// The families that are left out of a page if this fails.
    families: Vec<String>,
    collect: Box<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// Since when it runs, if it does; if nobody waits for it, it was left behind.
    since: Mutex<Option<Instant>>,
    /// It has come back.
    back: Condvar,
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
            since: Mutex::default(),
            back: Condvar::new(),
            own,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn run(&self) -> Result<(), Failure> {
        let result = match catch_unwind(AssertUnwindSafe(|| (self.collect)())) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Failure::Error),
            Err(_) => Err(Failure::Panic),
        };
        *lock(&self.since) = None;
        self.back.notify_all();
        result
    }

    /// How much of its own deadline it has left.
    fn rest(&self, limits: Limits) -> Duration {
        let had = lock(&self.since).map_or(Duration::ZERO, |since| since.elapsed());
        limits.each.saturating_sub(had)
    }

    /// Whether it is back, if it was left behind: one that has not had its time yet is waited for.
    fn is_back(&self, limits: Limits) -> bool {
        let left = self.rest(limits).min(limits.left());
        let since = lock(&self.since);
        let waited = self
            .back
            .wait_timeout_while(since, left, |since| since.is_some());
        let (since, _) = waited.unwrap_or_else(PoisonError::into_inner);
        since.is_none()
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
    /// Some failed because of the page that was waited for, and not because of their own deadline.
    pub(super) is_cut_short: bool,
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
    /// How long all that are left may take.
    fn left(self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
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
    let (ready, stuck): (Vec<_>, Vec<_>) = collectors
        .iter()
        .cloned()
        .partition(|collector| collector.is_back(limits));
    let mut ran = Ran::default();
    let mut is_cut_short = false;
    let mut settle = |collector: &Arc<Collector>, result: Result<(), Failure>| {
        collector.own.ended(result);
        if let Err(failure) = result {
            ran.failed.push((Arc::clone(collector), failure));
        }
    };
    for collector in &stuck {
        settle(collector, Err(Failure::Deadline));
    }

    let mut late = Vec::new();
    let mut open: VecDeque<_> = ready.into();
    while !open.is_empty() && !limits.left().is_zero() {
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
            let left = limits.left();
            let result = match ended.recv_timeout(limits.each.min(left / 2).max(BREATH)) {
                Ok(result) => result,
                Err(_) => {
                    let mut batch = lock(&batch);
                    // The worker takes the next one after it has sent the result of this one, and
                    // under this lock: if there is none now, it has not come back.
                    match ended.try_recv() {
                        Ok(result) => result,
                        Err(_) if batch.len() == open.len() && !left.is_zero() => {
                            // The worker has not begun; the machine has other things to do.
                            continue;
                        }
                        Err(_) => {
                            batch.clear();
                            open.pop_front();
                            late.push((collector, ended));
                            break;
                        }
                    }
                }
            };
            settle(&collector, result);
            open.pop_front();
        }
    }
    is_cut_short |= !open.is_empty();
    for collector in open {
        settle(&collector, Err(Failure::Deadline));
    }
    // The others are served: what time there is belongs to those that are late.
    for (collector, ended) in late {
        let rest = collector.rest(limits);
        let left = limits.left();
        let result = ended.recv_timeout(rest.min(left));
        is_cut_short |= result.is_err() && left < rest;
        settle(&collector, result.unwrap_or(Err(Failure::Deadline)));
    }
    ran.is_cut_short = is_cut_short;
    ran
}

/// What it is when nobody could be asked.
pub(super) fn asked_nobody(collectors: &[Arc<Collector>]) -> Ran {
    let failed = collectors.iter().map(|collector| {
        collector.own.ended(Err(Failure::Deadline));
        (Arc::clone(collector), Failure::Deadline)
    });
    Ran {
        failed: failed.collect(),
        is_cut_short: true,
    }
}

/// Runs collectors until there are none left.
fn work(batch: &Mutex<VecDeque<Arc<Collector>>>, results: &Sender<Result<(), Failure>>) {
    loop {
        let collector = {
            let mut batch = lock(batch);
            let Some(collector) = batch.pop_front() else {
                return;
            };
            // Under the lock: whoever waits no longer knows whether it runs.
            *lock(&collector.since) = Some(Instant::now());
            collector
        };
        let result = collector.run();
        if results.send(result).is_err() {
            return;
        }
    }
}
