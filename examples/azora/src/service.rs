//! The service: what belongs together from its start to its shutdown.

use std::{fmt, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{runtime::Handle, task::AbortHandle, time::timeout};
use tokio_util::task::TaskTracker;
use vitalsigns::{RegisterError, Registry, SelfTestError};
use vitalsigns_health::{Health, HealthError};

use crate::{
    config::{Config, Secret},
    error::ApiError,
    gateway::{Gateway, Sessions},
    health,
    lessons::Lessons,
    metrics::{self, Metrics},
    payments::Payments,
    storage::{OpenError, Storage, StorageError},
    users::{Users, token},
    watch,
};

/// How long work that was begun may take to end, once the service goes down, and after it the
/// writes of the database.
const LAST_WORK: Duration = Duration::from_secs(3);

/// Why a service could not be started.
#[derive(Debug)]
pub enum StartError {
    /// The database cannot be opened.
    Open(OpenError),
    /// The database cannot be used.
    Storage(StorageError),
    /// The metrics cannot be registered.
    Metrics(RegisterError),
    /// The checks of its health cannot be started.
    Health(HealthError),
    /// The app does not serve its metrics.
    SelfTest(SelfTestError),
    /// What an earlier process has left behind cannot be settled.
    Settle(ApiError),
    /// Passwords cannot be hashed at the cost that was set.
    Hashing(String),
    /// The system has no randomness to give.
    Random(getrandom::Error),
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Storage(error) => error.fmt(f),
            Self::Metrics(error) => write!(f, "cannot serve the metrics: {error}"),
            Self::Health(error) => write!(f, "cannot check its health: {error}"),
            Self::SelfTest(error) => error.fmt(f),
            Self::Settle(error) => write!(f, "cannot settle the payments of before: {error}"),
            Self::Hashing(error) => write!(f, "cannot hash passwords at this cost: {error}"),
            Self::Random(error) => write!(f, "the system has no randomness: {error}"),
            Self::Listen(addr, error) if error.kind() == io::ErrorKind::AddrInUse => write!(
                f,
                "cannot listen on {addr}: the port is in use; stop the other program, or choose \
                 another port with --listen"
            ),
            Self::Listen(addr, error) => write!(f, "cannot listen on {addr}: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

/// A running service, without a network socket of its own.
#[derive(Debug)]
pub struct Service {
    registry: Registry,
    metrics: Metrics,
    health: Health,
    storage: Arc<Storage>,
    sessions: Arc<Sessions>,
    gateway: Gateway,
    users: Arc<Users>,
    payments: Arc<Payments>,
    lessons: Arc<Lessons>,
    provider_key: Secret,
    runtime: Handle,
    tasks: TaskTracker,
    watch: AbortHandle,
}

impl Service {
    /// Opens the database and settles what was left behind; must be called on a tokio runtime.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let registry = Registry::new();
        let metrics = Metrics::register(&registry).map_err(StartError::Metrics)?;
        let (storage, observer) = Storage::open(&config, &metrics).map_err(StartError::Open)?;
        metrics::observe(&registry, observer).map_err(StartError::Metrics)?;
        let storage = Arc::new(storage);
        let sessions = Arc::new(Sessions::new(storage.clone(), metrics.cache.clone()));
        let provider_key = match &config.provider_key {
            Some(key) => key.clone(),
            None => Secret(token::new().map_err(StartError::Random)?.0),
        };
        let users = Users::new(
            &config,
            storage.clone(),
            sessions.clone(),
            metrics.clone(),
            &registry,
        );
        let payments = Payments::new(&config, storage.clone(), sessions.clone(), metrics.clone());
        let lessons = Lessons::start(storage.clone(), metrics.learning.clone()).await;
        let left_behind = payments.settle_left_behind().await;
        left_behind.map_err(StartError::Settle)?;
        let lessons = Arc::new(lessons.map_err(StartError::Storage)?);
        let users = users.map_err(StartError::Hashing)?;
        let tried = users.try_out().await;
        tried.map_err(|error| StartError::Hashing(error.to_string()))?;
        let watch = watch::run(
            storage.clone(),
            lessons.clone(),
            metrics.users.clone(),
            config.count_every,
        );
        let health = health::start(&registry, &storage).map_err(StartError::Health)?;
        Ok(Self {
            health,
            gateway: Gateway::new(&config, &provider_key, metrics.clone()),
            users: Arc::new(users),
            payments: Arc::new(payments),
            lessons,
            provider_key,
            runtime: Handle::current(),
            tasks: TaskTracker::new(),
            watch: tokio::spawn(watch).abort_handle(),
            registry,
            metrics,
            storage,
            sessions,
        })
    }

    /// Sees work to its end, whether or not somebody waits for it: a client that leaves does not
    /// leave a payment without an end, or a login without being counted.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    ) -> Result<T, ApiError> {
        let done = self.tasks.spawn_on(work, &self.runtime).await;
        done.unwrap_or_else(|_| Err(ApiError::internal()))
    }

    /// What the service measures.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The handles that it measures with.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How it is.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// The database.
    pub fn storage(&self) -> &Arc<Storage> {
        &self.storage
    }

    /// The open logins.
    pub fn sessions(&self) -> &Arc<Sessions> {
        &self.sessions
    }

    /// What every request passes.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The accounts.
    pub fn users(&self) -> &Arc<Users> {
        &self.users
    }

    /// The payments.
    pub fn payments(&self) -> &Arc<Payments> {
        &self.payments
    }

    /// The courses.
    pub fn lessons(&self) -> &Arc<Lessons> {
        &self.lessons
    }

    /// What the payment provider shows.
    pub fn provider_key(&self) -> &Secret {
        &self.provider_key
    }

    /// Lets work that was begun come to its end, and closes the database. Whether that was in time:
    /// a disk can take longer than anybody waits, and what it has not answered is then settled at
    /// the next start.
    pub async fn shutdown(&self) -> bool {
        self.watch.abort();
        self.tasks.close();
        let ended = timeout(LAST_WORK, self.tasks.wait()).await;
        let storage = self.storage.clone();
        let closing = tokio::task::spawn_blocking(move || storage.close());
        let closed = timeout(LAST_WORK, closing).await;
        ended.is_ok() && matches!(closed, Ok(Ok(())))
    }
}
