//! Caches: what they answer, what they lose, how full they are, and what a miss costs.
//!
//! | what | when |
//! |---|---|
//! | a request | [`Cache::hit`], [`Cache::miss`] or [`Cache::error`], once for each key asked for |
//! | a load of what was missed | from [`Cache::load`] until its [`Load`] says how, or is dropped |
//! | a write | [`Cache::wrote`] or [`Cache::write_failed`], once it is done |
//! | an eviction | [`Cache::evicted`], when the cache says so |
//! | the size | [`Cache::size`], as often as it is called |
//!
//! The hit ratio is a query, `sum by (cache) (rate(cache_requests_total{outcome="hit"}[5m]))` over
//! the same without the outcome: it can be asked for any span and added up over instances, which a
//! documented gauge of a hit rate cannot. A request that joins the load of another one is a miss
//! without a load. Whether a hit was stale is not seen here.
//!
//! The caches are the service's own: a closed enum with `derive(LabelValue)`. Keys are never
//! labels.

mod call;

pub use call::CallLabels;

use std::fmt;
use std::sync::Arc;

use super::{Known, unsaid};
use crate::clock::Stopwatch;
use crate::{
    Counter, Family, Gauge, GaugeGuard, Histogram, LabelSet, LabelValue, MetricGroup,
    RegisterError, Registry,
};

/// What a cache answered.
#[derive(LabelValue, Clone, Copy)]
enum Answer {
    Hit,
    Miss,
    Error,
}

/// How a write ended.
#[derive(LabelValue, Clone, Copy)]
enum Written {
    Success,
    Error,
}

/// Why a cache let go of an entry.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::cache::Eviction};
///
/// assert_eq!(Eviction::VALUES, ["capacity", "expired", "replaced", "invalidated"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Eviction {
    /// There was no more room: too small a cache shows here.
    Capacity,
    /// Its time was up.
    Expired,
    /// A newer value took its place.
    Replaced,
    /// It was removed because it is no longer true.
    Invalidated,
}

/// How a load ended.
#[derive(LabelValue, Clone, Copy)]
enum Loaded {
    Success,
    Error,
    Cancelled,
    Panicked,
}

/// How full a cache is.
///
/// # Examples
///
/// ```
/// let size = vitalsigns::families::cache::Size { entries: 1200, bytes: 4_800_000 };
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Entries in the cache.
    pub entries: u64,
    /// Memory that they take, keys included as far as the cache knows.
    pub bytes: u64,
}

#[derive(LabelSet)]
struct RequestLabels<C> {
    cache: Known<C>,
    outcome: Answer,
}

#[derive(LabelSet)]
struct WriteLabels<C> {
    cache: Known<C>,
    outcome: Written,
}

#[derive(LabelSet)]
struct EvictionLabels<C> {
    cache: Known<C>,
    reason: Eviction,
}

#[derive(LabelSet)]
struct LoadLabels<C> {
    cache: Known<C>,
    outcome: Loaded,
}

#[derive(LabelSet)]
struct ByCache<C> {
    cache: Known<C>,
}

#[derive(MetricGroup)]
#[metrics(prefix = "cache")]
struct CacheMetrics<C: LabelValue> {
    /// Entries asked for, by cache and by what it answered.
    requests_total: Family<RequestLabels<C>, Counter>,
    /// Entries written to the cache, by outcome.
    writes_total: Family<WriteLabels<C>, Counter>,
    /// Entries that the cache let go of, by reason.
    evictions_total: Family<EvictionLabels<C>, Counter>,
    /// Entries in the cache, as it last said.
    entries: Family<ByCache<C>, Gauge>,
    /// Memory that the entries take, as the cache last said.
    size_bytes: Family<ByCache<C>, Gauge>,
    /// Loads of what was missed that ended, by outcome.
    loads_total: Family<LoadLabels<C>, Counter>,
    /// Time that it took to load what was missed.
    #[metric(buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])]
    load_duration_seconds: Family<LoadLabels<C>, Histogram>,
    /// Loads of what was missed that have not ended.
    loads_in_progress: Family<ByCache<C>, Gauge>,
}

