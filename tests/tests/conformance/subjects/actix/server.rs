//! actix's server, on a thread of its own.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use actix_http::Request;
use actix_service::{IntoServiceFactory, ServiceFactory};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Response, ServerHandle};
use actix_web::{Error, HttpServer, rt};

use super::super::Server;

/// How many seconds a shutdown waits for connections, which it does even for those of HTTP/2 that
/// have no streams.
const PATIENCE: u64 = 3;

/// A thread with a server on it.
pub(super) struct ActixServer {
    handle: ServerHandle,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl ActixServer {
    /// Serves on a free port; who closes its half of the connection has left, or not.
    pub(super) fn start<F, A, S, B>(app: F, half_closed: bool) -> (SocketAddr, Self)
    where
        F: Fn() -> A + Send + Clone + 'static,
        A: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<Error> + 'static,
        S::InitError: std::fmt::Debug,
        S::Response: Into<Response<B>> + 'static,
        B: MessageBody + 'static,
    {
        let (sender, started) = mpsc::channel();
        let thread = thread::spawn(move || {
            let served = rt::System::new().block_on(async {
                let server = HttpServer::new(app)
                    .workers(2)
                    .disable_signals()
                    .shutdown_timeout(PATIENCE)
                    .h1_allow_half_closed(half_closed)
                    .bind_auto_h2c(("127.0.0.1", 0))
                    .expect("a port is free");
                let address = server.addrs()[0];
                let server = server.run();
                let _ = sender.send((address, server.handle()));
                server.await
            });
            served.expect("actix serves");
        });
        let (address, handle) = started.recv().expect("the server starts");
        let thread = Mutex::new(Some(thread));
        (address, ActixServer { handle, thread })
    }

    fn stop(&self, waits: bool) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // It is told by this; the future is only for who waits for it to have ended.
            drop(self.handle.stop(waits));
            thread.join().expect("serving does not panic");
        }
    }
}

impl Server for ActixServer {
    fn shut_down(&self) {
        self.stop(true);
    }

    fn abort(&self) {
        self.stop(false);
    }
}
