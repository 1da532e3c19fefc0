//! A check: what is asked, how often, and what it means.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use vitalsigns::LabelValue;

use crate::outcome::{IntoOutcome, Outcome};

/// What a check belongs to; each is a probe with a path of its own.
///
/// # Examples
///
/// ```
/// use vitalsigns_health::Group;
///
/// assert_eq!(Group::ALL.map(Group::path), ["/livez", "/readyz", "/startupz", "/healthz"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Whether the process is to be started anew if it is down. Nothing outside of the process
    /// belongs here: a database that is down would have every instance killed.
    Live,
    /// Whether traffic may come.
    Ready,
    /// Whether the start is over; once it is, it stays so.
    Startup,
    /// Everything, for people and dashboards.
    Full,
}

impl Group {
    /// All of them.
    pub const ALL: [Group; 4] = [Group::Live, Group::Ready, Group::Startup, Group::Full];

    /// The path of its probe.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn path(self) -> &'static str {
        match self {
            Group::Live => "/livez",
            Group::Ready => "/readyz",
            Group::Startup => "/startupz",
            Group::Full => "/healthz",
        }
    }

    fn bit(self) -> u8 {
        1 << self.index()
    }
}

/// A few groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Groups(u8);

impl Groups {
    pub(crate) fn has(self, group: Group) -> bool {
        self.0 & group.bit() != 0
    }
}

impl FromIterator<Group> for Groups {
    fn from_iter<I: IntoIterator<Item = Group>>(groups: I) -> Self {
        Groups(groups.into_iter().fold(0, |all, group| all | group.bit()))
    }
}

/// What a check that is not up means for its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Critical,
    Usual,
    Informational,
}

pub(crate) type Boxed = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// How a check is run.
#[derive(Clone)]
pub(crate) enum Work {
    Async(Arc<dyn Fn() -> Boxed + Send + Sync>),
    Blocking(Arc<dyn Fn() -> Outcome + Send + Sync>),
}

/// When a check is run, and what it takes to change its state.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) grace: Duration,
    pub(crate) failures: u32,
    pub(crate) successes: u32,
    pub(crate) stale_after: Option<Duration>,
}

impl Rules {
    /// How soon a result that would change the state is confirmed.
    pub(crate) fn confirm(&self) -> Duration {
        self.interval / 4
    }

    pub(crate) fn stale_after(&self) -> Duration {
        self.stale_after
            .unwrap_or_else(|| self.interval.saturating_mul(3).saturating_add(self.timeout))
    }
}

/// A check: a closure that says how something is, run again and again in the background.
///
/// Each check has a thread of its own, so one that panics, blocks or never ends harms only itself.
/// An async check runs on a small tokio runtime on that thread, unless [`on`](Self::on) says
/// otherwise; it is dropped when its time is over. One that blocks cannot be stopped: it counts as
/// failed again in each interval, and is not started anew before it has ended.
///
/// | | if nothing is said |
/// |---|---|
/// | [`groups`](Self::groups) | ready and full |
/// | [`critical`](Self::critical), [`informational`](Self::informational) | neither: down makes its groups degraded |
/// | [`interval`](Self::interval) | 10 s, from start to start, a tenth more or less |
/// | [`timeout`](Self::timeout) | 2 s |
/// | [`failures`](Self::failures), [`successes`](Self::successes) | 2, 1 |
/// | [`grace`](Self::grace) | none |
/// | [`stale_after`](Self::stale_after) | three intervals and the timeout |
///
/// A result that would change the state is confirmed after a quarter of the interval. So with two
/// failures needed, and a timeout below 0.4 intervals, one lost ping changes nothing, and a state
/// is right within two intervals.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns_health::{Check, Group, Outcome};
///
/// let check = Check::new("search", || async {
///     tokio::net::TcpStream::connect("127.0.0.1:9200").await?;
///     Ok::<_, std::io::Error>(Outcome::up())
/// })
/// .groups([Group::Ready, Group::Full])
/// .critical()
/// .interval(Duration::from_secs(5))
/// .timeout(Duration::from_secs(1));
/// ```
#[derive(Clone)]
#[must_use = "a check does nothing before it is given to a builder"]
pub struct Check {
    pub(crate) name: String,
    pub(crate) work: Work,
    pub(crate) runtime: Option<Handle>,
    pub(crate) groups: Groups,
    pub(crate) weight: Weight,
    pub(crate) rules: Rules,
    pub(crate) is_in_process: bool,
    pub(crate) component: Option<&'static str>,
}

impl Check {
    /// An async check.
    ///
    /// A closure that uses connections which the program shares should run where those live: see
    /// [`on`](Self::on).
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new<F, T>(name: impl Into<String>, check: F) -> Self
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output: IntoOutcome> + Send + 'static,
    {
        let work = move || -> Boxed {
            let run = check();
            Box::pin(async move { run.await.into_outcome() })
        };
        Check::with(name, Work::Async(Arc::new(work)))
    }

