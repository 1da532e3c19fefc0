//! actix-web: an app of 50 routes, and what is wrapped around it.

use std::cell::RefCell;
use std::ops::Range;

use ::actix_http::Request;
use ::actix_web::body::{MessageBody, to_bytes};
use ::actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse};
use ::actix_web::http::Uri;
use ::actix_web::rt::{System, SystemRunner};
use ::actix_web::test::init_service;
use ::actix_web::web::{self, ServiceConfig};
use ::actix_web::{App, Error};
use vitalsigns::{Format, Registry};
use vitalsigns_actix::Metrics;

use super::{BARE, COUNTS, NO_OP, ROUTES, at_once, paths, route};
use crate::ours;
use crate::peers;
use crate::subject::{Class, Subject};

thread_local! {
    /// Apps cannot leave the thread that made them; a subject knows its place in here. They are never
    /// dropped, because actix's pools do not outlive each other at the end of a thread.
    static APPS: RefCell<Vec<&'static dyn Fn(Range<u64>)>> = const { RefCell::new(Vec::new()) };
    static SYSTEM: SystemRunner = System::new();
}

/// The app that is measured.
pub(crate) fn routes(app: &mut ServiceConfig) {
    for number in 0..ROUTES {
        let hello = async |_: web::Path<u64>| "hello";
        app.route(&route(number), web::get().to(hello));
    }
}

pub(crate) fn subjects() -> Vec<Subject> {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).expect("the names are legal");
    let page = move || registry.render(Format::OpenMetrics);
    let nothing = App::new()
        .wrap_fn(|request, next| next.call(request))
        .configure(routes);
    let ours = App::new().wrap(metrics.middleware()).configure(routes);
    let mut subjects = vec![
        subject(
            BARE,
            Class::Floor,
            App::new().configure(routes),
            String::new,
        ),
        subject(NO_OP, Class::Floor, nothing, String::new),
        subject(ours::NAME, Class::Ours, ours, page).counting(COUNTS),
    ];
    subjects.extend(peers::actix());
    subjects
}

/// Asks the app, route by route, on this thread only.
pub(crate) fn subject<T, B>(
    name: &'static str,
    class: Class,
    app: App<T>,
    page: impl Fn() -> String + Send + Sync + 'static,
) -> Subject
where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let app = SYSTEM.with(|system| system.block_on(init_service(app)));
    let uris: Vec<Uri> = paths()
        .map(|path| path.parse().expect("the path is one"))
        .collect();
    let ask = move |range: Range<u64>| {
        for number in range {
            let uri = uris[(number % ROUTES) as usize].clone();
            let mut request = Request::new();
            request.head_mut().uri = uri;
            let Ok(response) = at_once(app.call(request)) else {
                panic!("the app does not fail");
            };
            assert_eq!(response.status(), 200);
            assert!(at_once(to_bytes(response.into_body())).is_ok());
        }
    };
    let place = APPS.with_borrow_mut(|apps| {
        apps.push(Box::leak(Box::new(ask)));
        apps.len() - 1
    });
    let run = move |range| {
        let app = APPS.with_borrow(|apps| apps.get(place).copied());
        app.expect("the loop runs on the thread that made the app")(range);
    };
    Subject::looping(name, class, run, page)
}
