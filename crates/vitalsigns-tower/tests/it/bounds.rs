//! What the layer asks of a service: nothing that tower does not.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use axum::body::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tower::{Layer, Service};
use vitalsigns::{Registry, families::HttpServer, testing};
use vitalsigns_tower::MetricsLayer;

/// What stays in its thread: neither `Send` nor `Sync` nor `Clone`.
#[derive(Default)]
struct Local(PhantomData<Rc<()>>);

impl Body for Local {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}

impl Service<Request<Local>> for Local {
    type Response = Response<Local>;
    type Error = Rc<()>;
    type Future = Ready<Result<Response<Local>, Rc<()>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rc<()>>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Local>) -> Self::Future {
        ready(Ok(Response::new(Local::default())))
    }
}

#[tokio::test]
async fn a_service_that_stays_in_its_thread_is_measured() {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    let mut service = MetricsLayer::new(http).layer(Local::default());
    let response = service.call(Request::new(Local::default())).await.unwrap();
    assert!(response.collect().await.unwrap().to_bytes().is_empty());
    let labels = [("method", "GET"), ("route", "unmatched"), ("status", "200")];
    let counted = testing::value(&registry, "http_requests_total", &labels);
    assert_eq!(counted, Some(1.0));
}
