//! Series that are made when they are first asked for.
//!
//! Three places know a series, so that nobody waits for the scrape:
//! - the **table**, where look-ups find it under a read lock and creations write;
//! - **born**, where a creation leaves it for the scrape: locked for a push or a swap of vectors;
//! - the **page**, sorted, which only scrapes lock, for as long as they write.

use std::mem;
use std::sync::{Arc as StdArc, PoisonError};
use std::time::{Duration, Instant};

use hashbrown::{HashMap, HashTable};

use super::MAX_LABELS;
use crate::descriptor::Descriptor;
use crate::label::{
    Key, Label, LabelSet, LabelSpec, LabelValues, OVERFLOW, Part, hash_labels, hash_parts,
};
use crate::metric::{Counter, Metric, Shape};
use crate::sample::Sink;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

type Hasher = foldhash::fast::RandomState;

pub(super) struct Sparse<M> {
    labels: &'static [LabelSpec],
    constant: StdArc<[(String, String)]>,
    shape: StdArc<Shape>,
    /// How many series there may be before text labels are folded altogether.
    max_series: usize,
    /// Look-ups that were folded into the overflow value.
    overflow: Option<Counter>,
    hasher: Hasher,
    table: RwLock<Table<M>>,
    born: Mutex<Vec<Arc<Series<M>>>>,
    page: Mutex<Vec<Listed<M>>>,
    /// After what time a series that nobody holds and nothing changes is forgotten.
    expire_idle: Option<Duration>,
    /// The name of the family, for the warning, which is given once.
    #[cfg(feature = "tracing")]
    name: StdArc<str>,
    #[cfg(feature = "tracing")]
    warned: AtomicBool,
}

struct Series<M> {
    key: Key,
    metric: M,
    /// Taken out of the table; the page drops it at the next scrape.
    gone: AtomicBool,
}

/// A series in its place on the page.
struct Listed<M> {
    series: Arc<Series<M>>,
    /// What a scrape last saw of it, and when that was new.
    seen: Option<(u64, Instant)>,
}

impl<M: Metric> Listed<M> {
    /// The trace that it has had for so long while nobody holds it, if it is idle.
    fn idle_at(&mut self, after: Duration, now: Instant) -> Option<u64> {
        let trace = self.series.metric.trace();
        match self.seen {
            Some((seen, since)) if seen == trace => {
                let is_idle = now.duration_since(since) >= after && !self.series.metric.is_held();
                is_idle.then_some(trace)
            }
            _ => {
                self.seen = Some((trace, now));
                None
            }
        }
    }
}

struct Table<M> {
    series: HashTable<Arc<Series<M>>>,
    /// The values that each capped label has taken, and by how many series; empty for closed ones.
    values: Box<[HashMap<StdArc<str>, usize, Hasher>]>,
}

/// What became of the labels that were asked for.
#[derive(Clone, Copy)]
struct Folded {
    /// A value was beyond its cap and now reads `other`.
    overflowed: bool,
    /// A value is new and has room.
    admits: bool,
}

