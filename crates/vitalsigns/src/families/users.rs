//! Users: registrations, logins, how many are active, sessions, and use of the API by plan.
//!
//! | family | what it measures |
//! |---|---|
//! | `user_registrations_total{method,outcome}` | attempts to make an account |
//! | `user_logins_total{method,outcome}` | attempts to log in |
//! | `active_users{window}` | users who did something within the window |
//! | `active_users_timestamp_seconds{window}` | when that was last counted |
//! | `user_sessions_in_progress{plan}` | sessions that this process holds |
//! | `user_sessions_total{plan,outcome}` | sessions that ended |
//! | `api_calls_total{plan,outcome}` | calls of the API, by what the plan said to them |
//!
//! A registration and a login count when they are decided. They often span several requests (a
//! confirmation by mail, a second factor), so neither is a guard: the code that decides says how
//! it went. One that the user gives up, or that a panic ends before it is decided, is not seen
//! here; the request that panicked is, in `http_request_panics_total`.
//!
//! A session starts with [`Users::session`] and ends when its [`Session`] says how, or is dropped.
//! It is one that a process holds, such as a connection that stays open. Sessions that are kept in
//! a cookie or a database belong into `active_users`.
//!
//! **Who counts active users**: one place, such as a task that asks the database every minute and
//! calls [`Users::active`]. If every replica does, each reports the same number: query `max by
//! (window)`, never `sum`. Windows overlap and are never to be added either. A count that nobody
//! renews stays what it was, so compare `time() - active_users_timestamp_seconds`; a time of 0
//! means that it was never counted.
//!
//! Who a user is, is never a label. The plans are the service's own: a closed enum with
//! `derive(LabelValue)`.
//!
//! They replace `user_registrations_total` and its like without labels, the gauge
//! `active_users_total{time_period}`, whose name said that it was a counter, and `active_users`
//! without a window.

use std::fmt;
use std::sync::Arc;

use super::{Known, unsaid};
use crate::{
    Counter, Family, Gauge, GaugeGuard, LabelSet, LabelValue, MetricGroup, RegisterError, Registry,
};

/// How users show who they are.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::users::Method};
///
/// assert_eq!(Method::from_label("passkey"), Some(Method::Passkey));
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// A name and a password.
    Password,
    /// A key of the user's device.
    Passkey,
    /// A link or a code by mail.
    EmailLink,
    /// A code to a phone.
    PhoneCode,
    /// An account elsewhere, of the user's choice.
    Social,
    /// The organisation's single sign-on.
    Sso,
    /// A key for programs.
    ApiKey,
    /// Anything else, as an invitation or an import.
    Other,
}

/// How a registration went.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::users::Registration};
///
/// assert_eq!(Registration::VALUES, ["success", "invalid", "duplicate", "rejected", "failed"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Registration {
    /// There is a new account.
    Success,
    /// What was entered will not do, such as a password that is too short.
    Invalid,
    /// There is such an account already.
    Duplicate,
    /// The service does not want it: taken for a robot, too many, not open.
    Rejected,
    /// A fault of the service.
    Failed,
}

/// How a login went.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::users::Login};
///
/// assert_eq!(Login::BadCredentials.as_label(), "bad_credentials");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Login {
    /// The user is in.
    Success,
    /// Name or password, key or code is wrong; which of them is nobody's business.
    BadCredentials,
    /// The second factor is wrong or did not come.
    MfaFailed,
    /// What the user showed is out of date.
    Expired,
    /// The account is locked or closed.
    Locked,
    /// There were too many attempts.
    RateLimited,
    /// A fault of the service, or of the one that it asks.
    Failed,
}

