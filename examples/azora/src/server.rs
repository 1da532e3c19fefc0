//! A service on a TCP socket.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, middleware::from_fn, web};
use tokio::task::JoinHandle;
use vitalsigns::Catalogue;
use vitalsigns_actix::Metrics;

use crate::{
    api,
    config::Config,
    gateway,
    service::{Service, StartError},
};

/// How long open connections may take to end, once the server goes down, in seconds.
const LAST_WORDS: u64 = 1;
/// How long the head of a request may take to come.
const PATIENCE: Duration = Duration::from_secs(5);

/// A service that answers on a socket.
#[derive(Debug)]
pub struct Server {
    service: web::Data<Service>,
    addr: SocketAddr,
    handle: ServerHandle,
    serving: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Listens on an address (port 0 takes any free one) and starts a service there; must be called
    /// on a tokio runtime.
    pub async fn start(config: Config, listen: SocketAddr) -> Result<Self, StartError> {
        let failed = |error| StartError::Listen(listen, error);
        let listener = TcpListener::bind(listen).map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let workers = config.workers.max(1);
        let service = web::Data::new(Service::start(config).await?);
        let metrics = Metrics::new(service.registry())
            .map_err(StartError::Metrics)?
            .health(service.health());
        let app = {
            let (service, metrics) = (service.clone(), metrics.clone());
            move || {
                App::new()
                    .app_data(service.clone())
                    .wrap(from_fn(gateway::pass))
                    // The last one is the outermost: it sees what the gateway refuses as well.
                    .wrap(metrics.middleware())
                    .configure(|app| metrics.mount(app))
                    .configure(api::routes)
            }
        };
        // An app that does not serve its page does not start.
        metrics
            .self_test(app())
            .await
            .map_err(StartError::SelfTest)?;
        let server = HttpServer::new(app)
            .workers(workers)
            .client_request_timeout(PATIENCE)
            .shutdown_timeout(LAST_WORDS)
            .disable_signals()
            .listen(listener)
            .map_err(failed)?
            .run();
        Ok(Self {
            service,
            addr,
            handle: server.handle(),
            serving: tokio::spawn(server),
        })
    }

    /// What is on the page of a service, from one that is started for that alone; must be
    /// called on a tokio runtime.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub async fn catalogue() -> Result<Catalogue, StartError> {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Self::start(Config::default(), listen).await?;
        let catalogue = server.service.registry().catalogue();
        // Nobody asked it for anything, so nothing is left undone.
        server.shutdown().await;
        Ok(catalogue)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The service behind it.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Stops accepting, lets open connections end within a moment and work that was begun come to
    /// its end. Whether all of it did.
    pub async fn shutdown(self) -> bool {
        self.service.health().drain();
        self.handle.stop(true).await;
        // It ends as it was told to; what it says of that is of no use any more.
        let _ = self.serving.await;
        self.service.shutdown().await
    }
}