/// The metrics of the caches of a service; `C` is its enum of them.
///
/// # Examples
///
/// ```
/// use std::collections::HashMap;
///
/// use vitalsigns::families::Cache;
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Name {
///     Session,
///     Thumbnail,
/// }
///
/// let cache = Cache::<Name>::register(&Registry::new())?;
/// let mut thumbnails = HashMap::new();
///
/// if thumbnails.contains_key("cat") {
///     cache.hit(Name::Thumbnail);
/// } else {
///     cache.miss(Name::Thumbnail);
///     let load = cache.load(Name::Thumbnail);
///     let picture = vec![0; 2048];
///     load.succeed();
///     thumbnails.insert("cat", picture);
///     cache.wrote(Name::Thumbnail);
/// }
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct Cache<C: LabelValue> {
    metrics: Arc<CacheMetrics<C>>,
}

impl<C: LabelValue> Cache<C> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Cache};
    /// let cache = Cache::<bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(CacheMetrics::register(registry)?);
        Ok(Cache { metrics })
    }

    /// The cache had it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Cache};
    /// # let cache = Cache::<bool>::register(&Registry::new())?;
    /// cache.hit(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn hit(&self, cache: C) {
        self.request(cache, Answer::Hit);
    }

    /// The cache did not have it, or not any more.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Cache};
    /// # let cache = Cache::<bool>::register(&Registry::new())?;
    /// cache.miss(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn miss(&self, cache: C) {
        self.request(cache, Answer::Miss);
    }

    /// The cache could not be asked, or what it had could not be read.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Cache};
    /// # let cache = Cache::<bool>::register(&Registry::new())?;
    /// cache.error(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn error(&self, cache: C) {
        self.request(cache, Answer::Error);
    }

    fn request(&self, cache: C, outcome: Answer) {
        let cache = Known::new(cache);
        let labels = RequestLabels { cache, outcome };
        self.metrics.requests_total.with(&labels).inc();
    }

    /// An entry was written, new or in place of another one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Cache};
    /// # let cache = Cache::<bool>::register(&Registry::new())?;
    /// cache.wrote(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn wrote(&self, cache: C) {
        self.written(cache, Written::Success);
    }

    /// An entry could not be written.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Cache};
    /// # let cache = Cache::<bool>::register(&Registry::new())?;
    /// cache.write_failed(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn write_failed(&self, cache: C) {
        self.written(cache, Written::Error);
    }

    fn written(&self, cache: C, outcome: Written) {
        let cache = Known::new(cache);
        let labels = WriteLabels { cache, outcome };
        self.metrics.writes_total.with(&labels).inc();
    }

    /// The cache let go of this many entries.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Cache, cache::Eviction}};
    /// # let cache = Cache::<bool>::register(&Registry::new())?;
    /// cache.evicted(true, Eviction::Expired, 120);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn evicted(&self, cache: C, reason: Eviction, entries: u64) {
        let cache = Known::new(cache);
        let labels = EvictionLabels { cache, reason };
        self.metrics.evictions_total.with(&labels).add(entries);
    }

    /// How full the cache is, in place of what it was before.
    ///
    /// It is set and not counted by writes and evictions, which drifts as soon as one is missed. A
    /// number above 2^63 - 1 is shown as that.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Cache, cache::Size}};
    /// # let cache = Cache::<bool>::register(&Registry::new())?;
    /// cache.size(true, Size { entries: 1200, bytes: 4_800_000 });
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn size(&self, cache: C, size: Size) {
        let cache = Known::new(cache);
        let labels = ByCache { cache };
        for (gauge, value) in [
            (&self.metrics.entries, size.entries),
            (&self.metrics.size_bytes, size.bytes),
        ] {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            gauge.with(&labels).set(value);
        }
    }

    /// What was missed is loaded from where it comes from.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Cache};
    /// # let cache = Cache::<bool>::register(&Registry::new())?;
    /// cache.load(true).succeed();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn load(&self, cache: C) -> Load<C> {
        let cache = Known::new(cache);
        let in_progress = self.metrics.loads_in_progress.with(&ByCache { cache });
        Load {
            metrics: Arc::clone(&self.metrics),
            cache,
            started: Stopwatch::start(),
            in_progress: Some(in_progress.hold(1)),
        }
    }
}

impl<C: LabelValue> Clone for Cache<C> {
    fn clone(&self) -> Self {
        Cache {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<C: LabelValue> fmt::Debug for Cache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

/// One load on its way. Dropped before it says how it ended, it counts as cancelled; dropped by a
/// panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::Cache};
/// # let cache = Cache::<bool>::register(&Registry::new())?;
/// let load = cache.load(true);
/// drop(load); // Nobody waits for it any more.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a load that is dropped counts as cancelled"]
pub struct Load<C: LabelValue> {
    metrics: Arc<CacheMetrics<C>>,
    cache: Known<C>,
    started: Stopwatch,
    /// `None` once the end was recorded.
    in_progress: Option<GaugeGuard>,
}

impl<C: LabelValue> Load<C> {
    /// It is there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Cache};
    /// # let cache = Cache::<bool>::register(&Registry::new())?;
    /// cache.load(true).succeed();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn succeed(mut self) {
        self.end(Loaded::Success);
    }

    /// It could not be loaded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Cache};
    /// # let cache = Cache::<bool>::register(&Registry::new())?;
    /// cache.load(true).fail();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self) {
        self.end(Loaded::Error);
    }

    fn end(&mut self, outcome: Loaded) {
        // Given back last, so that who sees none in progress sees all of them counted.
        let Some(_in_progress) = self.in_progress.take() else {
            return;
        };
        let cache = self.cache;
        let labels = LoadLabels { cache, outcome };
        self.metrics.loads_total.with(&labels).inc();
        let duration = self.metrics.load_duration_seconds.with(&labels);
        duration.observe(self.started.elapsed());
    }
}

impl<C: LabelValue> Drop for Load<C> {
    fn drop(&mut self) {
        self.end(unsaid(Loaded::Cancelled, Loaded::Panicked));
    }
}

impl<C: LabelValue> fmt::Debug for Load<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load")
            .field("cache", &self.cache.as_label())
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}
