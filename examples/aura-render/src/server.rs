//! A service on a TCP socket.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use vitalsigns::Catalogue;

use crate::{
    config::{Config, RendererChoice},
    service::{Service, StartError},
};

/// How long open connections may take to end, once the server goes down.
const LAST_WORDS: Duration = Duration::from_millis(700);

/// A service that answers on a socket.
#[derive(Debug)]
pub struct Server {
    service: Service,
    addr: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Listens on an address (port 0 takes any free one) and starts a service there.
    pub async fn start(config: Config, listen: SocketAddr) -> Result<Self, StartError> {
        let failed = |error| StartError::Listen(listen, error);
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let service = Service::start(config).await?;
        let stop = CancellationToken::new();
        let serving = axum::serve(listener, service.router())
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        let serving = tokio::spawn(serving.into_future());
        Ok(Self {
            service,
            addr,
            stop,
            serving,
        })
    }

    /// What is on the page of a service that renders with ffmpeg, from one that is started for that alone; must be
    /// called on a tokio runtime.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub async fn catalogue() -> Result<Catalogue, StartError> {
        let config = Config {
            renderer: RendererChoice::Ffmpeg,
            ..Config::default()
        };
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Self::start(config, listen).await?;
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

    /// Stops accepting, cancels all jobs, and lets open connections end within a moment.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        self.service.shutdown().await;
        if tokio::time::timeout(LAST_WORDS, &mut self.serving)
            .await
            .is_err()
        {
            self.serving.abort();
        }
    }
}
