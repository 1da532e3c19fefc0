//! The metrics of a program, as a value.

mod builder;
mod cardinality;
mod collectors;
mod families;
mod global;

use std::any::{Any, TypeId};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::catalogue::{Catalogue, ObjectiveEntry};
use crate::descriptor::claimed_names;
use crate::error::RegisterError;
use crate::exposition::{ContentType, Escaping, Format, Named, Page, escape_name};
#[cfg(feature = "prometheus-client")]
use crate::foreign::Foreign;
use crate::foreign::{ForeignFamily, Found};
use crate::group::{GroupBuilder, MetricGroup};
#[cfg(feature = "push")]
use crate::own::Pushes;
use crate::own::{Own, Scrapes};
use crate::sample::Collect;

pub use builder::RegistryBuilder;
pub use cardinality::SeriesCount;
pub(crate) use collectors::Failure;
use collectors::{Collector, Limits, Ran};
pub(crate) use families::Families;
pub(crate) use global::RegistryId;
pub use global::global;

/// How long one collector may take if nothing else is said: a tenth of what Prometheus waits for a
/// page.
const COLLECT_DEADLINE: Duration = Duration::from_secs(1);

/// The metrics of a program: groups are registered in it, pages are rendered from it.
///
/// A registry is a value that is handed to whoever needs it; cloning it is cheap and both clones
/// are the same registry. Every test can have its own.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Counter, Format, MetricGroup, Registry};
///
/// #[derive(MetricGroup)]
/// struct App {
///     /// Times the button was pressed.
///     presses_total: Counter,
/// }
///
/// let registry = Registry::new();
/// let app = App::register(&registry)?;
/// app.presses_total.inc();
/// assert!(registry.render(Format::Text).contains("presses_total 1\n"));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    state: Mutex<State>,
    /// How often the collectors were run.
    runs: AtomicU64,
    last_run: Mutex<Run>,
    /// A run is over.
    run_ended: Condvar,
    /// The length of the page before.
    page_size: AtomicUsize,
    scrapes: OnceLock<Scrapes>,
}

/// The last time that the collectors were run, and what came of it.
#[derive(Default)]
struct Run {
    number: u64,
    /// How long it could take.
    until: Option<Instant>,
    ran: Ran,
    /// Another one is on its way.
    is_running: bool,
}

/// What is asked for of a page.
pub(crate) struct Asked<'a> {
    /// The families, or none for all.
    pub(crate) names: &'a [String],
    /// By when the collectors have to be done.
    pub(crate) until: Instant,
}

impl Asked<'_> {
    /// All of it, from collectors that each take as long as they may.
    fn all() -> Self {
        Asked {
            names: &[],
            until: Instant::now() + Duration::from_secs(3600),
        }
    }

    fn wants(&self, name: &str, base: &str) -> bool {
        let mut names = self.names.iter();
        self.names.is_empty() || names.any(|asked| asked == name || asked == base)
    }
}

/// A page, and what could not be read for it.
pub(crate) struct Written<T> {
    /// Until when it could wait for collectors, if one with more time might have had more of them.
    pub(crate) cut_short: Option<Instant>,
    pub(crate) page: T,
    /// The collectors that failed, and why.
    pub(crate) failed: Vec<String>,
}

/// Why a foreign family has no place on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    Duplicate,
    Unreadable,
}

impl Dropped {
    /// A foreign family and why it was left out, in words.
    fn told((cause, family): &(Self, String)) -> String {
        let cause = match cause {
            Dropped::Duplicate => "a name that is taken",
            Dropped::Unreadable => "a name or a label that cannot be written",
        };
        format!("{family} ({cause})")
    }
}

/// Foreign families for a page, and those that have no place on it.
#[derive(Default)]
struct Placed {
    families: Vec<ForeignFamily>,
    dropped: Vec<(Dropped, String)>,
}

impl Placed {
    fn drop(&mut self, why: Dropped, names: impl IntoIterator<Item = String>) {
        self.dropped
            .extend(names.into_iter().map(|name| (why, name)));
    }
}

/// Metrics of another library; a collector reads them for each page.
struct Source {
    collector: Arc<Collector>,
    found: Arc<Mutex<Found>>,
}

