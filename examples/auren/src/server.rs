//! A service on a TCP socket.

use std::{net::SocketAddr, time::Duration};

use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, select, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;
use vitalsigns::Catalogue;

use crate::{
    config::{Config, SLOWEST},
    memory::Stores,
    service::{Service, StartError},
};

/// How long open connections may take to end, once the server goes down.
const LAST_WORDS: Duration = Duration::from_millis(700);
/// How long to wait where no connection can be accepted: there are too many files open.
const BREATH: Duration = Duration::from_millis(20);

/// A service that answers on a socket.
#[derive(Debug)]
pub struct Server {
    service: Service,
    addr: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Server {
    /// Listens on an address (port 0 takes any free one) and starts a service there; must be called
    /// on a tokio runtime with more than one thread.
    ///
    /// # Errors
    ///
    /// Where the address or what is embedded cannot be used.
    pub async fn start(config: Config, listen: SocketAddr) -> Result<Self, StartError> {
        Self::start_with(config, listen, |stores| stores).await
    }

    /// The same, with the stores changed before they are used.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub async fn start_with(
        config: Config,
        listen: SocketAddr,
        change: impl FnOnce(Stores) -> Stores,
    ) -> Result<Self, StartError> {
        let failed = |error| StartError::Listen(listen, error);
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let service = Service::start_with(config, change).await?;
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, service.router(), stop.clone()));
        Ok(Self {
            service,
            addr,
            stop,
            serving,
        })
    }

    /// What is on the page of a service, from one that is started for that alone; must be
    /// called on a tokio runtime with more than one thread.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub async fn catalogue() -> Result<Catalogue, StartError> {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Self::start(Config::default(), listen).await?;
        let catalogue = server.service.registry().catalogue();
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

    /// Stops accepting, lets open connections end within a moment and accepted events be done.
    /// Whether all of them are.
    pub async fn shutdown(self) -> bool {
        self.stop.cancel();
        // It does not panic, and nobody aborts it.
        let _ = self.serving.await;
        self.service.shutdown().await
    }
}

/// Serves connections until it is stopped. One whose next head does not come is closed.
async fn serve(listener: TcpListener, router: axum::Router, stop: CancellationToken) {
    let connections = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(SLOWEST);
    loop {
        let accepted = select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            sleep(BREATH).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = http.serve_connection(TokioIo::new(stream), service);
        // A connection that breaks is the client's affair.
        tokio::spawn(connections.watch(connection));
    }
    select! {
        () = connections.shutdown() => {}
        () = sleep(LAST_WORDS) => {}
    }
}