    /// A check that blocks: one that reads files, asks the system, or uses a blocking client.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_health::Check;
    ///
    /// let check = Check::blocking("spool", || std::fs::read_dir("/var/spool").map(drop));
    /// ```
    pub fn blocking<F, T>(name: impl Into<String>, check: F) -> Self
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: IntoOutcome,
    {
        let work = move || check().into_outcome();
        Check::with(name, Work::Blocking(Arc::new(work)))
    }

    /// A name that has no check behind it yet. It is on the page and in the bodies, unknown, and
    /// never up.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_health::Check;
    ///
    /// let check = Check::not_implemented("vector_store");
    /// ```
    pub fn not_implemented(name: impl Into<String>) -> Self {
        Check::blocking(name, Outcome::not_implemented)
    }

    fn with(name: impl Into<String>, work: Work) -> Self {
        Check {
            name: name.into(),
            work,
            runtime: None,
            groups: [Group::Ready, Group::Full].into_iter().collect(),
            weight: Weight::Usual,
            rules: Rules {
                interval: Duration::from_secs(10),
                timeout: Duration::from_secs(2),
                grace: Duration::ZERO,
                failures: 2,
                successes: 1,
                stale_after: None,
            },
            is_in_process: false,
            component: None,
        }
    }

    /// Runs the closure as a task of this runtime. For pools and clients that the program uses too:
    /// what drives a new connection then lives as long as the program, not as long as the checks.
    /// The time limit is kept by the check's own thread; but a check that blocks then blocks a
    /// thread of that runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use tokio::runtime::Handle;
    /// use vitalsigns_health::Check;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let check = Check::new("pool", || async {}).on(Handle::current());
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The groups that it belongs to, in place of ready and full. Only a check that is
    /// [in the process](Self::in_process) may belong to [`Group::Live`].
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn groups(mut self, groups: impl IntoIterator<Item = Group>) -> Self {
        self.groups = groups.into_iter().collect();
        self
    }

    /// Without it, nothing works: its groups are down when it is, and not ready while it is unknown.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn critical(mut self) -> Self {
        self.weight = Weight::Critical;
        self
    }

    /// It is shown and measured, and says nothing about its groups.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::Check;
    /// let check = Check::new("weather", || async {}).informational();
    /// ```
    pub fn informational(mut self) -> Self {
        self.weight = Weight::Informational;
        self
    }

    /// It touches nothing outside of the process: no network, no disk, no other program. Whoever
    /// says so for a check that does has instances killed for the faults of others.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_health::{Check, Group};
    ///
    /// let check = Check::blocking("workers", || {}).in_process().groups([Group::Live]);
    /// ```
    pub fn in_process(mut self) -> Self {
        self.is_in_process = true;
        self
    }

    /// How often it is run, from start to start. Each time a tenth more or less, so that instances
    /// do not ask all at once.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn interval(mut self, interval: Duration) -> Self {
        self.rules.interval = interval;
        self
    }

    /// How long a run may take; no longer than the interval.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.rules.timeout = timeout;
        self
    }

    /// How long after the start failures say nothing: the check is unknown then, not down, until it
    /// succeeds for the first time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use vitalsigns_health::Check;
    /// let check = Check::new("index", || async {}).grace(Duration::from_secs(60));
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.rules.grace = grace;
        self
    }

    /// How many runs in a row have to be worse than the state before the state is. One at least.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::Check;
    /// let check = Check::new("cache", || async {}).failures(3).successes(2);
    /// ```
    pub fn failures(mut self, failures: u32) -> Self {
        self.rules.failures = failures.max(1);
        self
    }

    /// How many runs in a row have to be better than the state before the state is. One at least.
    ///
    /// # Examples
    ///
    /// See [`failures`](Self::failures).
    pub fn successes(mut self, successes: u32) -> Self {
        self.rules.successes = successes.max(1);
        self
    }

    /// The age at which the last result says nothing any more; the state is unknown then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use vitalsigns_health::Check;
    /// let check = Check::new("cache", || async {}).stale_after(Duration::from_secs(60));
    /// ```
    pub fn stale_after(mut self, age: Duration) -> Self {
        self.rules.stale_after = Some(age);
        self
    }

    /// What kind of thing it looks at, for the `componentType` of health+json: `datastore`,
    /// `component`, `system`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::Check;
    /// let check = Check::new("cache", || async {}).component("datastore");
    /// ```
    pub fn component(mut self, component: &'static str) -> Self {
        self.component = Some(component);
        self
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .field("weight", &self.weight)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
