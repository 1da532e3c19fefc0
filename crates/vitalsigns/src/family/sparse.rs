//! Series that are made when they are first asked for.
//!
//! Three places know a series, so that nobody waits for the scrape, and look-ups wait for nobody:
//! - a **shard**, where look-ups find it under a read lock and creations write, each shard with a
//!   lock of its own;
//! - **born**, beside the caps, where a creation leaves it for the scrape: locked for one creation,
//!   or for the swap of what is there;
//! - the **list**, sorted, which only scrapes lock, for as long as they write.
//!
//! Who holds several locks took them from the end of this: list, admission, shard.

use std::sync::{Arc as StdArc, PoisonError};
use std::time::Duration;

use super::MAX_LABELS;
use super::admission::{Admission, Birth, Folded};
use super::list::List;
use super::shard::{Schema, Shard};
use crate::descriptor::Descriptor;
use crate::kind::Kind;
use crate::label::{
    Chosen, Label, LabelSet, LabelSpec, LabelValues, OVERFLOW, hash_labels, now, packed,
    render_constant,
};
use crate::metric::{Counter, Metric, Shape};
use crate::sample::Sink;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// About how many series a shard is made for: it grows in a few microseconds.
const SHARD: usize = 512;
const MAX_SHARDS: usize = 4096;
/// How many series a scrape looks at before it reads them, so that their memory is on its way.
const AHEAD: usize = 32;

pub(super) struct Sparse<M> {
    schema: Schema,
    shape: StdArc<Shape>,
    /// How many series there may be before text labels are folded altogether.
    max_series: usize,
    /// Look-ups that were folded into the overflow value.
    overflow: Option<Counter>,
    shards: Box<[RwLock<Shard<M>>]>,
    admission: RwLock<Admission<M>>,
    /// Whether labels were folded before: then those that ask are likely to be again.
    is_tight: AtomicBool,
    list: Mutex<List<M>>,
    /// After what time a series that nobody holds and nothing changes is forgotten.
    expire_idle: Option<Duration>,
    /// The name of the family, for the warning, which is given once.
    #[cfg(feature = "tracing")]
    name: StdArc<str>,
    #[cfg(feature = "tracing")]
    warned: AtomicBool,
}

/// A series that a scrape found removed and held by nobody.
struct Forgotten {
    labels: String,
    id: u32,
}

