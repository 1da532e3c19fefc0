//! A tower service without a framework; its route comes with the request.

use std::convert::Infallible;
use std::future::Ready;
use std::task::{Context, Poll};

use ::tower_layer::Layer;
use ::tower_service::Service;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Full};
use vitalsigns::families::HttpServer;
use vitalsigns::{Format, Registry};
use vitalsigns_tower::{MetricsLayer, Route};

use super::noop::NoOp;
use super::{BARE, COUNTS, NO_OP, ROUTES, at_once, paths, route};
use crate::ours;
use crate::subject::{Class, Subject};

type Bytes = axum::body::Bytes;

#[derive(Clone)]
struct Hello;

impl Service<Request<Empty<Bytes>>> for Hello {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Empty<Bytes>>) -> Self::Future {
        let body = Full::new(Bytes::from_static(b"hello"));
        std::future::ready(Ok(Response::new(body)))
    }
}

pub(crate) fn subjects() -> Vec<Subject> {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).expect("the names are legal");
    let ours = MetricsLayer::new(http).layer(Hello);
    let page = move || registry.render(Format::OpenMetrics);
    vec![
        subject(BARE, Class::Floor, Hello, String::new),
        subject(NO_OP, Class::Floor, NoOp.layer(Hello), String::new),
        subject(ours::NAME, Class::Ours, ours, page).counting(COUNTS),
    ]
}

fn subject<S, B>(
    name: &'static str,
    class: Class,
    service: S,
    page: impl Fn() -> String + Send + Sync + 'static,
) -> Subject
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
    B: Body,
{
    let known: Vec<_> = paths()
        .map(|path| path.parse::<http::Uri>().expect("the path is one"))
        .zip((0..ROUTES).map(|number| Route::new(route(number))))
        .collect();
    let run = move |range: std::ops::Range<u64>| {
        let mut service = service.clone();
        for number in range {
            let (uri, route) = &known[(number % ROUTES) as usize];
            let mut request = Request::new(Empty::new());
            *request.uri_mut() = uri.clone();
            request.extensions_mut().insert(route.clone());
            let Ok(response) = at_once(service.call(request)) else {
                panic!("the service does not fail");
            };
            assert!(at_once(response.into_body().collect()).is_ok());
        }
    };
    Subject::looping(name, class, run, page)
}