impl<M: Metric> Sparse<M> {
    pub(super) fn new(
        descriptor: &Descriptor,
        shape: StdArc<Shape>,
        overflow: Option<Counter>,
    ) -> Self {
        let values = descriptor
            .labels
            .iter()
            .map(|_| HashMap::default())
            .collect();
        Sparse {
            labels: descriptor.labels,
            constant: StdArc::clone(&descriptor.constant),
            shape,
            max_series: descriptor.max_series,
            overflow,
            hasher: Hasher::default(),
            table: RwLock::new(Table {
                series: HashTable::new(),
                values,
            }),
            born: Mutex::new(Vec::new()),
            page: Mutex::new(Vec::new()),
            expire_idle: descriptor.expire_idle,
            #[cfg(feature = "tracing")]
            name: descriptor.name.as_str().into(),
            #[cfg(feature = "tracing")]
            warned: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(super) fn with<Q: LabelSet>(&self, labels: &Q) -> M {
        let hash = hash_labels(&self.hasher, labels);
        let table = self.read();
        let found = table.series.find(hash, |series| series.key.is(labels));
        let was_removed = match found {
            Some(series) if !series.metric.is_retired() => return series.metric.clone(),
            found => found.is_some(),
        };
        drop(table);
        if was_removed {
            self.forget(hash, labels);
        }
        self.admit(labels)
    }

    /// Takes a removed series out of the table if nobody holds it any more.
    #[cold]
    fn forget<Q: LabelSet>(&self, hash: u64, labels: &Q) {
        let mut table = self.write();
        let found = table.series.find(hash, |series| series.key.is(labels));
        if let Some(series) = found.filter(|series| series.is_forgotten()) {
            let series = Arc::clone(series);
            table.take(&self.hasher, &series);
        }
    }

    /// The series for labels that are not in the table as they are: folded, or new.
    #[cold]
    fn admit<Q: LabelSet>(&self, labels: &Q) -> M {
        let mut asked = [Label::Closed(0); MAX_LABELS];
        for (index, part) in asked.iter_mut().enumerate().take(self.labels.len()) {
            *part = labels.label(index);
        }
        let asked = &asked[..self.labels.len()];

        let mut parts = [Label::Closed(0); MAX_LABELS];
        let parts = &mut parts[..self.labels.len()];

        // Most of what comes here more than once is beyond a cap: the read lock is enough for it.
        {
            let table = self.read();
            let folded = table.resolve(self, asked, parts);
            if !folded.admits
                && let Some(series) = table.find(&self.hasher, parts)
            {
                self.count(folded);
                return series.handle();
            }
        }

        let mut table = self.write();
        let folded = table.resolve(self, asked, parts);
        self.count(folded);
        if let Some(series) = table.find(&self.hasher, parts) {
            return series.handle();
        }
        let series = table.insert(self, parts);
        let handle = series.metric.clone();
        drop(table);
        self.announce(series);
        handle
    }

    fn count(&self, folded: Folded) {
        if !folded.overflowed {
            return;
        }
        if let Some(overflow) = &self.overflow {
            overflow.inc();
        }
        #[cfg(feature = "tracing")]
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                metric = %self.name,
                "label values beyond a cap or budget share one series;                  vitalsigns_series_overflow_total counts them"
            );
        }
    }

    /// Leaves a new series for the next scrape.
    fn announce(&self, series: Arc<Series<M>>) {
        let mut born = lock(&self.born);
        // Without scrapes, series that come and go must not pile up here.
        if born.len() == born.capacity() {
            born.retain(|series| !series.gone.load(Ordering::Relaxed));
        }
        born.push(series);
    }

    pub(super) fn remove<Q: LabelSet>(&self, labels: &Q) -> bool {
        let hash = hash_labels(&self.hasher, labels);
        let mut table = self.write();
        let found = table.series.find(hash, |series| series.key.is(labels));
        let Some(series) = found.map(Arc::clone) else {
            return false;
        };
        let was_there = !series.metric.is_retired();
        series.metric.retire();
        // A handle that is held may record at any moment: its series stays known.
        if series.is_forgotten() {
            table.take(&self.hasher, &series);
        }
        was_there
    }

    pub(super) fn collect(&self, sink: &mut dyn Sink) {
        let mut page = lock(&self.page);
        let mut born = mem::take(&mut *lock(&self.born));
        if let Some(after) = self.expire_idle {
            let now = Instant::now();
            for listed in page.iter_mut() {
                let Some(trace) = listed.idle_at(after, now) else {
                    continue;
                };
                // Forgotten below, unless somebody asks for it until then, or did just now.
                let metric = &listed.series.metric;
                metric.retire();
                if metric.trace() != trace {
                    metric.revive();
                }
            }
        }
        if !born.is_empty() {
            born.sort_unstable_by(|a, b| a.key.order(&b.key));
            page.extend(born.into_iter().map(|series| Listed { series, seen: None }));
            // Two sorted runs: a stable sort finds and merges them.
            page.sort_by(|a, b| a.series.key.order(&b.series.key));
        }
        let mut scratch = Vec::new();
        let mut hidden = false;
        for Listed { series, .. } in page.iter() {
            if series.gone.load(Ordering::Relaxed) || series.metric.is_retired() {
                hidden = true;
            } else {
                series
                    .metric
                    .read(&mut scratch, &mut |value| sink.series(&series.key, value));
            }
        }
        if hidden {
            self.sweep(&mut page);
        }
    }

    /// Forgets the series that were removed and that nobody holds any more.
    fn sweep(&self, page: &mut Vec<Listed<M>>) {
        // Looked for without the lock, so that it is taken only where there is something to do.
        let series = page.iter().map(|listed| &listed.series);
        let forgotten: Vec<_> = series.filter(|series| series.is_forgotten()).collect();
        if !forgotten.is_empty() {
            let mut table = self.write();
            // Meanwhile somebody may have asked for one again.
            for series in forgotten.into_iter().filter(|series| series.is_forgotten()) {
                table.take(&self.hasher, series);
            }
        }
        page.retain(|listed| !listed.series.gone.load(Ordering::Relaxed));
    }

