//! What answers probes, from memory.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use vitalsigns::{Answer, BearerToken, Endpoint, SelfTestError};

use crate::cell::{Cell, lock};
use crate::check::{Check, Group, Weight};
use crate::metrics::HealthMetrics;
use crate::outcome::Outcome;
use crate::request::ProbeRequest;
use crate::shape::{self, Shape};
use crate::standing::Standing;
use crate::state::{Cause, State};

/// What is said of the program, and to whom.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) version: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) shape: Shape,
    pub(crate) token: Option<BearerToken>,
    pub(crate) is_open: bool,
}

pub(crate) struct Inner {
    pub(crate) about: About,
    metrics: HealthMetrics,
    cells: Mutex<Arc<[Arc<Cell>]>>,
    /// The token of the metrics endpoint, if there is none for details.
    endpoint_token: OnceLock<BearerToken>,
    /// What the self-test of the metrics endpoint found, if an adapter told of one.
    endpoint: OnceLock<Arc<Cell>>,
    is_draining: AtomicBool,
    has_started: AtomicBool,
    pub(crate) born: Instant,
}

impl Inner {
    pub(crate) fn new(about: About, metrics: HealthMetrics, cells: Vec<Arc<Cell>>) -> Self {
        Inner {
            about,
            metrics,
            cells: Mutex::new(cells.into()),
            endpoint_token: OnceLock::new(),
            endpoint: OnceLock::new(),
            is_draining: AtomicBool::new(false),
            has_started: AtomicBool::new(false),
            born: Instant::now(),
        }
    }

    pub(crate) fn cells(&self) -> Arc<[Arc<Cell>]> {
        Arc::clone(&lock(&self.cells))
    }

    pub(crate) fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// The cell of the metrics endpoint, which is there from the first time that it is asked for.
    fn endpoint(&self) -> &Arc<Cell> {
        self.endpoint.get_or_init(|| {
            let check = Check::blocking(Probes::METRICS_ENDPOINT, || {})
                .groups([Group::Ready, Group::Startup, Group::Full])
                .critical()
                .in_process()
                .failures(1);
            let cell = Cell::new(&check, &self.metrics, true);
            let mut cells = lock(&self.cells);
            *cells = cells.iter().cloned().chain([Arc::clone(&cell)]).collect();
            cell
        })
    }

    pub(crate) fn group(&self, group: Group) -> GroupStatus {
        let cells = self.cells();
        let members = cells.iter().filter(|cell| cell.groups.has(group));
        let state = members
            .map(|cell| counts_as(cell.weight, cell.read(|standing, _| standing.state)))
            .max()
            .unwrap_or(State::Up);
        let passes = passes(group, state);
        if group == Group::Startup {
            let has_started = self.has_started.fetch_or(passes, Ordering::Relaxed) || passes;
            return GroupStatus {
                state: if has_started { State::Up } else { state },
                is_passing: has_started,
                is_draining: false,
            };
        }
        let is_draining =
            matches!(group, Group::Ready | Group::Full) && self.is_draining.load(Ordering::Relaxed);
        GroupStatus {
            state: if is_draining { State::Down } else { state },
            is_passing: passes && !is_draining,
            is_draining,
        }
    }

    pub(crate) fn shows_details(&self, request: &ProbeRequest) -> bool {
        let token = self.about.token.as_ref().or(self.endpoint_token.get());
        self.about.is_open || token.is_some_and(|token| token.allows(request.authorization()))
    }
}

/// What the state of a check makes of its groups.
fn counts_as(weight: Weight, state: State) -> State {
    match (weight, state) {
        (Weight::Informational, _) => State::Up,
        (Weight::Usual, State::Unknown | State::Down) => State::Degraded,
        (Weight::Usual | Weight::Critical, state) => state,
    }
}

fn passes(group: Group, state: State) -> bool {
    match state {
        State::Up | State::Degraded => true,
        // Nobody is killed because nothing is known of it.
        State::Unknown => group == Group::Live,
        State::Down => false,
    }
}

/// What answers probes: states, ages and bodies, from memory. Nothing here waits for a check.
///
/// Adapters mount it; by itself, [`answer`](Self::answer) is all that a framework needs.
///
/// | | critical down | critical unknown | other down or unknown | degraded |
/// |---|---|---|---|---|
/// | `/readyz`, `/healthz` | 503, down | 503, unknown | 200, degraded | 200, degraded |
/// | `/startupz`, until it was up once | 503, down | 503, unknown | 200 | 200 |
/// | `/livez` | 503, down | 200, unknown | 200, degraded | 200, degraded |
///
/// Checks that are informational count for nothing. A group without checks is up.
///
/// # Examples
///
/// ```
/// use vitalsigns::Registry;
/// use vitalsigns_health::{Group, Health, ProbeRequest};
///
/// let health = Health::builder(&Registry::new()).build()?;
/// let answer = health.probes().answer(Group::Live, &ProbeRequest::new("GET"));
/// assert_eq!(answer.status, 200);
/// assert_eq!(answer.header("content-type"), Some("application/health+json"));
/// # Ok::<(), vitalsigns_health::HealthError>(())
/// ```
#[derive(Clone)]
pub struct Probes {
    pub(crate) inner: Arc<Inner>,
}

impl Probes {
    /// The name of the check that tells of the metrics endpoint's self-test.
    pub const METRICS_ENDPOINT: &'static str = "metrics_endpoint";

