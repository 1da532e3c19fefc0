//! The metrics of a program, as a value.

mod attached;
mod builder;
mod cardinality;
mod collectors;
mod families;
mod global;
mod page;
mod run;
mod state;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::catalogue::Catalogue;
use crate::clock;
use crate::error::RegisterError;
use crate::exposition::{ContentType, Escaping, Format, Page};
use crate::group::MetricGroup;
use crate::own::{Own, Scrapes};
use crate::sample::Collect;

pub(crate) use attached::Dropped;
pub use builder::RegistryBuilder;
pub use cardinality::SeriesCount;
pub(crate) use collectors::Failure;
use collectors::Ran;
pub(crate) use families::Families;
pub(crate) use global::RegistryId;
pub use global::global;
pub(crate) use page::Asked;
use run::Runs;
use state::State;

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
    runs: Runs,
    /// The length of the page before.
    page_size: AtomicUsize,
    scrapes: OnceLock<Scrapes>,
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
        clock::prepare();
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
            runs: Runs::default(),
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
    /// time share a run, and a part of the page (`name[]`) asks only the collectors that it needs.
    /// A page whose scraper cannot wait goes without them as well, and says so, but that is no
    /// failure and is not counted. If `collect` asks for a page of this registry itself, it gets one
    /// for which no collector is asked.
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
