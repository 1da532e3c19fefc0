//! What the service measures: the ready-made families of its domain, and what its database holds.
//!
//! The enums here are its closed sets of labels. What the database holds is read for each page by a
//! collector; everything else is recorded where it happens.

use vitalsigns::{
    Family, Gauge, LabelSet, LabelValue, MetricGroup, RegisterError, Registry,
    families::{
        BuildInfo, Cache, Database, Gateway, Learning, Payments, ProcessMetrics, Users, WorkQueues,
        payments::{Currency, Method},
    },
};

use crate::storage::{Observer, StorageError};

/// The services behind the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, LabelValue)]
pub enum Upstream {
    /// Accounts and logins.
    Users,
    /// Purchases, refunds, chargebacks.
    Payments,
    /// Courses, enrolments, lessons.
    Lessons,
}

impl Upstream {
    /// All of them, in the order of their labels.
    pub const ALL: [Self; 3] = [Self::Users, Self::Payments, Self::Lessons];
}

/// What the rate limiters count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue)]
pub enum Limiter {
    /// The address that a request comes from.
    Address,
    /// The account that it is for.
    Account,
}

/// The connections to the database.
#[derive(Clone, Copy, Debug, LabelValue)]
pub enum Pool {
    /// Those that read.
    Read,
    /// The one that writes.
    Write,
}

/// The work queues.
#[derive(Clone, Copy, Debug, LabelValue)]
pub enum Queue {
    /// Transactions on their way to the thread that writes.
    Writes,
}

/// The caches.
#[derive(Clone, Copy, Debug, LabelValue)]
pub enum CacheName {
    /// Accounts by their tokens.
    Sessions,
}

/// The payment providers.
#[derive(Clone, Copy, Debug, LabelValue)]
pub enum ProviderName {
    /// The simulated one.
    Sandbox,
}

/// What a learner pays for by the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, LabelValue)]
pub enum Plan {
    /// Nothing: courses are paid for one by one.
    Free,
    /// All courses.
    Pro,
    /// All courses, for a group.
    Team,
}

/// What a course is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, LabelValue)]
pub enum Subject {
    /// Programming.
    Programming,
    /// Languages that people speak.
    Languages,
    /// Mathematics.
    Mathematics,
    /// Music.
    Music,
}

#[derive(LabelSet)]
struct ByPlan {
    plan: Plan,
}

#[derive(MetricGroup)]
#[metrics(prefix = "platform")]
struct Holdings {
    /// Accounts in the database, by plan.
    accounts: Family<ByPlan, Gauge>,
    /// Logins that have neither ended nor expired.
    logins_open: Gauge,
    /// Enrolments that are valid.
    enrolments: Gauge,
    /// Payments and refunds whose end is not known yet.
    payments_unsettled: Gauge,
    /// Size of the database, without its log.
    database_size_bytes: Gauge,
}

/// The handles that the parts of the service record with.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Who is let in, who is held back.
    pub gateway: Gateway<Upstream, Limiter>,
    /// Accounts and logins.
    pub users: Users<Plan>,
    /// Purchases, refunds, chargebacks.
    pub payments: Payments<ProviderName>,
    /// Enrolments and lessons.
    pub learning: Learning<Subject>,
    /// The cache of tokens.
    pub cache: Cache<CacheName>,
    /// The connections that read.
    pub reads: Database<Pool>,
    /// The connection that writes.
    pub writes: Database<Pool>,
    /// The line before it.
    pub queues: WorkQueues<Queue>,
}

impl Metrics {
    /// Registers everything that the service measures, other than HTTP.
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        BuildInfo::new(env!("CARGO_PKG_VERSION")).register(registry)?;
        ProcessMetrics::register(registry)?;
        let metrics = Self {
            gateway: Gateway::register(registry)?,
            users: Users::register(registry)?,
            payments: Payments::register(registry)?,
            learning: Learning::register(registry)?,
            cache: Cache::register(registry)?,
            reads: Database::register(registry, Pool::Read)?,
            writes: Database::register(registry, Pool::Write)?,
            queues: WorkQueues::register(registry)?,
        };
        for currency in [Currency::EUR, Currency::USD, Currency::JPY, Currency::KWD] {
            metrics.payments.expect(Method::Card, currency);
        }
        Ok(metrics)
    }
}

/// Has the registry ask the database for what it holds, before each page.
pub fn observe(registry: &Registry, observer: Observer) -> Result<(), RegisterError> {
    registry.collect_with(move |holdings: &Holdings| {
        let held = observer.look()?;
        for (plan, accounts) in held.accounts {
            holdings.accounts.with(&ByPlan { plan }).set(accounts);
        }
        holdings.logins_open.set(held.logins);
        holdings.enrolments.set(held.enrolments);
        holdings.payments_unsettled.set(held.unsettled);
        holdings.database_size_bytes.set(held.bytes);
        Ok::<(), StorageError>(())
    })
}
