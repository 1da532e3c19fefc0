//! State that lives elsewhere, read at each scrape; each collector harms only its own families.
//!
//! The collectors of a scrape run on a thread of their own, one after the other. When one takes
//! longer than its deadline, or half of the time that the page has left, the others go on on a new
//! thread. It is waited for as long as there is time, and then left behind. It is not asked again
//! before it has come back, so there is at most one thread for each collector that hangs. If it was
//! left because the page could not wait, that is no failure of it, and the next page waits for it
//! once the others are served.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::lock;
use crate::own::CollectorOwn;

/// The shortest time to look whether one has come back.
const BREATH: Duration = Duration::from_millis(1);

/// How often to look which of several have come back.
const LOOK: Duration = Duration::from_millis(10);

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
    /// When a page last went without it.
    left_out: Mutex<Option<Instant>>,
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
            left_out: Mutex::default(),
            own,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The families that it brings up to date; of metrics of other libraries, they are not known.
    pub(super) fn families(&self) -> &[String] {
        &self.families
    }

    /// What is reported of it.
    pub(super) fn own(&self) -> &CollectorOwn {
        &self.own
    }

    /// Whether a page went without it since then; since ever, if there is no then.
    pub(super) fn was_left_out(&self, since: Option<Instant>) -> bool {
        let left_out = *lock(&self.left_out);
        left_out.is_some_and(|left_out| since.is_none_or(|since| left_out >= since))
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

    /// Whether it runs: it was left behind, and has not come back.
    fn is_away(&self) -> bool {
        lock(&self.since).is_some()
    }

    /// Waits until it is back, for as long as that.
    fn wait(&self, limit: Duration) {
        let since = lock(&self.since);
        let waited = self
            .back
            .wait_timeout_while(since, limit, |since| since.is_some());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// Why a collector has nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Error,
    Panic,
    Deadline,
}

/// Why a page goes without a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    Failed(Failure),
    /// Who asked for the page could not wait. That is no fault of the collector.
    Haste,
}

impl Lack {
    fn told(self) -> &'static str {
        match self {
            Lack::Failed(Failure::Error) => "an error",
            Lack::Failed(Failure::Panic) => "a panic",
            Lack::Failed(Failure::Deadline) => "too slow",
            Lack::Haste => "too slow for this timeout",
        }
    }
}

/// What came of running collectors.
#[derive(Clone, Default)]
pub(super) struct Ran {
    /// Those that a page goes without, and why.
    lacks: Vec<(Arc<Collector>, Lack)>,
}

impl Ran {
    /// What it is when nobody could be asked.
    pub(super) fn nobody(collectors: &[Arc<Collector>]) -> Self {
        let mut ran = Ran::default();
        for collector in collectors {
            ran.settle(collector, Err(Lack::Haste));
        }
        ran
    }

    /// Writes down what came of one.
    fn settle(&mut self, collector: &Arc<Collector>, result: Result<(), Lack>) {
        match result {
            Ok(()) => collector.own.ended(Ok(())),
            Err(Lack::Failed(failure)) => collector.own.ended(Err(failure)),
            Err(Lack::Haste) => {}
        }
        if let Err(lack) = result {
            *lock(&collector.left_out) = Some(Instant::now());
            self.lacks.push((Arc::clone(collector), lack));
        }
    }

    /// The same, of these only.
    pub(super) fn of(mut self, collectors: &[Arc<Collector>]) -> Self {
        let is_one = |lack: &Arc<Collector>| collectors.iter().any(|one| Arc::ptr_eq(one, lack));
        self.lacks.retain(|(lack, _)| is_one(lack));
        self
    }

    /// Whether a page goes without this one.
    pub(super) fn lacks(&self, collector: &Arc<Collector>) -> bool {
        let mut lacks = self.lacks.iter();
        lacks.any(|(lack, _)| Arc::ptr_eq(lack, collector))
    }

    /// Those that could not be waited for.
    pub(super) fn hasty(&self) -> impl Iterator<Item = &Arc<Collector>> {
        let lacks = self.lacks.iter();
        lacks.filter_map(|(collector, lack)| (*lack == Lack::Haste).then_some(collector))
    }

    /// Whether somebody with more time might have had more of these.
    pub(super) fn lacks_time(&self, collectors: &[Arc<Collector>]) -> bool {
        let mut hasty = self.hasty();
        hasty.any(|lack| collectors.iter().any(|one| Arc::ptr_eq(one, lack)))
    }

