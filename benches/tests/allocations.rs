//! How often the middleware allocates for a request of a route that came up before.
//!
//! What the framework allocates by itself is taken off: the same app is asked with and without the
//! middleware.

#[allow(dead_code)]
#[path = "../src/alloc.rs"]
mod alloc;

use std::convert::Infallible;
use std::future::Ready;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use alloc::allocated;
use vitalsigns::Registry;
use vitalsigns::families::HttpServer;

/// How many requests are asked for before any is counted, and how many are.
const BEFORE: u64 = 100;
const REQUESTS: u64 = 1000;

/// Allocations per request, which must be the same for each.
fn each(mut request: impl FnMut() -> u64) -> u64 {
    (0..BEFORE).for_each(|_| {
        request();
    });
    let first = request();
    for _ in 1..REQUESTS {
        assert_eq!(request(), first, "some requests cost more than others");
    }
    first
}

/// The output of a future that does not wait for anything, and what it allocated.
fn at_once<F: Future>(future: F) -> (F::Output, u64) {
    let mut cx = Context::from_waker(Waker::noop());
    let mut future = pin!(future);
    let before = allocated().times;
    match future.as_mut().poll(&mut cx) {
        Poll::Ready(output) => (output, allocated().times - before),
        Poll::Pending => panic!("nothing in here waits"),
    }
}

mod tower {
    use http::{Request, Response};
    use tower_service::Service;
    use vitalsigns_tower::{MetricsService, Route};

    use super::*;

    #[derive(Clone)]
    struct Hello;

    impl Service<Request<()>> for Hello {
        type Response = Response<String>;
        type Error = Infallible;
        type Future = Ready<Result<Response<String>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            std::future::ready(Ok(Response::new(String::new())))
        }
    }

    #[test]
    fn the_tower_layer_allocates_nothing() {
        let http = HttpServer::register(&Registry::new()).unwrap();
        let mut service = MetricsService::new(Hello, http);
        let route = Route::new("/users/{id}");
        let times = each(|| {
            let mut request = Request::new(());
            request.extensions_mut().insert(route.clone());
            let before = allocated().times;
            let (response, _) = at_once(service.call(request));
            drop(response);
            allocated().times - before
        });
        println!("tower, a route that is known: {times} allocations");
        assert_eq!(times, 0);
    }
}

mod actix {
    use actix_http::Request;
    use actix_web::body::{MessageBody, to_bytes};
    use actix_web::dev::{Service, ServiceResponse};
    use actix_web::http::Method;
    use actix_web::test::{TestRequest, init_service};
    use actix_web::web::{self, ServiceConfig};
    use actix_web::{App, Error};
    use vitalsigns_actix::Metrics;

    use super::*;

    fn routes(app: &mut ServiceConfig) {
        let hello = async || "hello";
        app.route("/static", web::get().to(hello))
            .service(web::resource("/named").name("static").to(hello))
            .service(web::resource("/named/{id}").name("dynamic").to(hello))
            .service(web::scope("/api").route("/orders/{id}", web::get().to(hello)))
            .route("/users/{id}", web::get().to(hello));
    }

    fn times<S, B>(app: &S, method: &Method, path: &str) -> u64
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        each(|| {
            let request = TestRequest::with_uri(path).method(method.clone());
            let request = request.to_request();
            let before = allocated().times;
            let (response, _) = at_once(app.call(request));
            let (request, response) = response.unwrap().into_parts();
            let (body, _) = at_once(to_bytes(response.into_body()));
            drop((request, body));
            allocated().times - before
        })
    }

    #[test]
    fn the_actix_middleware_allocates_nothing_where_actix_does_not() {
        let system = actix_web::rt::System::new();
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let bare = system.block_on(init_service(App::new().configure(routes)));
        let measured = App::new().configure(routes).wrap(metrics.middleware());
        let measured = system.block_on(init_service(measured));
        let mut report = Vec::new();
        for (what, method, path, expected) in [
            ("no captures, no name", Method::GET, "/static", 0),
            ("no captures, a name", Method::GET, "/named", 0),
            ("captures, a name", Method::GET, "/named/7", 0),
            // `match_pattern`, after routing.
            ("captures, no name", Method::GET, "/users/7", 1),
            (
                "captures, no name, in a scope",
                Method::GET,
                "/api/orders/7",
                1,
            ),
            // One for each pattern with captures that actix tries.
            ("unmatched", Method::GET, "/wp-login.php", 2),
            ("a method that the route has not", Method::PUT, "/static", 1),
        ] {
            let without = times(&bare, &method, path);
            let with = times(&measured, &method, path);
            println!(
                "actix, {what}: {} allocations beside {without}",
                with - without
            );
            report.push((what, with - without, expected));
        }
        for (what, found, expected) in report {
            assert_eq!(found, expected, "{what}");
        }
    }
}
