//! A tower layer as its users would write it, on prometheus.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use pin_project_lite::pin_project;
use prometheus::Registry;
use tower_layer::Layer;
use tower_service::Service;

use super::prometheus::{Http, page};
use super::words;
use crate::scenario::request::{self, axum::Served};
use crate::subject::Class;

pub(super) fn axum() -> Served {
    let registry = Registry::new();
    let app = request::axum::app().route_layer(Measure(Http::register(&registry)));
    let name = "prometheus, own layer";
    Served::new(name, Class::Peer, app, page(registry), request::COUNTS)
}

#[derive(Clone)]
struct Measure(Http);

#[derive(Clone)]
struct Measured<S> {
    inner: S,
    http: Http,
}

impl<S> Layer<S> for Measure {
    type Service = Measured<S>;

    fn layer(&self, inner: S) -> Measured<S> {
        Measured {
            inner,
            http: self.0.clone(),
        }
    }
}

impl<S: Service<Request, Response = Response>> Service<Request> for Measured<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Measuring<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Measuring<S::Future> {
        let start = Instant::now();
        let method = words::method(request.method());
        let route = request.extensions().get::<MatchedPath>().cloned();
        Measuring {
            inner: self.inner.call(request),
            http: self.http.clone(),
            method,
            route,
            start,
        }
    }
}

pin_project! {
    struct Measuring<F> {
        #[pin]
        inner: F,
        http: Http,
        method: &'static str,
        route: Option<MatchedPath>,
        start: Instant,
    }
}

impl<F: Future<Output = Result<Response, E>>, E> Future for Measuring<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        if let Ok(response) = &result {
            let route = this.route.as_ref().map_or("unmatched", MatchedPath::as_str);
            let seconds = this.start.elapsed().as_secs_f64();
            this.http.record(
                this.method,
                route,
                words::status(response.status()),
                seconds,
            );
        }
        Poll::Ready(result)
    }
}
