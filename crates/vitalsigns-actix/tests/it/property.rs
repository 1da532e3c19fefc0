//! Whatever the routes of an app are: the label is the pattern of what was run.

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse, guard};
use proptest::prelude::*;
use vitalsigns::{Registry, testing};
use vitalsigns_actix::Metrics;

/// Says which pattern it runs for.
const RUN: HeaderName = HeaderName::from_static("x-run");

async fn say(request: HttpRequest) -> HttpResponse {
    let pattern = request.match_pattern().unwrap();
    let pattern = HeaderValue::from_str(&pattern).unwrap();
    HttpResponse::Ok().insert_header((RUN, pattern)).finish()
}

#[derive(Clone, Debug)]
struct Resource {
    /// In a scope, if there is one.
    scope: Option<&'static str>,
    pattern: &'static str,
    name: Option<&'static str>,
    method: Option<Method>,
}

fn methods() -> impl Strategy<Value = Method> {
    prop::sample::select(vec![Method::GET, Method::POST])
}

fn resources() -> impl Strategy<Value = Vec<Resource>> {
    let resource = (
        prop::option::weighted(0.3, prop::sample::select(vec!["/a", "/{s}", "/b/{s}"])),
        prop::sample::select(vec![
            "/a",
            "/b",
            "/{x}",
            "/{y}",
            r"/{x:a+}",
            r"/{x:[ab]}",
            "/a/b",
            "/a/{x}",
            "/{x}/b",
            "/{x}/{y}",
            r"/{x:.}/{y}",
            "/a/{x}*",
            "/{x}-{y}",
            "/a{x}",
        ]),
        prop::option::of(prop::sample::select(vec!["one", "two", "show"])),
        prop::option::of(methods()),
    );
    let resource = resource.prop_map(|(scope, pattern, name, method)| Resource {
        scope,
        pattern,
        name,
        method,
    });
    prop::collection::vec(resource, 0..8).prop_map(told_apart)
}

fn requests() -> impl Strategy<Value = Vec<(Method, &'static str)>> {
    let paths = vec![
        "/", "/a", "/b", "/aa", "/c", "/a/b", "/a/a", "/b/a", "/b/b/c", "/a/b/c", "/a-b", "/a/",
        "/b/a/a", "/b/a/a/b", "/c/d",
    ];
    prop::collection::vec((methods(), prop::sample::select(paths)), 1..40)
}

fn configure(app: &mut ServiceConfig, resources: &[Resource]) {
    for resource in resources {
        let mut service = web::resource(resource.pattern);
        if let Some(name) = resource.name {
            service = service.name(name);
        }
        if let Some(method) = &resource.method {
            service = service.guard(guard::Method(method.clone()));
        }
        let service = service.to(say);
        match resource.scope {
            Some(scope) => app.service(web::scope(scope).service(service)),
            None => app.service(service),
        };
    }
}

/// Takes the names away if actix would say that of one resource where another was run that has
/// none: then nothing tells such patterns apart but the `String`, for which it is not asked.
fn told_apart(mut resources: Vec<Resource>) -> Vec<Resource> {
    let pattern =
        |resource: &Resource| format!("{}{}", resource.scope.unwrap_or_default(), resource.pattern);
    let shape = |pattern: &str| {
        let parts = [":a+", ":[ab]", ":.", "*"];
        parts
            .iter()
            .fold(pattern.to_owned(), |shape, part| shape.replace(part, ""))
    };
    let are_alike = resources.iter().any(|named| {
        let named_pattern = pattern(named);
        named.name.is_some()
            && resources.iter().any(|other| {
                let other_pattern = pattern(other);
                other.name.is_none()
                    && other_pattern != named_pattern
                    && shape(&other_pattern) == shape(&named_pattern)
            })
    });
    if are_alike {
        resources
            .iter_mut()
            .for_each(|resource| resource.name = None);
    }
    resources
}

/// Whether the path is one of a scope and goes no further. If nothing in the scope is run, that
/// looks as if a resource for the whole path was.
fn ends_with_a_scope(resources: &[Resource], path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    let is = (segments.next(), segments.next(), segments.next());
    resources.iter().any(|resource| match resource.scope {
        Some("/a") => matches!(is, (Some("a"), None, _)),
        Some("/{s}") => matches!(is, (Some(_), None, _)),
        Some("/b/{s}") => matches!(is, (Some("b"), Some(_), None)),
        _ => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_label_is_the_pattern_of_what_was_run(
        resources in resources(),
        requests in requests(),
    ) {
        actix_web::rt::System::new().block_on(async {
            let registry = Registry::new();
            let metrics = Metrics::new(&registry).unwrap();
            let bare = init_service(App::new().configure(|app| configure(app, &resources))).await;
            let app = App::new().wrap(metrics.middleware());
            let app = init_service(app.configure(|app| configure(app, &resources))).await;
            let mut expected = std::collections::HashMap::new();
            for (method, path) in requests {
                let request = || TestRequest::with_uri(path).method(method.clone()).to_request();
                let response = actix_web::test::call_service(&bare, request()).await;
                if response.status() == 404 && ends_with_a_scope(&resources, path) {
                    continue;
                }
                let response = actix_web::test::call_service(&app, request()).await;
                let run = response.headers().get(RUN).map(|run| run.to_str().unwrap().to_owned());
                let status = response.status().as_u16();
                let route = run.unwrap_or_else(|| "unmatched".into());
                let count = expected.entry((method.clone(), route.clone())).or_insert(0.0);
                *count += 1.0;
                let labels = [
                    ("method", method.as_str()),
                    ("route", &route),
                    ("status", if status == 200 { "200" } else { "404" }),
                ];
                drop(response);
                let counted = testing::value(&registry, "http_requests_total", &labels);
                assert_eq!(counted, Some(*count), "{method} {path} ran {route}");
            }
        });
    }
}
