//! The checks of a program: built, run, stopped.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use vitalsigns::{BearerToken, MetricGroup, RegisterError, Registry};

use crate::cell::Cell;
use crate::check::{Check, Group};
use crate::metrics::{ByGroup, HealthMetrics, MOST_CHECKS};
use crate::probes::{About, Inner, Probes};
use crate::runner;
use crate::shape::Shape;

/// The checks of a program, which run until this is dropped.
///
/// Keep it as long as the program serves; hand [`probes`](Self::probes) to whoever asks. When it is
/// dropped, or at [`shutdown`](Self::shutdown), the program is not ready any more, so that load
/// balancers take it away, and the checks end.
///
/// Make one for a registry: a second one would write to the same metrics.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns::Registry;
/// use vitalsigns_health::{Check, Group, Health, Outcome};
///
/// let registry = Registry::new();
/// let health = Health::builder(&registry)
///     .check(Check::new("cache", || async { Outcome::up().detail("used", 3) }).critical())
///     .check(Check::not_implemented("vector_store").informational())
///     .build()?;
/// let probes = health.probes();
/// # while !probes.group(Group::Ready).is_passing { std::thread::yield_now() }
/// assert!(probes.group(Group::Live).is_passing);
/// # Ok::<(), vitalsigns_health::HealthError>(())
/// ```
#[must_use = "the checks end when this is dropped"]
#[derive(Debug)]
pub struct Health {
    probes: Probes,
}

impl Health {
    /// Chooses the checks; their metrics are registered here.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn builder(registry: &Registry) -> HealthBuilder {
        HealthBuilder {
            registry: registry.clone(),
            checks: Vec::new(),
            about: About::default(),
        }
    }

    /// What answers probes; clones are cheap and live on their own.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn probes(&self) -> Probes {
        self.probes.clone()
    }

    /// Says from now on that the program is not ready, while the checks go on: call it when the
    /// program is told to end, wait until load balancers have seen it, then stop to serve.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::Registry;
    /// use vitalsigns_health::{Group, Health};
    ///
    /// let health = Health::builder(&Registry::new()).build()?;
    /// health.drain();
    /// assert!(!health.probes().group(Group::Ready).is_passing);
    /// assert!(health.probes().group(Group::Live).is_passing);
    /// # Ok::<(), vitalsigns_health::HealthError>(())
    /// ```
    pub fn drain(&self) {
        self.probes.inner.drain();
    }

    /// Drains, and ends the checks. It waits for none of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::Registry;
    /// # use vitalsigns_health::Health;
    /// let health = Health::builder(&Registry::new()).build()?;
    /// health.shutdown();
    /// # Ok::<(), vitalsigns_health::HealthError>(())
    /// ```
    pub fn shutdown(self) {
        drop(self);
    }
}

impl From<&Health> for Probes {
    fn from(health: &Health) -> Self {
        health.probes()
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        self.probes.inner.drain();
        self.probes
            .inner
            .cells()
            .iter()
            .for_each(|cell| cell.stop());
    }
}

/// Chooses the checks of a program; see [`Health::builder`].
///
/// # Examples
///
/// ```
/// use vitalsigns::{BearerToken, Registry};
/// use vitalsigns_health::{Health, Shape};
///
/// let health = Health::builder(&Registry::new())
///     .version("1.4.2")
///     .service("checkout")
///     .shape(Shape::MicroProfile)
///     .details_with(BearerToken::new("a long secret")?)
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "no check runs before `build`"]
#[derive(Debug)]
pub struct HealthBuilder {
    registry: Registry,
    checks: Vec<Check>,
    about: About,
}

impl HealthBuilder {
    /// Adds a check.
    ///
    /// # Examples
    ///
    /// See [`Health`].
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Adds several.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::Registry;
    /// # use vitalsigns_health::{Check, Health};
    /// let later = ["search", "mail"].map(Check::not_implemented);
    /// let health = Health::builder(&Registry::new()).checks(later).build()?;
    /// # Ok::<(), vitalsigns_health::HealthError>(())
    /// ```
    pub fn checks(mut self, checks: impl IntoIterator<Item = Check>) -> Self {
        self.checks.extend(checks);
        self
    }

