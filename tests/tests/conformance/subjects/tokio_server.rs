//! A server on a tokio runtime of its own, which can be ended without a word.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Server;

/// How long tasks may take to notice that their runtime is gone.
const GONE: Duration = Duration::from_secs(5);

/// A runtime with a server on it.
pub(crate) struct TokioServer {
    state: Mutex<Option<(Runtime, JoinHandle<()>)>>,
    shut_down: watch::Sender<bool>,
}

/// Is ready when the server is to end.
pub(crate) struct Signal(watch::Receiver<bool>);

impl Signal {
    pub(crate) async fn given(mut self) {
        let _ = self.0.wait_for(|is_given| *is_given).await;
    }
}

impl TokioServer {
    /// Serves on a free port; the future is done when all connections are.
    pub(crate) fn start<F>(serve: impl FnOnce(TcpListener, Signal) -> F) -> (SocketAddr, Self)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("there can be a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let (shut_down, signal) = watch::channel(false);
        let task = runtime.spawn(serve(listener, Signal(signal)));
        let server = TokioServer {
            state: Mutex::new(Some((runtime, task))),
            shut_down,
        };
        (address, server)
    }

    fn take(&self) -> Option<(Runtime, JoinHandle<()>)> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl Server for TokioServer {
    fn shut_down(&self) {
        self.shut_down.send_replace(true);
        if let Some((runtime, task)) = self.take() {
            runtime.block_on(task).expect("serving does not panic");
            runtime.shutdown_timeout(GONE);
        }
    }

    fn abort(&self) {
        if let Some((runtime, _)) = self.take() {
            runtime.shutdown_timeout(GONE);
        }
    }
}
