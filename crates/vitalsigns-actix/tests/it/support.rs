//! An app over a real socket.

use std::net::SocketAddr;

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Response, ServiceFactory};
use actix_web::{Error, HttpServer, rt};

/// Serves what `app` makes on one worker, until the test's runtime ends.
pub(crate) fn serve<F, A, S, B>(app: F) -> SocketAddr
where
    F: Fn() -> A + Send + Clone + 'static,
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    serve_with(1, app)
}

/// Serves what `app` makes on so many workers; who closes the connection has left.
pub(crate) fn serve_with<F, A, S, B>(workers: usize, app: F) -> SocketAddr
where
    F: Fn() -> A + Send + Clone + 'static,
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    let server = HttpServer::new(app)
        .workers(workers)
        .disable_signals()
        .h1_allow_half_closed(false)
        .bind(("127.0.0.1", 0))
        .unwrap();
    let address = server.addrs()[0];
    rt::spawn(server.run());
    address
}