impl<M: Metric> Sparse<M> {
    pub(super) fn new(
        descriptor: &Descriptor,
        shape: StdArc<Shape>,
        overflow: Option<Counter>,
    ) -> Self {
        let specs = descriptor.labels;
        let shards = (most_series(descriptor) / SHARD).clamp(1, MAX_SHARDS);
        let constant = render_constant(&descriptor.constant);
        Sparse {
            schema: Schema {
                hasher: foldhash::fast::RandomState::default(),
                specs,
            },
            shape,
            max_series: descriptor.max_series,
            overflow,
            shards: (0..shards.next_power_of_two())
                .map(|_| RwLock::new(Shard::new()))
                .collect(),
            admission: RwLock::new(Admission::new(specs)),
            is_tight: AtomicBool::new(false),
            list: Mutex::new(List::new(specs, constant, descriptor.expire_idle.is_some())),
            expire_idle: descriptor.expire_idle,
            #[cfg(feature = "tracing")]
            name: descriptor.name.as_str().into(),
            #[cfg(feature = "tracing")]
            warned: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(super) fn with<Q: LabelSet>(&self, labels: &Q) -> M {
        let hash = hash_labels(&self.schema.hasher, labels);
        let shard = read(self.shard(hash));
        let was_removed = match shard.find(hash, labels) {
            Some(slot) if !slot.metric.is_retired() => return slot.metric.clone(),
            found => found.is_some(),
        };
        drop(shard);
        self.admit(labels, was_removed)
    }

    #[inline]
    fn shard(&self, hash: u64) -> &RwLock<Shard<M>> {
        // A table goes by the lowest bits and the highest.
        &self.shards[(hash >> 32) as usize & (self.shards.len() - 1)]
    }

    /// The series for labels that are not found as they are: removed, folded, or new.
    #[cold]
    fn admit<Q: LabelSet>(&self, labels: &Q, was_removed: bool) -> M {
        let specs = self.schema.specs;
        let asked = self.asked(labels);
        let asked = &asked[..specs.len()];
        let mut parts = [Label::Closed(0); MAX_LABELS];
        let parts = &mut parts[..specs.len()];

        // Most of what comes here more than once is beyond a cap: the read lock is enough for it.
        if !was_removed && self.is_tight.load(Ordering::Relaxed) {
            let admission = read(&self.admission);
            let folded = self.resolve(&admission, asked, parts);
            let hash = self.hash(parts);
            if !folded.admits
                && let Some(slot) = read(self.shard(hash)).find(hash, &Chosen(parts))
            {
                self.count(folded);
                return slot.handle();
            }
        }

        let made = (M::make(&self.shape), self.began());
        let mut admission = write(&self.admission);
        if was_removed {
            self.forget(&mut admission, self.hash(asked), asked, None);
        }
        let folded = self.resolve(&admission, asked, parts);
        self.count(folded);
        let hash = self.hash(parts);
        let mut shard = write(self.shard(hash));
        if let Some(slot) = shard.find(hash, &Chosen(parts)) {
            return slot.handle();
        }
        let (metric, began) = made;
        let id = admission.count_in(parts);
        let handle = metric.clone();
        shard.insert(&self.schema, hash, parts, metric.clone(), id);
        drop(shard);
        admission.announce(self.schema.specs, parts, metric, Birth::new(id, began));
        handle
    }

    /// The labels of `query`, of which only those of the family are to be read.
    fn asked<'a, Q: LabelSet>(&self, query: &'a Q) -> [Label<'a>; MAX_LABELS] {
        let mut asked = [Label::Closed(0); MAX_LABELS];
        for (index, (label, spec)) in asked.iter_mut().zip(self.schema.specs).enumerate() {
            *label = match (query.label(index), spec.values) {
                // Beyond the last, a value that was implemented by hand counts as the last.
                (Label::Closed(value), LabelValues::Closed(values)) => {
                    Label::Closed(value.min(values.len().saturating_sub(1)))
                }
                (label, _) => label,
            };
        }
        asked
    }

    fn hash(&self, labels: &[Label<'_>]) -> u64 {
        hash_labels(&self.schema.hasher, &Chosen(labels))
    }

    /// When a series began that is made now, if its kind tells.
    fn began(&self) -> u64 {
        match M::KIND {
            Kind::Counter | Kind::Histogram => now(),
            _ => 0,
        }
    }

    /// Writes to `parts` the labels under which `asked` is kept: values beyond a cap become
    /// `other`, and all text does where the family has no room for another series.
    fn resolve<'a>(
        &self,
        admission: &Admission<M>,
        asked: &[Label<'a>],
        parts: &mut [Label<'a>],
    ) -> Folded {
        let mut folded = admission.fold(self.schema.specs, asked, parts);
        let is_known = || {
            let hash = self.hash(parts);
            let shard = read(self.shard(hash));
            !folded.admits && shard.find(hash, &Chosen(parts)).is_some()
        };
        if !admission.has_room(self.max_series, parts) && !is_known() {
            folded.admits = false;
            for part in parts.iter_mut() {
                if let Label::Open(text) = part {
                    folded.overflowed |= *text != OVERFLOW;
                    *text = OVERFLOW;
                }
            }
        }
        folded
    }

    fn count(&self, folded: Folded) {
        if !folded.overflowed {
            return;
        }
        self.is_tight.store(true, Ordering::Relaxed);
        if let Some(overflow) = &self.overflow {
            overflow.inc();
        }
        #[cfg(feature = "tracing")]
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                metric = %self.name,
                "label values beyond a cap or budget share one series; \
                 vitalsigns_series_overflow_total counts them"
            );
        }
    }

    pub(super) fn remove<Q: LabelSet>(&self, labels: &Q) -> bool {
        let asked = self.asked(labels);
        let asked = &asked[..self.schema.specs.len()];
        let hash = self.hash(asked);
        let mut admission = write(&self.admission);
        let was_there = match read(self.shard(hash)).find(hash, &Chosen(asked)) {
            Some(slot) => {
                let was_there = !slot.metric.is_retired();
                slot.metric.retire();
                was_there
            }
            None => return false,
        };
        // A handle that is held may record at any moment: its series stays known.
        self.forget(&mut admission, hash, asked, None);
        was_there
    }

    /// Takes a series out that was removed and that nobody holds any more; with an `id`, only this
    /// one.
    fn forget(
        &self,
        admission: &mut Admission<M>,
        hash: u64,
        labels: &[Label<'_>],
        id: Option<u32>,
    ) {
        let mut shard = write(self.shard(hash));
        let found = shard.find(hash, &Chosen(labels));
        let forgotten = found.filter(|slot| slot.is_forgotten());
        if let Some(own) = forgotten.map(|slot| slot.id)
            && id.is_none_or(|id| id == own)
        {
            shard.take(&self.schema, hash, labels, own);
            admission.count_out(labels, own);
        }
    }

    pub(super) fn collect(&self, sink: &mut dyn Sink) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let (born, gone) = write(&self.admission).hand_over();
        if let Some(after) = self.expire_idle {
            list.idle(after, |metric, trace| {
                // Forgotten below, unless somebody asks for it until then, or did just now.
                metric.retire();
                if metric.trace() != trace {
                    metric.revive();
                }
            });
        }
        if !(born.series.is_empty() && gone.is_empty()) {
            list.update(born, &gone);
        }
        sink.expect(list.metrics().len(), list.length());
        let mut scratch = Vec::new();
        let mut forgotten = Vec::new();
        let mut hidden = 0;
        let head = sink.head().to_owned();
        list.each(&head, |index, metric, birth, labels| {
            if index % AHEAD == 0 {
                hidden = hidden_of(&list.metrics()[index..]);
            }
            if hidden >> (index % AHEAD) & 1 == 0 {
                metric.read(&mut scratch, &mut |value| sink.series(labels, value));
            } else if !metric.is_held() && metric.is_retired() {
                let mut packed = String::new();
                labels.pack(&mut packed);
                let id = birth.id();
                forgotten.push(Forgotten { labels: packed, id });
            }
        });
        if !forgotten.is_empty() {
            self.sweep(&forgotten);
        }
    }

    /// Forgets the series that were removed and that nobody holds any more.
    fn sweep(&self, forgotten: &[Forgotten]) {
        // Meanwhile somebody may have asked for one again.
        let mut admission = write(&self.admission);
        for Forgotten { labels, id } in forgotten {
            let labels: Vec<_> = packed::unpack(self.schema.specs, labels).collect();
            self.forget(&mut admission, self.hash(&labels), &labels, Some(*id));
        }
    }
}

/// Which of the next series are not on the page, as bits. Nothing here waits for the series in
/// front of it, so that the memory of all of them comes at once.
fn hidden_of<M: Metric>(metrics: &[M]) -> u32 {
    let next = metrics.iter().take(AHEAD).enumerate();
    next.fold(0, |hidden, (bit, metric)| {
        hidden | u32::from(metric.is_retired()) << bit
    })
}

/// The most series that the family can have.
fn most_series(descriptor: &Descriptor) -> usize {
    let values = |spec: &LabelSpec| match spec.values {
        LabelValues::Closed(values) => values.len(),
        // And `other`.
        LabelValues::Capped(cap) => cap.saturating_add(1),
    };
    let combinations = descriptor.labels.iter().map(values);
    let combinations = combinations.fold(1, usize::saturating_mul);
    // Beyond the budget, each combination of closed labels can have one more.
    combinations.min(descriptor.max_series)
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