/// How far back a user counts as active.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::users::Window};
///
/// assert_eq!(Window::VALUES, ["5m", "1h", "24h", "7d", "30d"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// Five minutes: who is there now.
    #[label(rename = "5m")]
    FiveMinutes,
    /// An hour.
    #[label(rename = "1h")]
    Hour,
    /// A day: 24 hours, not since midnight.
    #[label(rename = "24h")]
    Day,
    /// A week.
    #[label(rename = "7d")]
    Week,
    /// Thirty days.
    #[label(rename = "30d")]
    Month,
}

/// What became of a call of the API, as far as the plan goes.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::users::ApiCall};
///
/// assert_eq!(ApiCall::VALUES, ["served", "quota_exceeded", "not_in_plan", "failed"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiCall {
    /// It was answered.
    Served,
    /// The plan's quota is used up.
    QuotaExceeded,
    /// The plan does not have it.
    NotInPlan,
    /// A fault of the service.
    Failed,
}

/// How a session ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::users::SessionOutcome};
///
/// assert_eq!(SessionOutcome::VALUES, ["logged_out", "expired", "cancelled", "panicked"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionOutcome {
    /// The user ended it.
    LoggedOut,
    /// Its time was over.
    Expired,
    /// It was dropped: the connection is gone, or the service stops.
    Cancelled,
    /// It was dropped by a panic.
    Panicked,
}

#[derive(LabelSet)]
struct RegistrationLabels {
    method: Method,
    outcome: Registration,
}

#[derive(LabelSet)]
struct LoginLabels {
    method: Method,
    outcome: Login,
}

#[derive(LabelSet)]
struct InWindow {
    window: Window,
}

#[derive(LabelSet)]
struct ByPlan<P> {
    plan: Known<P>,
}

#[derive(LabelSet)]
struct SessionLabels<P> {
    plan: Known<P>,
    outcome: SessionOutcome,
}

#[derive(LabelSet)]
struct ApiLabels<P> {
    plan: Known<P>,
    outcome: ApiCall,
}

#[derive(MetricGroup)]
struct UserMetrics<P: LabelValue> {
    /// Registrations that were decided, by method and outcome.
    user_registrations_total: Family<RegistrationLabels, Counter>,
    /// Logins that were decided, by method and outcome.
    user_logins_total: Family<LoginLabels, Counter>,
    /// Users who were active within the window that ends now; windows overlap.
    active_users: Family<InWindow, Gauge>,
    /// When the active users of the window were last counted; 0 is never.
    active_users_timestamp_seconds: Family<InWindow, Gauge<f64>>,
    /// Sessions that this process holds.
    user_sessions_in_progress: Family<ByPlan<P>, Gauge>,
    /// Sessions that ended, by plan and outcome.
    user_sessions_total: Family<SessionLabels<P>, Counter>,
    /// Calls of the API, by the caller's plan and what became of them.
    api_calls_total: Family<ApiLabels<P>, Counter>,
}

/// The metrics of a service that has users.
///
/// `P` is the service's enum of plans.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::Users;
/// use vitalsigns::families::users::{ApiCall, Login, Method, Registration, Window};
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Plan {
///     Free,
///     Team,
/// }
///
/// let registry = Registry::new();
/// let users = Users::<Plan>::register(&registry)?;
///
/// users.registered(Method::Password, Registration::Success);
/// users.logged_in(Method::Password, Login::BadCredentials);
/// users.api_called(Plan::Free, ApiCall::QuotaExceeded);
/// users.active(Window::Day, 1234);
///
/// let session = users.session(Plan::Team);
/// session.logged_out();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct Users<P: LabelValue> {
    metrics: Arc<UserMetrics<P>>,
}

