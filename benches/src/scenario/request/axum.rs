//! axum: a router of 50 routes, and what is laid around it.

use std::convert::Infallible;

use ::axum::Router;
use ::axum::body::Body;
use ::axum::extract::Path;
use ::axum::routing::get;
use ::tower_service::Service;
use http::{Request, Uri};
use http_body_util::BodyExt;
use vitalsigns::{Format, Registry};

use super::noop::NoOp;
use super::{BARE, COUNTS, NO_OP, ROUTES, at_once, paths, route};
use crate::ours;
use crate::peers;
use crate::subject::{Class, Subject};

/// The app that is measured.
pub(crate) fn app() -> Router {
    let hello = async |Path(_): Path<u64>| "hello";
    (0..ROUTES).fold(Router::new(), |router, number| {
        router.route(&route(number), get(hello))
    })
}

/// All ways to measure it, by name; the first is not to.
pub(crate) fn subjects() -> Vec<Subject> {
    let registry = Registry::new();
    let ours = vitalsigns_tower::axum::instrument(app(), &registry).expect("the names are legal");
    let page = move || registry.render(Format::OpenMetrics);
    let mut subjects = vec![
        subject(BARE, Class::Floor, app(), String::new),
        subject(NO_OP, Class::Floor, app().layer(NoOp), String::new),
        subject(ours::NAME, Class::Ours, ours, page).counting(COUNTS),
    ];
    subjects.extend(peers::axum());
    subjects
}

/// Asks the app, route by route.
pub(crate) fn subject(
    name: &'static str,
    class: Class,
    app: Router,
    page: impl Fn() -> String + Send + Sync + 'static,
) -> Subject {
    let uris: Vec<Uri> = paths()
        .map(|path| path.parse().expect("the path is one"))
        .collect();
    let run = move |range: std::ops::Range<u64>| {
        let mut app = app.clone();
        for number in range {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = uris[(number % ROUTES) as usize].clone();
            let response: Result<_, Infallible> = at_once(app.call(request));
            let Ok(response) = response;
            assert_eq!(response.status(), 200);
            assert!(at_once(response.into_body().collect()).is_ok());
        }
    };
    Subject::looping(name, class, run, page)
}