    /// How a group stands.
    ///
    /// # Examples
    ///
    /// See [`Health`](crate::Health).
    pub fn group(&self, group: Group) -> GroupStatus {
        self.inner.group(group)
    }

    /// How a check stands, if there is one of this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::Registry;
    /// use vitalsigns_health::{Check, Health, State};
    ///
    /// let health = Health::builder(&Registry::new())
    ///     .check(Check::not_implemented("search"))
    ///     .build()?;
    /// assert_eq!(health.probes().check("search").unwrap().state, State::Unknown);
    /// assert_eq!(health.probes().check("serach"), None);
    /// # Ok::<(), vitalsigns_health::HealthError>(())
    /// ```
    pub fn check(&self, name: &str) -> Option<CheckStatus> {
        let cells = self.inner.cells();
        let cell = cells.iter().find(|cell| cell.name == name)?;
        Some(CheckStatus::of(cell))
    }

    /// How all checks of a group stand, in the order in which they were added.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::Registry;
    /// # use vitalsigns_health::{Check, Group, Health};
    /// let health = Health::builder(&Registry::new())
    ///     .check(Check::not_implemented("search"))
    ///     .build()?;
    /// assert_eq!(health.probes().checks(Group::Full)[0].name, "search");
    /// # Ok::<(), vitalsigns_health::HealthError>(())
    /// ```
    pub fn checks(&self, group: Group) -> Vec<CheckStatus> {
        let cells = self.inner.cells();
        let members = cells.iter().filter(|cell| cell.groups.has(group));
        members.map(|cell| CheckStatus::of(cell)).collect()
    }

    /// Answers a probe: 200 or 503 for `GET` and `HEAD`, 405 for any other method.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn answer(&self, group: Group, request: &ProbeRequest) -> Answer {
        shape::answer(&self.inner, group, request)
    }

    /// Has readiness wait for the self-test of this endpoint, whose token shows details as well.
    /// Adapters say so when they mount the probes.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Registry};
    /// use vitalsigns_health::{Group, Health};
    ///
    /// let registry = Registry::new();
    /// let health = Health::builder(&registry).build()?;
    /// let (probes, endpoint) = (health.probes(), Endpoint::new(&registry));
    /// probes.expect_self_test(&endpoint);
    /// assert!(!probes.group(Group::Ready).is_passing);
    /// probes.self_tested(&endpoint.check());
    /// assert!(probes.group(Group::Ready).is_passing);
    /// # Ok::<(), vitalsigns_health::HealthError>(())
    /// ```
    pub fn expect_self_test(&self, endpoint: &Endpoint) {
        self.inner.endpoint();
        if let Some(token) = endpoint.token() {
            let _ = self.inner.endpoint_token.set(token.clone());
        }
    }

    /// What the self-test found.
    ///
    /// # Examples
    ///
    /// See [`expect_self_test`](Self::expect_self_test).
    pub fn self_tested(&self, found: &Result<(), SelfTestError>) {
        self.inner.endpoint().tell(match found {
            Ok(()) => Outcome::up(),
            Err(_) => Outcome::because(State::Down, Cause::Mismatch),
        });
    }
}

impl std::fmt::Debug for Probes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probes").finish_non_exhaustive()
    }
}

/// How a group stands.
///
/// # Examples
///
/// ```
/// # use vitalsigns::Registry;
/// # use vitalsigns_health::{Group, Health, State};
/// let health = Health::builder(&Registry::new()).build()?;
/// let ready = health.probes().group(Group::Ready);
/// assert_eq!((ready.state, ready.is_passing), (State::Up, true));
/// # Ok::<(), vitalsigns_health::HealthError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupStatus {
    /// The state.
    pub state: State,
    /// Whether its probe answers 200.
    pub is_passing: bool,
    /// Whether it is down because the program ends.
    pub is_draining: bool,
}

/// How a check stands.
///
/// # Examples
///
/// See [`Probes::check`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CheckStatus {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: State,
    /// Why it is not up.
    pub cause: Option<Cause>,
    /// The same in the check's own words.
    pub reason: Option<Cow<'static, str>>,
    /// What the check tells besides.
    pub details: Map<String, Value>,
    /// Whether it is critical.
    pub is_critical: bool,
    /// How long it has been in this state.
    pub in_state_for: Duration,
    /// The age of the last result; `None` before the first.
    pub age: Option<Duration>,
    /// How long ago it was up or degraded; `None` if never.
    pub succeeded_ago: Option<Duration>,
    /// How long the run that is going on has been going on.
    pub running_for: Option<Duration>,
    pub(crate) component: Option<&'static str>,
}

impl CheckStatus {
    fn of(cell: &Cell) -> Self {
        cell.read(|standing: &Standing, now| CheckStatus {
            name: cell.name.clone(),
            state: standing.state,
            cause: standing.cause,
            reason: standing.reason.clone(),
            details: standing.details.clone(),
            is_critical: cell.weight == Weight::Critical,
            in_state_for: now.saturating_duration_since(standing.since),
            age: ago(standing.judged, now),
            succeeded_ago: ago(standing.succeeded, now),
            running_for: standing.running_for(now),
            component: cell.component,
        })
    }
}

fn ago(then: Option<Instant>, now: Instant) -> Option<Duration> {
    Some(now.saturating_duration_since(then?))
}
