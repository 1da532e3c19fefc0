//! The service: what belongs together from its start to its shutdown.

use std::{fmt, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    task::{JoinSet, spawn_blocking},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use visitor::folder::{Folder, FolderError};
use vitalsigns::{RegisterError, Registry};
use vitalsigns_health::{Health, HealthError};
use vitalsigns_tower::axum::{Instrument, InstrumentError};

use crate::{
    agent::Agent,
    api,
    config::{Config, Secrets},
    events::{Inbox, work},
    health,
    journal::{Journal, JournalError, Window},
    memory::{Memory, Settings, Store, Stores, millis},
    metrics::Metrics,
    stores::{Archive, InProcess, Postgres, Redis, Sqlite},
    webhooks::Webhooks,
};

/// How long accepted events may take to be done, once the service goes down; what is left is in the
/// journal.
const LAST_EVENTS: Duration = Duration::from_secs(2);
/// How long work that was begun may take to end.
const LAST_WORK: Duration = Duration::from_secs(3);
/// How often the agent is told that time passes.
const TICK: Duration = Duration::from_secs(1);

/// Why a service could not be started.
#[derive(Debug)]
pub enum StartError {
    /// Another service works in the folder.
    InUse(PathBuf),
    /// The folder cannot be used.
    Folder(PathBuf, io::Error),
    /// The journal cannot be used.
    Journal(PathBuf, JournalError),
    /// A store cannot be made; which, and why.
    Store(&'static str, String),
    /// The metrics cannot be registered.
    Register(RegisterError),
    /// The metrics cannot be served as they should.
    Metrics(InstrumentError),
    /// The checks of its health cannot be started.
    Health(HealthError),
    /// The system has no randomness to give.
    Random(getrandom::Error),
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(path) => {
                let path = path.display();
                write!(f, "another program works in the data folder {path}")
            }
            Self::Folder(path, error) => {
                write!(f, "cannot use the data folder {}: {error}", path.display())
            }
            Self::Journal(path, error) => {
                write!(f, "cannot use the journal {}: {error}", path.display())
            }
            Self::Store(which, why) => write!(f, "cannot use {which}: {why}"),
            Self::Register(error) => write!(f, "cannot serve the metrics: {error}"),
            Self::Metrics(error) => write!(f, "cannot serve the metrics: {error}"),
            Self::Health(error) => write!(f, "cannot check its health: {error}"),
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

impl From<RegisterError> for StartError {
    fn from(error: RegisterError) -> Self {
        Self::Register(error)
    }
}

/// What the routes share.
#[derive(Debug)]
pub struct Shared {
    /// The memory.
    pub memory: Arc<Memory>,
    /// The agent.
    pub agent: Arc<Agent>,
    /// Who receives webhooks.
    pub webhooks: Webhooks,
    /// Where accepted events wait.
    pub inbox: Arc<Inbox>,
}

/// A running service, without a network socket of its own.
#[derive(Debug)]
pub struct Service {
    shared: Arc<Shared>,
    registry: Registry,
    health: Health,
    router: axum::Router,
    secrets: Secrets,
    redis: Option<Arc<Redis>>,
    postgres: Option<Arc<Postgres>>,
    stop: CancellationToken,
    workers: TaskTracker,
    /// They are broken off: what they do is seen to its end elsewhere.
    background: JoinSet<()>,
    folder: Folder,
}

impl Service {
    /// Opens the stores and starts the workers; must be called on a tokio runtime with more than one
    /// thread, because the page asks the stores.
    ///
    /// Stores that cannot be reached now are tried again until they can.
    ///
    /// # Errors
    ///
    /// Where what is embedded cannot be used.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::start_with(config, |stores| stores).await
    }

    /// The same, with the stores changed before they are used; for tests of stores that fail.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub async fn start_with(
        config: Config,
        change: impl FnOnce(Stores) -> Stores,
    ) -> Result<Self, StartError> {
        let wanted = config.data_dir.clone();
        let is_kept = wanted.is_some();
        let folder = Folder::open("auren", wanted.as_deref()).map_err(|error| match error {
            FolderError::InUse(path) => StartError::InUse(path),
            FolderError::Failed(path, error) => StartError::Folder(path, error),
        })?;
        let secrets = match config.secrets.clone() {
            Some(secrets) => secrets,
            None => Secrets::random().map_err(StartError::Random)?,
        };
        let registry = Registry::new();
        let metrics = Metrics::register(&registry)?;

        let path = folder.path.join("journal.sqlite");
        let journal = blocking({
            let path = path.clone();
            move || Journal::open(&path, is_kept)
        });
        let unusable = |error| StartError::Journal(path.clone(), error);
        let journal = Arc::new(journal.await.map_err(unusable)?);

        let redis = match &config.redis {
            Some(url) => {
                let redis = Redis::new(&url.0, config.patience);
                let redis = redis.map_err(|error| error.category().to_owned());
                Some(Arc::new(
                    redis.map_err(|why| StartError::Store("Redis", why))?,
                ))
            }
            None => None,
        };
        let postgres = match &config.postgres {
            Some(url) => {
                let postgres = Postgres::new(&url.0, config.patience, metrics.warm.clone());
                let failed = |why| StartError::Store("PostgreSQL", why);
                Some(Arc::new(postgres.map_err(failed)?))
            }
            None => None,
        };
        let hot: Arc<dyn Store> = match redis.clone() {
            Some(redis) => redis,
            None => Arc::new(InProcess::default()),
        };
        let warm: Arc<dyn Store> = match postgres.clone() {
            Some(postgres) => postgres,
            None => {
                let (path, metrics) = (folder.path.join("warm.sqlite"), metrics.warm.clone());
                let sqlite = blocking(move || Sqlite::open(&path, is_kept, metrics)).await;
                let failed =
                    |error: rusqlite::Error| StartError::Store("SQLite", error.to_string());
                Arc::new(sqlite.map_err(failed)?)
            }
        };
        let path = folder.path.join("archive");
        let archive = blocking({
            let path = path.clone();
            move || Archive::open(&path, is_kept)
        });
        let cold = Arc::new(
            archive
                .await
                .map_err(|error| StartError::Folder(path, error))?,
        );

        let settings = Settings {
            policy: config.policy.clone(),
            patience: config.patience,
            most_items: config.most_items,
            curate_every: config.curate_every,
            heal_every: config.heal_every,
        };
        let stores = change(Stores { hot, warm, cold });
        let memory = Memory::new(stores, Arc::clone(&journal), settings, &registry)?;
        // What is not there yet comes later, but what is shall be known from the start.
        memory.heal_all().await;

        let window = Window {
            length: millis(config.window),
            most: config.most_names,
        };
        let path = folder.path.join("journal.sqlite");
        let opened = Inbox::open(journal, metrics.queues.clone(), config.queue, window).await;
        let (inbox, receiver) = opened.map_err(|error| StartError::Journal(path, error))?;
        let (inbox, receiver) = (Arc::new(inbox), Arc::new(receiver));
        let agent = Arc::new(Agent::start(
            Arc::clone(&memory),
            metrics.clone(),
            config.minute,
        ));
        let (stop, workers) = (CancellationToken::new(), TaskTracker::new());
        for _ in 0..config.workers {
            workers.spawn(work(
                Arc::clone(&inbox),
                Arc::clone(&receiver),
                Arc::clone(&memory),
                Arc::clone(&agent),
                metrics.clone(),
                stop.clone(),
            ));
        }
        let mut background = JoinSet::new();
        background.spawn({
            let memory = Arc::clone(&memory);
            async move { memory.keep_healthy().await }
        });
        background.spawn(Arc::clone(&memory).keep_in_order());
        background.spawn({
            let agent = Arc::clone(&agent);
            async move {
                loop {
                    sleep(TICK).await;
                    agent.tick();
                }
            }
        });
        let webhooks = Webhooks::new(
            Arc::clone(&inbox),
            secrets.clone(),
            config.freshness,
            metrics,
        );
        let shared = Arc::new(Shared {
            memory,
            agent,
            webhooks,
            inbox,
        });
        let parts = health::Parts {
            memory: &shared.memory,
            redis: redis.as_deref(),
            postgres: postgres.as_deref(),
            inbox: &shared.inbox,
            most_events: config.queue,
            workers: &workers,
            folder: &folder.path,
        };
        let health = health::start(&registry, &parts).map_err(StartError::Health)?;
        let router = Instrument::new(&registry)?
            .health(&health)
            .app(api::router(Arc::clone(&shared)))
            .map_err(StartError::Metrics)?;
        Ok(Self {
            shared,
            registry,
            health,
            router,
            secrets,
            redis,
            postgres,
            stop,
            workers,
            background,
            folder,
        })
    }

    /// The routes, measured, and `/metrics` among them.
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }

    /// What the service measures.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What the routes share.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// What the vendors sign with.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The Redis of the hot tier, where there is one.
    pub fn redis(&self) -> Option<&Arc<Redis>> {
        self.redis.as_ref()
    }

    /// The PostgreSQL of the warm tier, where there is one.
    pub fn postgres(&self) -> Option<&Arc<Postgres>> {
        self.postgres.as_ref()
    }

    /// The folder that its files are in.
    pub fn data_dir(&self) -> &std::path::Path {
        &self.folder.path
    }

    /// Ends what is accepted, as far as that is quickly done, and stops. Whether all of it was done;
    /// what was not is done after the next start in the same folder.
    pub async fn shutdown(mut self) -> bool {
        self.health.drain();
        let emptied = timeout(LAST_EVENTS, async {
            while self.shared.inbox.undone() > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        });
        let is_empty = emptied.await.is_ok();
        self.stop.cancel();
        self.workers.close();
        self.background.abort_all();
        let ended = timeout(LAST_WORK, async {
            self.workers.wait().await;
            self.shared.webhooks.close().await;
            self.shared.memory.close().await;
        });
        let has_ended = ended.await.is_ok();
        self.folder.close();
        is_empty && has_ended
    }
}

/// Work that blocks, for the start.
async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
{
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
