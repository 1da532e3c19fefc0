//! What one run of a check found.

use std::borrow::Cow;
use std::error::Error;

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::state::{Cause, State};

/// What one run of a check found.
///
/// # Examples
///
/// ```
/// use vitalsigns_health::{Outcome, State};
///
/// let depth = 1200;
/// let outcome = match depth {
///     0..1000 => Outcome::up(),
///     1000..5000 => Outcome::degraded("the queue is long"),
///     _ => Outcome::down("the queue is too long"),
/// };
/// let outcome = outcome.detail("depth", depth);
/// assert_eq!(outcome.state(), State::Degraded);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an outcome is what a check returns"]
pub struct Outcome {
    pub(crate) state: State,
    pub(crate) cause: Option<Cause>,
    pub(crate) reason: Option<Cow<'static, str>>,
    pub(crate) details: Map<String, Value>,
}

impl Outcome {
    fn new(state: State, cause: Option<Cause>, reason: Option<Cow<'static, str>>) -> Self {
        Outcome {
            state,
            cause,
            reason,
            details: Map::new(),
        }
    }

    /// It works.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::Outcome;
    /// let outcome = Outcome::up().detail("connections", 12);
    /// ```
    pub fn up() -> Self {
        Outcome::new(State::Up, None, None)
    }

    /// It works, not as well as it should. Callers with the token see the reason as it is: put no
    /// error of a driver into it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::Outcome;
    /// let outcome = Outcome::degraded("four of five connections are taken");
    /// ```
    pub fn degraded(reason: impl Into<Cow<'static, str>>) -> Self {
        Outcome::new(State::Degraded, Some(Cause::Reported), Some(reason.into()))
    }

    /// It does not work. Callers with the token see the reason as it is: put no error of a driver
    /// into it; `?` reduces errors to a [`Cause`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::Outcome;
    /// let outcome = Outcome::down("no worker is alive");
    /// ```
    pub fn down(reason: impl Into<Cow<'static, str>>) -> Self {
        Outcome::new(State::Down, Some(Cause::Reported), Some(reason.into()))
    }

    /// Nobody knows.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::Outcome;
    /// let outcome = Outcome::unknown("this system has no control groups");
    /// ```
    pub fn unknown(reason: impl Into<Cow<'static, str>>) -> Self {
        Outcome::new(State::Unknown, Some(Cause::Reported), Some(reason.into()))
    }

    /// There is no check behind the name yet: unknown, and never up.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_health::{Check, Outcome, State};
    ///
    /// let check = Check::new("vector_store", || async { Outcome::not_implemented() });
    /// assert_eq!(Outcome::not_implemented().state(), State::Unknown);
    /// ```
    pub fn not_implemented() -> Self {
        Outcome::new(State::Unknown, Some(Cause::NotImplemented), None)
    }

    /// There is nothing to check where there should be something: a mistake, so down.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::{Outcome, State};
    /// let models: Vec<&str> = Vec::new();
    /// let outcome = if models.is_empty() { Outcome::not_configured() } else { Outcome::up() };
    /// assert_eq!(outcome.state(), State::Down);
    /// ```
    pub fn not_configured() -> Self {
        Outcome::new(State::Down, Some(Cause::NotConfigured), None)
    }

    /// The same, by a cause of the closed set.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_health::{Cause, Outcome, State};
    ///
    /// let outcome = Outcome::because(State::Down, Cause::ReadOnly);
    /// ```
    pub fn because(state: State, cause: Cause) -> Self {
        Outcome::new(state, Some(cause), None)
    }

    /// Adds what callers with the token see: a number, a flag or a text, without secrets.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::Outcome;
    /// let outcome = Outcome::up().detail("used", 3).detail("max", 16).detail("role", "primary");
    /// ```
    pub fn detail(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.details.insert(name.into(), value.into());
        self
    }

    /// The state that this is.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn state(&self) -> State {
        self.state
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        let (cause, reason) = failure.into_parts();
        Outcome::new(State::Down, Some(cause), reason)
    }
}

/// What the closure of a check may return: an [`Outcome`], nothing (which is up), or a `Result` of
/// those, whose error is down for its [`Cause`].
///
/// # Examples
///
/// ```
/// use vitalsigns_health::{Check, Failure, Outcome};
///
/// Check::new("always", || async {});
/// Check::new("told", || async { Outcome::degraded("half of it is missing") });
/// Check::blocking("file", || std::fs::metadata("/etc/hostname").map(drop));
/// Check::blocking("words", || Err::<(), _>(Failure::because("the key is old")));
/// ```
pub trait IntoOutcome {
    /// The outcome.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_health::{IntoOutcome, State};
    ///
    /// assert_eq!(().into_outcome().state(), State::Up);
    /// ```
    fn into_outcome(self) -> Outcome;
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> Outcome {
        self
    }
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Outcome {
        Outcome::up()
    }
}

impl<T: IntoOutcome, E: Error + 'static> IntoOutcome for Result<T, E> {
    fn into_outcome(self) -> Outcome {
        match self {
            Ok(value) => value.into_outcome(),
            Err(error) => Failure::from(error).into(),
        }
    }
}

impl<T: IntoOutcome> IntoOutcome for Result<T, Failure> {
    fn into_outcome(self) -> Outcome {
        self.map_or_else(Outcome::from, T::into_outcome)
    }
}
