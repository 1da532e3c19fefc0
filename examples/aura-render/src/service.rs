//! The service: what belongs together from its start to its shutdown.

use std::{
    fmt,
    fs::{self, File},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tempfile::TempDir;
use tokio::time::Instant;
use vitalsigns::Registry;
use vitalsigns_health::{Health, HealthError};
use vitalsigns_tower::axum::{Instrument, InstrumentError};

use crate::{
    api,
    config::Config,
    health,
    jobs::{Jobs, Tools, Workers},
    metrics::{Downloads, Metrics},
    render::{NoFfmpeg, Renderer},
    storage::Bucket,
};

/// Why a service could not be started.
#[derive(Debug)]
pub enum StartError {
    /// The wanted renderer is not there.
    Renderer(NoFfmpeg),
    /// The data folder cannot be used.
    DataDir(PathBuf, io::Error),
    /// Another service works in the data folder.
    DataDirInUse(PathBuf),
    /// The metrics cannot be served as they should.
    Metrics(InstrumentError),
    /// The checks of its health cannot be started.
    Health(HealthError),
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Renderer(error) => write!(f, "no ffmpeg to render with: {error}"),
            Self::DataDir(path, error) => {
                write!(f, "cannot use the data folder {}: {error}", path.display())
            }
            Self::DataDirInUse(path) => {
                write!(
                    f,
                    "another program works in the data folder {}",
                    path.display()
                )
            }
            Self::Metrics(error) => write!(f, "cannot serve the metrics: {error}"),
            Self::Health(error) => write!(f, "cannot check its health: {error}"),
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

/// What the routes share.
#[derive(Debug)]
pub struct Shared {
    /// The jobs.
    pub jobs: Arc<Jobs>,
    /// What the jobs are made with.
    pub tools: Arc<Tools>,
    /// How many workers there are.
    pub workers: usize,
    /// Whether the debug routes are there.
    pub debug_routes: bool,
    /// What is measured of downloads.
    pub downloads: Downloads,
}

/// A running service, without a network socket of its own.
#[derive(Debug)]
pub struct Service {
    shared: Arc<Shared>,
    registry: Registry,
    router: axum::Router,
    health: Health,
    workers: Workers,
    folder: Folder,
}

/// The data folder; a temporary one is removed with it.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    temporary: Option<TempDir>,
    /// Held so that no second service works here.
    _lock: File,
}

impl Folder {
    fn open(wanted: Option<&Path>) -> Result<Self, StartError> {
        let temporary = match wanted {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new()
                    .prefix("aura-render-")
                    .tempdir()
                    .map_err(|error| StartError::DataDir(std::env::temp_dir(), error))?,
            ),
        };
        let path = match (&temporary, wanted) {
            (None, Some(path)) => path.to_owned(),
            (Some(folder), _) => folder.path().to_owned(),
            (None, None) => std::env::temp_dir(),
        };
        let failed = |error| StartError::DataDir(path.clone(), error);
        fs::create_dir_all(&path).map_err(failed)?;
        let lock = File::create(path.join(".lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path,
                temporary,
                _lock: lock,
            }),
            Err(fs::TryLockError::WouldBlock) => Err(StartError::DataDirInUse(path)),
            Err(fs::TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// A folder for jobs that run, without what an earlier run may have left.
    fn work(&self) -> io::Result<PathBuf> {
        let path = self.path.join("work");
        fs::create_dir_all(&path)?;
        for entry in fs::read_dir(&path)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default();
            if name.to_string_lossy().starts_with("job-") {
                fs::remove_dir_all(path)?;
            }
        }
        Ok(path)
    }
}

impl Service {
    /// Starts the workers; must be called on a tokio runtime.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let renderer = Renderer::choose(config.renderer, &config.ffmpeg)
            .await
            .map_err(StartError::Renderer)?;
        let folder = Folder::open(config.data_dir.as_deref())?;
        let failed = |error| StartError::DataDir(folder.path.clone(), error);
        let registry = Registry::new();
        let tools = Arc::new(Tools {
            renderer,
            bucket: Bucket::open(folder.path.join("bucket"), &registry).map_err(failed)?,
            work: folder.work().map_err(failed)?,
            format: config.format,
            deadline: config.stage_deadline,
        });
        let metrics = Metrics::register(&registry, &tools.renderer)
            .map_err(|error| StartError::Metrics(error.into()))?;
        let downloads = metrics.downloads.clone();
        let jobs = Jobs::new(config.queue, config.keep, metrics);
        let workers = Workers::start(config.workers, &jobs, &tools);
        let shared = Arc::new(Shared {
            jobs,
            tools,
            workers: config.workers,
            debug_routes: config.debug_routes,
            downloads,
        });
        let (jobs, alive) = (&shared.jobs, workers.alive());
        let health = health::start(&registry, jobs, alive, &shared.tools.renderer, &folder.path)
            .map_err(StartError::Health)?;
        let router = Instrument::new(&registry)
            .map_err(|error| StartError::Metrics(error.into()))?
            .health(&health)
            .app(api::router(shared.clone()))
            .map_err(StartError::Metrics)?;
        Ok(Self {
            shared,
            registry,
            router,
            health,
            workers,
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

    /// The jobs of this service.
    pub fn jobs(&self) -> &Arc<Jobs> {
        &self.shared.jobs
    }

    /// What its videos are made with.
    pub fn renderer(&self) -> &Renderer {
        &self.shared.tools.renderer
    }

    /// The folder that its files are in.
    pub fn data_dir(&self) -> &Path {
        &self.folder.path
    }

    /// Cancels all jobs, stops the workers and removes the temporary folder.
    pub async fn shutdown(mut self) {
        self.health.drain();
        self.shared.jobs.close();
        self.workers.stop().await;
        let Some(temporary) = self.folder.temporary.take() else {
            return;
        };
        // Work on blocking threads ends soon, but may still create a file while we remove.
        let deadline = Instant::now() + Duration::from_secs(1);
        while let Err(error) = fs::remove_dir_all(temporary.path())
            && error.kind() != io::ErrorKind::NotFound
            && Instant::now() < deadline
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