    /// The version of the program, for callers with the token.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.about.version = Some(version.into());
        self
    }

    /// The name of the service, for callers with the token.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.about.service = Some(service.into());
        self
    }

    /// The shape of bodies for who has no preference: [`Shape::HealthJson`] if nothing is said.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn shape(mut self, shape: Shape) -> Self {
        self.about.shape = shape;
        self
    }

    /// Shows reasons, details and ages to callers with this token. Without it, the adapters take
    /// the token of the metrics endpoint; where that has none, nobody sees them.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn details_with(mut self, token: BearerToken) -> Self {
        self.about.token = Some(token);
        self
    }

    /// Shows reasons, details and ages to everybody: for a port that only the right people reach.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::Registry;
    /// # use vitalsigns_health::Health;
    /// let health = Health::builder(&Registry::new()).details_for_all().build()?;
    /// # Ok::<(), vitalsigns_health::HealthError>(())
    /// ```
    pub fn details_for_all(mut self) -> Self {
        self.about.is_open = true;
        self
    }

    /// Registers the metrics and starts the checks, each for the first time at once.
    ///
    /// # Errors
    ///
    /// [`HealthError`] if a check cannot be what it is said to be, if the metrics clash with
    /// another group, or if the system has no thread for a check.
    ///
    /// # Examples
    ///
    /// See [`Health`].
    pub fn build(self) -> Result<Health, HealthError> {
        judge(&self.checks)?;
        let metrics = HealthMetrics::register(&self.registry)?;
        let cells: Vec<_> = self
            .checks
            .iter()
            .map(|check| Cell::new(check, &metrics, false))
            .collect();
        let inner = Arc::new(Inner::new(self.about, metrics, cells.clone()));
        let seen = Arc::downgrade(&inner);
        self.registry.collect_with(move |metrics: &HealthMetrics| {
            // After the last probe there is nobody to tell of.
            if let Some(inner) = seen.upgrade() {
                // Looking brings the metrics of a check up to date.
                inner.cells().iter().for_each(|cell| cell.read(|_, _| {}));
                for group in Group::ALL {
                    let state = inner.group(group).state;
                    metrics.group_state.with(&ByGroup { group }).set(state);
                }
            }
            Ok::<(), std::convert::Infallible>(())
        })?;
        let health = Health {
            probes: Probes { inner },
        };
        for (check, cell) in self.checks.into_iter().zip(cells) {
            let name = check.name.clone();
            runner::start(check, cell).map_err(|error| HealthError::Thread {
                check: name,
                error: error.kind(),
            })?;
        }
        Ok(health)
    }
}

fn judge(checks: &[Check]) -> Result<(), HealthError> {
    if checks.len() >= MOST_CHECKS {
        return Err(HealthError::TooMany {
            checks: checks.len(),
        });
    }
    let mut names = BTreeSet::from([Probes::METRICS_ENDPOINT]);
    for check in checks {
        let name = || check.name.clone();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
        if check.name.is_empty() || check.name.len() > 64 || !check.name.bytes().all(is_plain) {
            return Err(HealthError::Name { check: name() });
        }
        if !names.insert(&check.name) {
            return Err(HealthError::Duplicate { check: name() });
        }
        if check.groups.has(Group::Live) && !check.is_in_process {
            return Err(HealthError::LiveTouchesOutside { check: name() });
        }
        let (interval, timeout) = (check.rules.interval, check.rules.timeout);
        if timeout.is_zero() || timeout > interval {
            return Err(HealthError::Timeout {
                check: name(),
                timeout,
                interval,
            });
        }
    }
    Ok(())
}

/// The checks could not be what they are said to be.
///
/// # Examples
///
/// ```
/// use vitalsigns::Registry;
/// use vitalsigns_health::{Check, Group, Health};
///
/// let check = Check::new("database", || async {}).groups([Group::Live]);
/// let error = Health::builder(&Registry::new()).check(check).build().unwrap_err();
/// assert!(error.to_string().starts_with("check `database` belongs to live"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthError {
    /// The metrics could not be registered.
    Register(RegisterError),
    /// The name of a check is empty, too long, or has characters that it may not have.
    #[non_exhaustive]
    Name {
        /// The name.
        check: String,
    },
    /// Two checks have one name.
    #[non_exhaustive]
    Duplicate {
        /// The name.
        check: String,
    },
    /// There are more checks than the page has room for.
    #[non_exhaustive]
    TooMany {
        /// How many.
        checks: usize,
    },
    /// A check of the group live is not said to be in the process.
    #[non_exhaustive]
    LiveTouchesOutside {
        /// The check.
        check: String,
    },
    /// A run may take no time, or longer than the interval.
    #[non_exhaustive]
    Timeout {
        /// The check.
        check: String,
        /// How long a run may take.
        timeout: Duration,
        /// The interval.
        interval: Duration,
    },
    /// The system has no thread for a check.
    #[non_exhaustive]
    Thread {
        /// The check.
        check: String,
        /// Why not.
        error: std::io::ErrorKind,
    },
}

impl From<RegisterError> for HealthError {
    fn from(error: RegisterError) -> Self {
        HealthError::Register(error)
    }
}

impl fmt::Display for HealthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HealthError::Register(error) => error.fmt(f),
            HealthError::Name { check } => write!(
                f,
                "a check cannot be called `{check}`: a name has 1 to 64 of a-z, A-Z, 0-9, `_`, `-`, `.`, `:`"
            ),
            HealthError::Duplicate { check } => write!(f, "there are two checks called `{check}`"),
            HealthError::TooMany { checks } => write!(
                f,
                "there are {checks} checks, and {} is the most",
                MOST_CHECKS - 1
            ),
            HealthError::LiveTouchesOutside { check } => write!(
                f,
                "check `{check}` belongs to live, so a fault of what it looks at would have every \
                 instance killed: take it out, or say `in_process` if it touches nothing outside"
            ),
            HealthError::Timeout {
                check,
                timeout,
                interval,
            } => write!(
                f,
                "a run of check `{check}` may take {timeout:?}: more than nothing, and no longer \
                 than the interval, {interval:?}, would be right"
            ),
            HealthError::Thread { check, error } => {
                write!(f, "there is no thread for check `{check}`: {error}")
            }
        }
    }
}

impl std::error::Error for HealthError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // The message is that of the inner error; its source would be the next one.
            HealthError::Register(error) => std::error::Error::source(error),
            _ => None,
        }
    }
}
