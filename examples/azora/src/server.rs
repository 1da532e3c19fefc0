//! A service on a TCP socket.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, middleware::from_fn, web};
use tokio::task::JoinHandle;
use vitalsigns::Endpoint;

use crate::{
    api,
    config::Config,
    gateway,
    service::{Service, StartError},
    shim,
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
        let endpoint = Endpoint::new(service.registry());
        let app = {
            let service = service.clone();
            move || {
                // The one place that wraps the app: what measures HTTP goes here, outermost.
                App::new()
                    .app_data(service.clone())
                    .wrap(from_fn(gateway::pass))
                    .configure(|app| shim::mount(app, &endpoint))
                    .configure(api::routes)
            }
        };
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

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The service behind it.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Stops accepting, lets open connections end within a moment and work that was begun come to
    /// its end.
    pub async fn shutdown(self) {
        self.handle.stop(true).await;
        // It ends as it was told to; what it says of that is of no use any more.
        let _ = self.serving.await;
        self.service.shutdown().await;
    }
}