impl<P: LabelValue> Users<P> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Users};
    /// let users = Users::<bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(UserMetrics::register(registry)?);
        Ok(Users { metrics })
    }

    /// Somebody asked for an account, and this is how it went.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Users, users::{Method, Registration}}};
    /// # let users = Users::<bool>::register(&Registry::new())?;
    /// users.registered(Method::Social, Registration::Duplicate);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn registered(&self, method: Method, outcome: Registration) {
        let labels = RegistrationLabels { method, outcome };
        self.metrics.user_registrations_total.with(&labels).inc();
    }

    /// Somebody tried to log in, and this is how it went.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Users, users::{Login, Method}}};
    /// # let users = Users::<bool>::register(&Registry::new())?;
    /// users.logged_in(Method::Passkey, Login::Success);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn logged_in(&self, method: Method, outcome: Login) {
        let labels = LoginLabels { method, outcome };
        self.metrics.user_logins_total.with(&labels).inc();
    }

    /// This many users were active within the window that ends now. It is to be called by one
    /// place; see the [module](self). A number above [`i64::MAX`] reads as that.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Users, users::Window}};
    /// # let users = Users::<bool>::register(&Registry::new())?;
    /// // SELECT count(DISTINCT user_id) FROM events WHERE at > now() - interval '1 hour'
    /// users.active(Window::Hour, 87);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn active(&self, window: Window, users: u64) {
        let (metrics, labels) = (&self.metrics, InWindow { window });
        let users = i64::try_from(users).unwrap_or(i64::MAX);
        metrics.active_users.with(&labels).set(users);
        let counted = metrics.active_users_timestamp_seconds.with(&labels);
        counted.set_to_now();
    }

    /// A session begins that this process holds.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Users};
    /// # let users = Users::<bool>::register(&Registry::new())?;
    /// let session = users.session(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn session(&self, plan: P) -> Session<P> {
        let plan = Known::new(plan);
        let in_progress = &self.metrics.user_sessions_in_progress;
        Session {
            metrics: Arc::clone(&self.metrics),
            plan,
            in_progress: Some(in_progress.with(&ByPlan { plan }).hold(1)),
        }
    }

    /// The API was called by a user of this plan.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Users, users::ApiCall}};
    /// # let users = Users::<bool>::register(&Registry::new())?;
    /// users.api_called(true, ApiCall::Served);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn api_called(&self, plan: P, outcome: ApiCall) {
        let plan = Known::new(plan);
        let labels = ApiLabels { plan, outcome };
        self.metrics.api_calls_total.with(&labels).inc();
    }
}

impl<P: LabelValue> Clone for Users<P> {
    fn clone(&self) -> Self {
        Users {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<P: LabelValue> fmt::Debug for Users<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Users").finish_non_exhaustive()
    }
}

/// One session that this process holds. Dropped before it says how it ended, it counts as
/// cancelled; dropped by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::Users};
/// # let users = Users::<bool>::register(&Registry::new())?;
/// users.session(true).expired();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a session that is dropped counts as cancelled"]
pub struct Session<P: LabelValue> {
    metrics: Arc<UserMetrics<P>>,
    plan: Known<P>,
    /// `None` once the end was recorded.
    in_progress: Option<GaugeGuard>,
}

impl<P: LabelValue> Session<P> {
    /// The user ended it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Users};
    /// # let users = Users::<bool>::register(&Registry::new())?;
    /// users.session(true).logged_out();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn logged_out(mut self) {
        self.end(SessionOutcome::LoggedOut);
    }

    /// Its time was over.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Users};
    /// # let users = Users::<bool>::register(&Registry::new())?;
    /// users.session(true).expired();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn expired(mut self) {
        self.end(SessionOutcome::Expired);
    }

    fn end(&mut self, outcome: SessionOutcome) {
        // Given back last, so that who sees nothing in progress sees everything counted.
        let Some(_in_progress) = self.in_progress.take() else {
            return;
        };
        let labels = SessionLabels {
            plan: self.plan,
            outcome,
        };
        self.metrics.user_sessions_total.with(&labels).inc();
    }
}

impl<P: LabelValue> Drop for Session<P> {
    fn drop(&mut self) {
        self.end(unsaid(SessionOutcome::Cancelled, SessionOutcome::Panicked));
    }
}

impl<P: LabelValue> fmt::Debug for Session<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}
