//! actix: the middleware around an app, served by actix's own server.

mod body;
mod handlers;
mod middleware;
mod server;
mod websocket;

use actix_web::dev::Service as _;
use actix_web::http::Method;
use actix_web::{App, Resource, guard, web};
use vitalsigns::Registry;
use vitalsigns_actix::Metrics;

use self::handlers::{Empty, Explosive, answer, handle};
use self::middleware::Layers;
use self::server::ActixServer;
use super::{Received, Running, With};
use crate::reply::Reply;
use crate::routes::{Behaviour, Place, ROUTES, Route};

pub(super) fn start(with: &[With]) -> Running {
    let registry = Registry::new();
    let received = Received::default();
    let metrics = Metrics::new(&registry).expect("nothing else is registered");
    let with = with.to_vec();
    let half_closed = with.iter().any(|with| matches!(with, With::HalfClosed));
    let counted = received.clone();
    let app = move || {
        let received = counted.clone();
        App::new()
            .configure(|app| {
                for resource in resources(Place::App).chain(resources(Place::Merged)) {
                    app.service(resource);
                }
                let mounted = web::scope(Place::Mounted.prefix()).wrap(metrics.middleware());
                let nested = web::scope(Place::Nested.prefix());
                let deeper = Place::Deeper.prefix();
                let deeper = deeper.strip_prefix(Place::Nested.prefix());
                let deeper = web::scope(deeper.expect("it is in the nested one"));
                let deeper = resources(Place::Deeper).fold(deeper, actix_web::Scope::service);
                let mut nested = resources(Place::Nested)
                    .fold(nested, actix_web::Scope::service)
                    .service(deeper);
                for with in &with {
                    match with {
                        With::Fallback => {
                            app.default_service(web::to(fallback));
                        }
                        With::NestedFallback => nested = nested.default_service(web::to(fallback)),
                        With::Guarded => nested = nested.guard(guard::Header("x-key", "1")),
                        With::Inside(_) | With::Outside(_) | With::HalfClosed => {}
                    }
                }
                app.service(nested)
                    .service(resources(Place::Mounted).fold(mounted, actix_web::Scope::service));
                metrics.mount(app);
            })
            .wrap(Layers::inside(&with, &metrics))
            .wrap(metrics.middleware())
            .wrap_fn(move |request, app| {
                received.count();
                app.call(request)
            })
            .wrap(Layers::outside(&with, &metrics))
    };
    let (address, server) = ActixServer::start(app, half_closed);
    Running {
        address,
        registry,
        received,
        server: Box::new(server),
    }
}

async fn fallback() -> actix_web::HttpResponse {
    answer(Reply::text("the fallback"))
}

/// The patterns of a place, each with its methods; the page is what `mount` adds.
fn resources(place: Place) -> impl Iterator<Item = Resource> {
    let here = move || {
        ROUTES
            .iter()
            .filter(move |route| route.place == place)
            .filter(|route| !matches!(route.behaviour, Behaviour::Page))
    };
    let mut patterns: Vec<&str> = here().map(|route| route.pattern).collect();
    patterns.dedup();
    patterns.into_iter().map(move |pattern| {
        here()
            .filter(|route| route.pattern == pattern)
            .fold(web::resource(spelled(pattern)), |resource, route| {
                resource.route(of_method(route))
            })
    })
}

/// The pattern as actix writes it.
fn spelled(pattern: &str) -> &str {
    match pattern {
        "/files/{*path}" => super::ACTIX.wildcard,
        _ => pattern,
    }
}

fn of_method(route: &Route) -> actix_web::Route {
    let method = Method::from_bytes(route.method.as_bytes()).expect("it is a method");
    // actix answers HEAD where it is told to.
    let of_method = match method {
        Method::GET => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
        method => web::method(method),
    };
    let behaviour = route.behaviour;
    match behaviour {
        Behaviour::PanicInExtractor => of_method.to(async |_: Explosive| ""),
        Behaviour::MissInExtractor => of_method.to(async |_: Empty| ""),
        _ => of_method.to(move |request, payload| handle(behaviour, request, payload)),
    }
}