/// What does not change after the registry was built.
pub(crate) struct Settings {
    pub(crate) namespace: String,
    pub(crate) constant: Arc<[(String, String)]>,
    /// Bounds that the builder sets, by the complete name of the histogram.
    pub(crate) buckets: HashMap<String, Arc<[f64]>>,
    /// After what time a series that nobody holds and nothing changes is forgotten.
    pub(crate) expire_idle: Option<Duration>,
    /// How long one collector may take.
    pub(crate) collect_deadline: Duration,
    /// Whether OpenMetrics has `_created` lines.
    pub(crate) created_series: bool,
    pub(crate) own: Own,
}

#[derive(Default)]
struct State {
    families: Families,
    groups: HashMap<TypeId, Registered>,
    collectors: Vec<Arc<Collector>>,
    foreign: Vec<Arc<Source>>,
    /// In the order of the catalogue.
    objectives: Vec<ObjectiveEntry>,
    /// There if something pushes this registry.
    #[cfg(feature = "push")]
    pushes: Option<Arc<Pushes>>,
}

impl State {
    /// What a further collector is called: names may not be shared, or one would hide how another
    /// fares.
    fn collector_name(&self, kind: &str) -> String {
        let is_free = |name: &String| !self.collectors.iter().any(|known| known.name() == name);
        let further = (2..).map(|count| format!("{kind}-{count}"));
        let mut names = std::iter::once(kind.to_owned()).chain(further);
        names.find(is_free).unwrap_or_default()
    }
}

/// A group that was registered.
struct Registered {
    group: Box<dyn Any + Send + Sync>,
    families: Vec<String>,
    /// Whether it has a collector.
    is_collected: bool,
}

impl Registry {
    /// A registry without namespace and constant labels.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::new();
    /// ```
    pub fn new() -> Self {
        Registry::from_parts(
            String::new(),
            Arc::default(),
            HashMap::new(),
            None,
            COLLECT_DEADLINE,
            false,
        )
    }