    fn read(&self) -> RwLockReadGuard<'_, Table<M>> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table<M>> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Metric> Series<M> {
    /// A handle; being asked for brings a removed series back.
    ///
    /// Called with the table locked, so that a sweep either sees the handle or was before.
    fn handle(&self) -> M {
        if self.metric.is_retired() {
            self.metric.revive();
        }
        self.metric.clone()
    }

    /// Whether it was removed, nobody holds it, and nothing was recorded since.
    ///
    /// First whether it is held, then whether it was touched: a handle that is gone can have
    /// recorded before, one that never was cannot.
    fn is_forgotten(&self) -> bool {
        !self.metric.is_held() && self.metric.is_retired()
    }
}

impl<M: Metric> Table<M> {
    /// Writes to `parts` the labels under which `asked` is kept: values beyond a cap become
    /// `other`, and all text does where the family has no room for another series.
    fn resolve<'a>(
        &self,
        family: &Sparse<M>,
        asked: &[Label<'a>],
        parts: &mut [Label<'a>],
    ) -> Folded {
        let folded = self.fold(family.labels, asked, parts);
        let is_known = !folded.admits && self.find(&family.hasher, parts).is_some();
        if is_known || self.series.len() < family.max_series {
            return folded;
        }
        let mut overflowed = folded.overflowed;
        for part in parts.iter_mut() {
            if let Label::Open(text) = part {
                overflowed |= *text != OVERFLOW;
                *part = Label::Open(OVERFLOW);
            }
        }
        Folded {
            overflowed,
            admits: false,
        }
    }

    /// Writes to `parts` what is kept of `asked`: values beyond a cap become `other`.
    fn fold<'a>(
        &self,
        labels: &[LabelSpec],
        asked: &[Label<'a>],
        parts: &mut [Label<'a>],
    ) -> Folded {
        let mut folded = Folded {
            overflowed: false,
            admits: false,
        };
        for (index, spec) in labels.iter().enumerate() {
            parts[index] = asked[index];
            let (LabelValues::Capped(cap), Label::Open(text)) = (spec.values, asked[index]) else {
                continue;
            };
            let known = &self.values[index];
            if text == OVERFLOW || known.contains_key(text) {
                continue;
            }
            if known.len() < cap {
                folded.admits = true;
            } else {
                parts[index] = Label::Open(OVERFLOW);
                folded.overflowed = true;
            }
        }
        folded
    }

    fn find(&self, hasher: &Hasher, parts: &[Label<'_>]) -> Option<&Arc<Series<M>>> {
        let hash = hash_parts(hasher, parts.iter().copied());
        self.series.find(hash, |series| series.key.has(parts))
    }

    fn insert(&mut self, family: &Sparse<M>, parts: &[Label<'_>]) -> Arc<Series<M>> {
        let parts = parts
            .iter()
            .zip(&mut self.values)
            .map(|(part, values)| match part {
                Label::Closed(index) => Part::Closed(u32::try_from(*index).unwrap_or(u32::MAX)),
                Label::Open(OVERFLOW) => Part::Open(OVERFLOW.into()),
                Label::Open(text) => {
                    let text: StdArc<str> = match values.get_key_value(*text) {
                        Some((known, _)) => StdArc::clone(known),
                        None => (*text).into(),
                    };
                    *values.entry(StdArc::clone(&text)).or_insert(0) += 1;
                    Part::Open(text)
                }
            })
            .collect();
        let series = Arc::new(Series {
            key: Key::new(&family.constant, family.labels, parts),
            metric: M::make(&family.shape),
            gone: AtomicBool::new(false),
        });
        let hasher = &family.hasher;
        self.series
            .insert_unique(series.key.hash(hasher), Arc::clone(&series), |series| {
                series.key.hash(hasher)
            });
        series
    }

    /// Takes a series out, and the label values that no other has.
    fn take(&mut self, hasher: &Hasher, series: &Arc<Series<M>>) {
        let hash = series.key.hash(hasher);
        let found = self.series.find_entry(hash, |own| Arc::ptr_eq(own, series));
        let Ok(entry) = found else { return };
        entry.remove();
        series.gone.store(true, Ordering::Relaxed);
        for (values, part) in self.values.iter_mut().zip(series.key.parts()) {
            let Part::Open(text) = part else { continue };
            if let Some(count) = values.get_mut(text) {
                *count -= 1;
                if *count == 0 {
                    values.remove(text);
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
