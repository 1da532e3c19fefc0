//! axum: a router of 50 routes, and what is laid around it.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

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

/// An app with what was laid around it, and its page.
pub(crate) struct Served {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    pub(crate) app: Router,
    page: Arc<dyn Fn() -> String + Send + Sync>,
    /// What the samples that count requests begin with.
    counts: Option<&'static str>,
}

impl Served {
    pub(crate) fn new(
        name: &'static str,
        class: Class,
        app: Router,
        page: impl Fn() -> String + Send + Sync + 'static,
        counts: impl Into<Option<&'static str>>,
    ) -> Self {
        Served {
            name,
            class,
            app,
            page: Arc::new(page),
            counts: counts.into(),
        }
    }

    /// Asks the app, route by route.
    pub(crate) fn subject(&self) -> Subject {
        let uris: Vec<Uri> = paths()
            .map(|path| path.parse().expect("the path is one"))
            .collect();
        // As `axum::serve` does it: else each request would have its handler's layers laid anew.
        let app: Router = self.app.clone().with_state(());
        let page = Arc::clone(&self.page);
        let run = move |range: Range<u64>| {
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
        let subject = Subject::looping(self.name, self.class, run, move || page());
        match self.counts {
            Some(counts) => subject.counting(counts),
            None => subject,
        }
    }
}

/// All ways to measure it; the first is not to.
pub(crate) fn all() -> Vec<Served> {
    let registry = Registry::new();
    let ours = vitalsigns_tower::axum::instrument(app(), &registry).expect("the names are legal");
    let page = move || registry.render(Format::OpenMetrics);
    let mut all = vec![
        Served::new(BARE, Class::Floor, app(), String::new, None),
        Served::new(NO_OP, Class::Floor, app().layer(NoOp), String::new, None),
        Served::new(ours::NAME, Class::Ours, ours, page, COUNTS),
    ];
    all.extend(peers::axum());
    all
}