    /// Sets options before the first group is registered.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::builder()
    ///     .namespace("shop")
    ///     .constant_label("region", "eu-west")
    ///     .build()?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::default()
    }

    fn from_parts(
        namespace: String,
        constant: Arc<[(String, String)]>,
        buckets: HashMap<String, Arc<[f64]>>,
        expire_idle: Option<Duration>,
        collect_deadline: Duration,
        created_series: bool,
    ) -> Self {
        let (own, own_families) = Own::new(&constant);
        let mut families = Families::default();
        for family in own_families {
            families.insert(family);
        }
        let state = Mutex::new(State {
            families,
            ..State::default()
        });
        let settings = Settings {
            namespace,
            constant,
            buckets,
            expire_idle,
            collect_deadline,
            created_series,
            own,
        };
        let inner = Inner {
            settings,
            state,
            runs: AtomicU64::new(0),
            last_run: Mutex::default(),
            run_ended: Condvar::new(),
            page_size: AtomicUsize::new(0),
            scrapes: OnceLock::new(),
        };
        Registry {
            inner: Arc::new(inner),
        }
    }

    /// The page as text: every family, sorted by name and the foreign ones behind, always in the
    /// same order.
    ///
    /// No recorder waits for it. The page is complete UTF-8 text with a line feed at its end. Names
    /// that are not classic have underscores; [`encode`](Self::encode) gives what a client asked
    /// for, protobuf included. The call itself waits for the collectors, if there are any: in async code, ask the
    /// [`Endpoint`](crate::Endpoint) of an adapter, which does so beside the runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Format, Registry};
    ///
    /// let page = Registry::new().render(Format::OpenMetrics);
    /// assert!(page.ends_with("# EOF\n"));
    /// ```
    pub fn render(&self, format: Format) -> String {
        let write = |page: &Page<'_>| page.text(format, Escaping::default());
        self.page(Asked::all(), write, String::len).page
    }

    /// The page that a scrape would get, in the format and with the names that it asked for.
    ///
    /// It has the same series as [`render`](Self::render), and waits for the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{ContentType, Format, Registry};
    ///
    /// let registry = Registry::new();
    /// let asked = "application/openmetrics-text;version=1.0.0";
    /// let page: Vec<u8> = registry.encode(ContentType::negotiate(asked));
    /// assert!(page.ends_with(b"# EOF\n"));
    ///
    /// let same = registry.render(Format::Text);
    /// assert_eq!(registry.encode(Format::Text), same.into_bytes());
    /// ```
    pub fn encode(&self, content_type: impl Into<ContentType>) -> Vec<u8> {
        self.write(content_type.into(), Asked::all()).page
    }

    /// What is asked for, as the endpoint serves it.
    pub(crate) fn write(&self, content_type: ContentType, asked: Asked<'_>) -> Written<Vec<u8>> {
        let escaping = content_type.escaping();
        let write = |page: &Page<'_>| match content_type.format() {
            Some(format) => page.text(format, escaping).into_bytes(),
            None => page.protobuf(escaping),
        };
        self.page(asked, write, Vec::len)
    }

    /// What is asked for, without the families that have no series: a gateway that reads of one in
    /// protobuf forgets the series that it has.
    #[cfg(feature = "push")]
    pub(crate) fn write_series(&self, content_type: ContentType, asked: Asked<'_>) -> Vec<u8> {
        let escaping = content_type.escaping();
        let write = |page: &Page<'_>| {
            let mut families = page.families.to_vec();
            families.retain(|family| cardinality::has_series(&**family));
            let mut foreign = page.foreign.to_vec();
            foreign.retain(|family| !family.samples.is_empty());
            let page = Page {
                families: &families,
                foreign: &foreign,
                ..*page
            };
            match content_type.format() {
                Some(format) => page.text(format, escaping).into_bytes(),
                None => page.protobuf(escaping),
            }
        };
        self.page(asked, write, Vec::len).page
    }

    /// Has a page of now written.
    fn page<T>(
        &self,
        asked: Asked<'_>,
        write: impl FnOnce(&Page<'_>) -> T,
        length: impl FnOnce(&T) -> usize,
    ) -> Written<T> {
        let ran = self.collect_all(asked.until);
        let mut families = self.families_of(&ran);
        let mut foreign = self.foreign(&ran);
        self.inner.settings.own.foreign_dropped(&foreign.dropped);
        let mut failed = ran.told();
        failed.extend(foreign.dropped.iter().map(Dropped::told));
        families.retain(|family| {
            let descriptor = family.descriptor();
            asked.wants(&descriptor.name, descriptor.base_name())
        });
        foreign
            .families
            .retain(|family| asked.wants(&family.name(), &family.base));
        // A page is about as long as the one before, so one allocation is enough for most.
        let last = if asked.names.is_empty() {
            self.last_length()
        } else {
            0
        };
        let page = write(&Page {
            families: &families,
            foreign: &foreign.families,
            created: self.inner.settings.created_series,
            size: last + last / 16,
        });
        if asked.names.is_empty() {
            let length = length(&page);
            self.inner.page_size.store(length, Ordering::Relaxed);
        }
        Written {
            cut_short: ran.is_cut_short.then_some(asked.until),
            page,
            failed,
        }
    }

    /// How long the last page was, in bytes.
    pub(crate) fn last_length(&self) -> usize {
        self.inner.page_size.load(Ordering::Relaxed)
    }

    /// What the library reports of its endpoints; on the page from the first call.
    pub(crate) fn scrapes(&self) -> &Scrapes {
        self.inner.scrapes.get_or_init(|| {
            let (scrapes, families) = Scrapes::new(&self.inner.settings.constant);
            let mut state = self.state();
            families
                .into_iter()
                .for_each(|family| state.families.insert(family));
            scrapes
        })
    }

    /// What is reported of pushes, from the first pusher on.
    #[cfg(feature = "push")]
    pub(crate) fn pushes(&self) -> Result<Arc<Pushes>, RegisterError> {
        let mut state = self.state();
        if let Some(pushes) = &state.pushes {
            return Ok(Arc::clone(pushes));
        }
        let (pushes, families) = Pushes::new(&self.inner.settings.constant);
        for family in &families {
            let descriptor = family.descriptor();
            if let Some(existing) = state.families.clash(&descriptor.claimed_names()) {
                return Err(RegisterError::Clash {
                    name: descriptor.name.clone(),
                    group: descriptor.group.to_owned(),
                    existing: existing.name.clone(),
                    existing_group: existing.group.to_owned(),
                });
            }
        }
        for family in families {
            state.families.insert(family);
        }
        let pushes = Arc::new(pushes);
        state.pushes = Some(Arc::clone(&pushes));
        Ok(pushes)
    }

    /// Everything that this registry will ever export, before anything was recorded.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Counter, Kind, MetricGroup, Registry};
    ///
    /// #[derive(MetricGroup)]
    /// struct App {
    ///     /// Times the button was pressed.
    ///     presses_total: Counter,
    /// }
    ///
    /// let registry = Registry::new();
    /// App::register(&registry)?;
    /// let catalogue = registry.catalogue();
    /// let presses = catalogue.family("presses_total").unwrap();
    /// assert_eq!(presses.kind, Kind::Counter);
    /// assert_eq!(presses.help, "Times the button was pressed.");
    /// assert_eq!(presses.group, "App");
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn catalogue(&self) -> Catalogue {
        let families = self.families();
        let foreign = self.foreign(&Ran::default());
        let objectives = self.state().objectives.clone();
        Catalogue::new(
            &self.inner.settings.namespace,
            &families,
            &foreign.families,
            objectives,
        )
    }

    /// Has `collect` called before each page, to bring the metrics of a group up to date that tell
    /// the state of something else: a store, a pool, the operating system.
    ///
    /// `collect` gets the handles of the group, which is registered if it was not. It may take a
    /// second, or what [`RegistryBuilder::collect_deadline`] says. If it gives an error, panics or
    /// takes longer, the families of the group are left out of that page, and of that page only;
    /// everything else is served. `vitalsigns_collector_up` is 0 then, and
    /// `vitalsigns_collector_failures_total` counts it by cause. A call that hangs keeps one
    /// thread, and is not made again before it has come back. Pages that are asked for at the same
    /// time share a run. If `collect` asks for a page of this registry itself, it gets one for which
    /// no collector is asked.
    ///
    /// # Errors
    ///
    /// As for [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use vitalsigns::{Format, Gauge, MetricGroup, Registry};
    ///
    /// #[derive(MetricGroup)]
    /// struct Store {
    ///     /// Items in the store.
    ///     store_items: Gauge,
    /// }
    ///
    /// let store = Arc::new(Mutex::new(vec!["a", "b"]));
    /// let registry = Registry::new();
    /// let read = Arc::clone(&store);
    /// registry.collect_with(move |metrics: &Store| {
    ///     let items = read.lock().map_err(|_| "the store is broken")?;
    ///     metrics.store_items.set(items.len() as i64);
    ///     Ok::<(), &str>(())
    /// })?;
    ///
    /// assert!(registry.render(Format::Text).contains("store_items 2\n"));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn collect_with<G, E>(
        &self,
        collect: impl Fn(&G) -> Result<(), E> + Send + Sync + 'static,
    ) -> Result<(), RegisterError>
    where
        G: MetricGroup,
        E: fmt::Display,
    {
        self.collect(collect, false)
    }

    /// The same, but for what it matters nothing who asks first: a second call changes nothing.
    pub(crate) fn collect_once<G, E>(
        &self,
        collect: impl Fn(&G) -> Result<(), E> + Send + Sync + 'static,
    ) -> Result<(), RegisterError>
    where
        G: MetricGroup,
        E: fmt::Display,
    {
        self.collect(collect, true)
    }

    fn collect<G, E>(
        &self,
        collect: impl Fn(&G) -> Result<(), E> + Send + Sync + 'static,
        once: bool,
    ) -> Result<(), RegisterError>
    where
        G: MetricGroup,
        E: fmt::Display,
    {
        let group = self.register_group::<G>()?;
        let mut state = self.state();
        let Some(registered) = state.groups.get_mut(&TypeId::of::<G>()) else {
            return Ok(());
        };
        if std::mem::replace(&mut registered.is_collected, true) && once {
            return Ok(());
        }
        let families = registered.families.clone();
        let name = state.collector_name(G::NAME);
        let own = self.inner.settings.own.collector(&name);
        let collect = move || collect(&group).map_err(|error| error.to_string());
        state
            .collectors
            .push(Collector::new(name, families, collect, own));
        Ok(())
    }

    /// Names that the builder set buckets for and that no registered histogram has.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::builder()
    ///     .buckets("http_request_duratoin_seconds", [0.1, 1.0])
    ///     .build()?;
    /// assert_eq!(registry.unused_buckets(), ["http_request_duratoin_seconds"]);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn unused_buckets(&self) -> Vec<String> {
        let state = self.state();
        let used = |name: &&String| !state.families.contains(name);
        let mut unused: Vec<String> = self
            .inner
            .settings
            .buckets
            .keys()
            .filter(used)
            .cloned()
            .collect();
        unused.sort_unstable();
        unused
    }

    /// Our own families in the order of the page.
    pub(crate) fn families(&self) -> Vec<Arc<dyn Collect>> {
        self.state().families.all().cloned().collect()
    }

    /// Our own families after the collectors have run, without those of collectors that failed.
    #[cfg(any(feature = "prometheus-client", feature = "testing"))]
    pub(crate) fn collected(&self) -> Vec<Arc<dyn Collect>> {
        self.families_of(&self.collect_all(Asked::all().until))
    }

    fn families_of(&self, ran: &Ran) -> Vec<Arc<dyn Collect>> {
        let left_out: HashSet<&String> = ran.left_out().collect();
        let mut families = self.families();
        families.retain(|family| !left_out.contains(&family.descriptor().name));
        families
    }

    /// Has the collectors read what they read.
    fn collect_all(&self, until: Instant) -> Ran {
        let collectors = self.state().collectors.clone();
        if collectors.is_empty() || self.is_within_collector() {
            return Ran::default();
        }
        let identity = Arc::as_ptr(&self.inner).addr();
        let arrived = self.inner.runs.load(Ordering::SeqCst);
        // One run at a time: two pages at once would ask the same collectors at once. A page that
        // had to wait for a run that began after it arrived has what it needs, unless that run was
        // cut short for somebody with less time.
        let mut last = lock(&self.inner.last_run);
        loop {
            let had_time = !last.ran.is_cut_short || last.until.is_some_and(|end| end >= until);
            if last.number > arrived && had_time {
                return last.ran.clone();
            }
            if !last.is_running {
                break;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(last);
                return collectors::asked_nobody(&collectors);
            }
            let woken = self.inner.run_ended.wait_timeout(last, left);
            last = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        last.is_running = true;
        drop(last);
        let number = self.inner.runs.fetch_add(1, Ordering::SeqCst) + 1;
        let each = self.inner.settings.collect_deadline;
        let run = || collectors::run(identity, &collectors, Limits { each, until });
        let ran = catch_unwind(AssertUnwindSafe(run));
        let mut last = lock(&self.inner.last_run);
        last.is_running = false;
        self.inner.run_ended.notify_all();
        match ran {
            Ok(ran) => {
                last.number = number;
                last.until = Some(until);
                last.ran = ran.clone();
                ran
            }
            Err(panic) => {
                drop(last);
                resume_unwind(panic)
            }
        }
    }

    /// The families that the last page went without, because their collectors failed.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let last = lock(&self.inner.last_run);
        last.ran.left_out().cloned().collect()
    }

    /// Whether this is called by one of the collectors.
    pub(crate) fn is_within_collector(&self) -> bool {
        collectors::is_within(Arc::as_ptr(&self.inner).addr())
    }

    /// Whether a page has to wait for code that is not ours.
    pub(crate) fn waits(&self) -> bool {
        !self.state().collectors.is_empty()
    }

    /// The foreign families as their collectors last read them, without those that have no place
    /// on a page.
    fn foreign(&self, ran: &Ran) -> Placed {
        let sources = self.state().foreign.clone();
        let mut placed = Placed::default();
        let mut claimed: HashSet<String> = HashSet::new();
        for source in sources {
            if ran.lacks(&source.collector) {
                continue;
            }
            let found = lock(&source.found).clone();
            placed.drop(Dropped::Unreadable, found.unreadable);
            for family in found.families {
                let names = foreign_names(&family);
                let is_taken = self.state().families.clash(&names).is_some()
                    || names.iter().any(|name| claimed.contains(name));
                if is_taken {
                    placed.drop(Dropped::Duplicate, [family.name()]);
                } else {
                    claimed.extend(names);
                    placed.families.push(family);
                }
            }
        }
        placed
    }

    /// Adds metrics of another library to every page, after checking that they can be read and
    /// that no name of theirs is taken.
    #[cfg(feature = "prometheus-client")]
    pub(crate) fn attach_foreign(
        &self,
        source: Arc<dyn Foreign>,
        kind: &'static str,
    ) -> Result<(), RegisterError> {
        let unreadable = |reason| RegisterError::Foreign { reason };
        let found = source.families().map_err(unreadable)?;
        if !found.unreadable.is_empty() {
            return Err(unreadable(format!(
                "{} cannot stand on a page: a name in it breaks the format, or a series, a \
                 label or its metadata stands twice",
                found.unreadable.join(", ")
            )));
        }
        let attached = self.foreign(&Ran::default());
        // Sample names of what is attached, of this source as far as it was looked at included.
        let mut claimed: HashMap<String, String> = HashMap::new();
        for family in &attached.families {
            claim(&mut claimed, family);
        }
        let mut state = self.state();
        for family in &found.families {
            let names = foreign_names(family);
            let ours = state
                .families
                .clash(&names)
                .map(|existing| (existing.name.clone(), existing.group.to_owned()));
            let theirs = names.iter().find_map(|name| claimed.get(name).cloned());
            if let Some((existing, existing_group)) =
                ours.or_else(|| theirs.map(|existing| (existing, kind.to_owned())))
            {
                return Err(RegisterError::Clash {
                    name: family.name(),
                    group: kind.to_owned(),
                    existing,
                    existing_group,
                });
            }
            claim(&mut claimed, family);
        }
        let name = state.collector_name(kind);
        let own = self.inner.settings.own.collector(&name);
        let found = Arc::new(Mutex::new(found));
        let read = Arc::clone(&found);
        let collect = move || {
            let families = source.families()?;
            *lock(&read) = families;
            Ok(())
        };
        let collector = Collector::new(name, Vec::new(), collect, own);
        state.collectors.push(Arc::clone(&collector));
        state.foreign.push(Arc::new(Source { collector, found }));
        Ok(())
    }

    pub(crate) fn register_group<G: MetricGroup>(&self) -> Result<G, RegisterError> {
        self.register_with(G::build)
    }

    /// Registers a group that `build` makes, unless it is registered.
    pub(crate) fn register_with<G: MetricGroup>(
        &self,
        build: impl FnOnce(&mut GroupBuilder<'_>) -> Result<G, RegisterError>,
    ) -> Result<G, RegisterError> {
        let mut state = self.state();
        let known = state.groups.get(&TypeId::of::<G>());
        if let Some(group) = known.and_then(|known| known.group.downcast_ref::<G>()) {
            return Ok(group.share());
        }
        let mut builder = GroupBuilder::new(
            &self.inner.settings,
            &state.families,
            G::NAME,
            G::PREFIX,
            G::NAMESPACED,
        );
        let result = build(&mut builder);
        let added = builder.into_added();
        match result {
            Ok(group) => {
                let mut families = Vec::new();
                for family in added {
                    families.push(family.descriptor().name.clone());
                    state.families.insert(family);
                }
                let registered = Registered {
                    group: Box::new(group.share()),
                    families,
                    is_collected: false,
                };
                state.groups.insert(TypeId::of::<G>(), registered);
                Ok(group)
            }
            Err(error) => {
                // Nothing of the group stays behind, nor do the library's own series about it.
                for family in added {
                    self.inner.settings.own.forget(&family.descriptor().name);
                }
                Err(error)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.inner.state)
    }
}

/// The sample names of a foreign family where names are escaped most: what is one name there must
/// not stand on the page twice.
fn foreign_names(family: &ForeignFamily) -> Vec<String> {
    let base = escape_name(&family.base, Named::Metric, Escaping::Underscores);
    claimed_names(&base, family.kind)
}

#[cfg(feature = "prometheus-client")]
fn claim(claimed: &mut HashMap<String, String>, family: &ForeignFamily) {
    for name in foreign_names(family) {
        claimed.insert(name, family.name());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Registry {
    fn default() -> Self {
        Registry::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("namespace", &self.inner.settings.namespace)
            .field("families", &self.state().families.all().len())
            .finish_non_exhaustive()
    }
}