    /// The families that are left out.
    pub(super) fn left_out(&self) -> impl Iterator<Item = &String> {
        self.lacks.iter().flat_map(|(lack, _)| &lack.families)
    }

    /// What is lacking, and why, in words.
    pub(super) fn told(&self) -> Vec<String> {
        let lacks = self.lacks.iter();
        lacks
            .map(|(collector, lack)| format!("{} ({})", collector.name, lack.told()))
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
    let mut run = Run {
        limits,
        reads_for: READS_FOR.with_borrow(Clone::clone),
        ran: Ran::default(),
        late: Vec::new(),
    };
    run.reads_for.push(registry);
    let (away, ready) = collectors
        .iter()
        .cloned()
        .partition(|collector| collector.is_away());
    run.ask(ready);
    run.await_away(away);
    run.await_late();
    run.ran
}

/// What came of collectors, as it comes.
type Results = Receiver<Result<(), Failure>>;

/// A run on its way.
struct Run {
    limits: Limits,
    /// The registries for whose pages the collectors read.
    reads_for: Vec<usize>,
    ran: Ran,
    /// Those that were begun and have not come back, and where they tell what came of it.
    late: Vec<(Arc<Collector>, Results)>,
}

impl Run {
    /// Asks these, one after the other, but waits for none of them too long.
    fn ask(&mut self, mut open: VecDeque<Arc<Collector>>) {
        while !open.is_empty() && !self.limits.left().is_zero() {
            let (results, ended) = mpsc::channel();
            let batch = Arc::new(Mutex::new(open.clone()));
            let worker = Arc::clone(&batch);
            let reads_for = self.reads_for.clone();
            let spawned = thread::Builder::new()
                .name("vitalsigns-collect".into())
                .spawn(move || {
                    READS_FOR.set(reads_for);
                    work(&worker, &results);
                });
            if spawned.is_err() {
                // No thread is to be had: nothing is known of what they would have read.
                for collector in open {
                    self.ran
                        .settle(&collector, Err(Lack::Failed(Failure::Error)));
                }
                return;
            }
            while let Some(collector) = open.front().cloned() {
                let left = self.limits.left();
                let patience = self.limits.each.min(left / 2).max(BREATH);
                let result = match ended.recv_timeout(patience) {
                    Ok(result) => result,
                    Err(_) => {
                        let mut batch = lock(&batch);
                        // The worker takes the next one after it has sent the result of this one,
                        // and under this lock: if there is none now, it has not come back.
                        match ended.try_recv() {
                            Ok(result) => result,
                            Err(_) if batch.len() == open.len() && !left.is_zero() => {
                                // The worker has not begun; the machine has other things to do.
                                continue;
                            }
                            Err(_) => {
                                batch.clear();
                                open.pop_front();
                                self.late.push((collector, ended));
                                break;
                            }
                        }
                    }
                };
                self.ran.settle(&collector, result.map_err(Lack::Failed));
                open.pop_front();
            }
        }
        for collector in open {
            self.ran.settle(&collector, Err(Lack::Haste));
        }
    }

    /// Asks those that were left behind by a page before this one, as they come back.
    fn await_away(&mut self, mut away: VecDeque<Arc<Collector>>) {
        while let Some(first) = away.front().cloned() {
            first.wait(first.rest(self.limits).min(self.limits.left()).min(LOOK));
            let mut back = VecDeque::new();
            away.retain(|collector| {
                let lack = if !collector.is_away() {
                    back.push_back(Arc::clone(collector));
                    return false;
                } else if collector.rest(self.limits).is_zero() {
                    Lack::Failed(Failure::Deadline)
                } else if self.limits.left().is_zero() {
                    Lack::Haste
                } else {
                    return true;
                };
                self.ran.settle(collector, Err(lack));
                false
            });
            self.ask(back);
        }
    }

    /// The others are served: what time there is belongs to those that are late.
    fn await_late(&mut self) {
        for (collector, ended) in self.late.drain(..) {
            let rest = collector.rest(self.limits);
            let left = self.limits.left();
            let result = match ended.recv_timeout(rest.min(left)) {
                Ok(result) => result.map_err(Lack::Failed),
                Err(_) if left < rest => Err(Lack::Haste),
                Err(_) => Err(Lack::Failed(Failure::Deadline)),
            };
            self.ran.settle(&collector, result);
        }
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
