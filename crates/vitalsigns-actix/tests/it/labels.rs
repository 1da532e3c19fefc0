//! Labels that nobody outside can blow up, and that say what was really run.

use std::task::{Context, Waker};

use actix_http::Request;
use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{NormalizePath, TrailingSlash};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpMessage, HttpRequest, HttpResponse, error, guard};
use tests::served::{assert_one_route_and_one_method, assert_settled};
use vitalsigns::families::HttpServer;
use vitalsigns::{LabelValue, Registry, testing};
use vitalsigns_actix::{Metrics, Route};

fn metrics() -> (Registry, Metrics) {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    (registry, metrics)
}

fn request(method: &str, path: &str) -> Request {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    TestRequest::with_uri(path).method(method).to_request()
}

/// Asks, reads the answer, and says the route and the status that were counted for it.
async fn counted<S, B>(registry: &Registry, app: &S, method: &str, path: &str) -> (String, String)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let before = testing::samples(registry, "http_requests_total");
    if let Ok(response) = app.call(request(method, path)).await {
        let _ = to_bytes(response.into_body()).await;
    }
    let after = testing::samples(registry, "http_requests_total");
    let mut changed = after
        .lines()
        .filter(|line| !before.lines().any(|known| known == *line));
    let line = changed.next().expect(&after);
    assert_eq!(changed.next(), None, "one request counts once: {after}");
    let value = |label: &str| {
        let (_, rest) = line.split_once(&format!("{label}=\"")).unwrap();
        let value = rest.split_once('"').unwrap().0;
        value.replace(r"\\", r"\")
    };
    (value("route"), value("status"))
}

#[actix_web::test]
async fn ten_thousand_paths_and_fifty_methods_add_one_route_and_one_method() {
    let (registry, metrics) = metrics();
    let app = init_service(
        App::new()
            .wrap(metrics.middleware())
            .route("/users/{id}", web::get().to(async || "somebody")),
    )
    .await;
    for number in 0..10_000 {
        let method = match number % 200 {
            rest if rest < 50 => format!("BREW{rest}"),
            _ => String::from("GET"),
        };
        let path = format!("/wp-admin/{number}.php?probe={number}");
        let response = app.call(request(&method, &path)).await.unwrap();
        assert_eq!(response.status(), 404);
    }
    assert_settled(&registry, 10_000.0);
    assert_one_route_and_one_method(&registry);
}

mod digits {
    use actix_web::{Responder, get};

    #[get(r"/things/{id:\d+}")]
    pub(super) async fn show() -> impl Responder {
        "a number"
    }
}

mod words {
    use actix_web::{Responder, get, post};

    #[get("/things/{id}")]
    pub(super) async fn show() -> impl Responder {
        "a word"
    }

    #[post("/things/{id}")]
    pub(super) async fn change() -> impl Responder {
        "changed"
    }
}

#[actix_web::get("")]
async fn home() -> &'static str {
    "home"
}

/// Routes of every kind.
fn many(app: &mut ServiceConfig) {
    async fn ok() -> &'static str {
        "ok"
    }
    app.service(digits::show)
        .service(words::show)
        .service(words::change)
        .route("/users/{id}", web::get().to(HttpResponse::NotFound))
        .route("/users/{id}", web::put().to(ok))
        // The same shape, with and without name, told apart by guards and by what they take.
        .service(web::resource(r"/ab/{x:a+}").guard(guard::Get()).to(ok))
        .service(web::resource("/ab/{x}").guard(guard::Post()).to(ok))
        .service(web::resource("/me").guard(guard::Get()).to(ok))
        .service(web::resource("/{who}").guard(guard::Put()).to(ok))
        .service(web::resource(["/one", "/two"]).to(ok))
        .service(web::redirect("/old", "/new"))
        .external_resource("elsewhere", "https://example.org/{id}")
        .service(web::resource("/files/{tail}*").to(ok))
        .service(web::resource("/named/{a}-{b}").name("named").to(ok))
        .service(
            web::resource("/two-ways")
                .route(web::get().to(ok))
                .route(web::put().to(ok)),
        )
        .service(
            web::resource("/own")
                .route(web::get().to(ok))
                .default_service(web::to(HttpResponse::ImATeapot)),
        )
        .service(
            web::scope("/api").service(home).service(
                web::scope("/{version}")
                    .route("/orders/{id}", web::post().to(ok))
                    .route("/orders", web::get().to(ok))
                    .default_service(web::to(HttpResponse::NotFound)),
            ),
        )
        .service(Folder("/static"));
}

/// A service for everything below a path, as that of actix-files.
struct Folder(&'static str);

impl actix_web::dev::HttpServiceFactory for Folder {
    fn register(self, config: &mut actix_web::dev::AppService) {
        let resource = if config.is_root() {
            actix_web::dev::ResourceDef::root_prefix(self.0)
        } else {
            actix_web::dev::ResourceDef::prefix(self.0)
        };
        let service =
            actix_web::dev::fn_service(async |request: actix_web::dev::ServiceRequest| {
                let response = match request.path().ends_with("missing") {
                    true => HttpResponse::NotFound().finish(),
                    false => HttpResponse::Ok().body("a file"),
                };
                Ok::<_, Error>(request.into_response(response))
            });
        config.register_service(resource, None, service, None);
    }
}

#[actix_web::test]
async fn the_route_is_the_pattern_of_what_was_run() {
    let (registry, metrics) = metrics();
    let app = init_service(App::new().wrap(metrics.middleware()).configure(many)).await;
    let expected = [
        ("GET", "/things/7", r"/things/{id:\d+}", "200"),
        ("GET", "/things/seven", "/things/{id}", "200"),
        ("POST", "/things/7", "/things/{id}", "200"),
        // A macro's method is a guard of the resource: nothing was run.
        ("DELETE", "/things/7", "unmatched", "404"),
        ("GET", "/users/7", "/users/{id}", "404"),
        ("GET", "/users/a%2Fb", "/users/{id}", "404"),
        ("PUT", "/users/7", "/users/{id}", "200"),
        // So is the method of `App::route`.
        ("DELETE", "/users/7", "unmatched", "404"),
        ("GET", "/users/7/", "unmatched", "404"),
        ("GET", "/ab/aa", "/ab/{x:a+}", "200"),
        ("POST", "/ab/aa", "/ab/{x}", "200"),
        ("PUT", "/ab/aa", "unmatched", "404"),
        ("GET", "/me", "/me", "200"),
        ("PUT", "/me", "/{who}", "200"),
        ("GET", "/me", "/me", "200"),
        ("DELETE", "/me", "unmatched", "404"),
        ("GET", "/one", "/one", "200"),
        ("GET", "/two", "/one", "200"),
        ("GET", "/old", "/old", "307"),
        ("GET", "/files/a/b.txt", "/files/{tail}*", "200"),
        ("GET", "/named/x-y", "/named/{a}-{b}", "200"),
        ("GET", "/own", "/own", "200"),
        ("POST", "/own", "/own", "418"),
        ("GET", "/two-ways", "/two-ways", "200"),
        ("DELETE", "/two-ways", "/two-ways", "405"),
        ("GET", "/api", "/api", "200"),
        (
            "POST",
            "/api/v1/orders/9",
            "/api/{version}/orders/{id}",
            "200",
        ),
        ("DELETE", "/api/v1/orders/9", "unmatched", "404"),
        ("GET", "/api/v1/orders", "/api/{version}/orders", "200"),
        ("GET", "/api/v1/nothing", "unmatched", "404"),
        ("GET", "/api/v1", "unmatched", "404"),
        ("GET", "/static/app.js", "/static", "200"),
        ("GET", "/static/missing", "/static", "404"),
        ("GET", "/static", "/static", "200"),
        ("GET", "/statics", "unmatched", "404"),
        ("GET", "/", "unmatched", "404"),
        ("GET", "/elsewhere", "unmatched", "404"),
    ];
    // Three times, because routes are remembered; backwards as well, because the order may matter.
    for _ in 0..3 {
        for (method, path, route, status) in expected.iter().chain(expected.iter().rev()) {
            assert_eq!(
                counted(&registry, &app, method, path).await,
                (route.to_string(), status.to_string()),
                "{method} {path}"
            );
        }
    }
    assert_settled(&registry, 6.0 * expected.len() as f64);
}

#[actix_web::test]
async fn a_folder_for_everything_is_a_slash() {
    let (registry, metrics) = metrics();
    let app = App::new().wrap(metrics.middleware()).service(Folder(""));
    let app = init_service(app).await;
    for (path, status) in [("/", "200"), ("/a/b", "200"), ("/missing", "404")] {
        let counted = counted(&registry, &app, "GET", path).await;
        assert_eq!(counted, ("/".to_owned(), status.to_owned()), "{path}");
    }
}

#[actix_web::test]
async fn a_default_service_has_no_route() {
    let (registry, metrics) = metrics();
    let app = init_service(
        App::new()
            .wrap(metrics.middleware())
            .configure(many)
            .default_service(web::to(async || "the single page")),
    )
    .await;
    let unmatched = |status: &str| ("unmatched".to_owned(), status.to_owned());
    for path in ["/any/thing", "/users/7/", "/statics/x"] {
        assert_eq!(
            counted(&registry, &app, "GET", path).await,
            unmatched("200"),
            "{path}"
        );
    }
    assert_eq!(
        counted(&registry, &app, "GET", "/api/v1/x").await,
        unmatched("404")
    );
}

#[actix_web::test]
async fn what_middleware_answers_without_routing_has_the_route_of_the_path() {
    let (registry, metrics) = metrics();
    let app = init_service(
        App::new()
            .configure(many)
            .wrap_fn(|request, inner| {
                let answer = request.headers().contains_key("x-let-me-in");
                let next = inner.call(request);
                async move {
                    match answer {
                        true => next.await,
                        false => Err(error::ErrorUnauthorized("who are you?")),
                    }
                }
            })
            .wrap(metrics.middleware()),
    )
    .await;
    let unauthorized = |route: &str| (route.to_owned(), "401".to_owned());
    for _ in 0..2 {
        for (path, route) in [
            ("/things/7", r"/things/{id:\d+}"),
            ("/users/7", "/users/{id}"),
            ("/me", "/me"),
            ("/nothing/at/all", "unmatched"),
        ] {
            assert_eq!(
                counted(&registry, &app, "GET", path).await,
                unauthorized(route)
            );
        }
    }

    let (registry, metrics) = self::metrics();
    let app = init_service(
        App::new()
            .configure(many)
            .wrap_fn(|request, _| async {
                Ok::<_, Error>(request.into_response(HttpResponse::Unauthorized().finish()))
            })
            .wrap(metrics.middleware()),
    )
    .await;
    for _ in 0..2 {
        for (path, route) in [
            ("/things/7", r"/things/{id:\d+}"),
            ("/users/7", "/users/{id}"),
            ("/me", "/me"),
            ("/nothing/at/all", "unmatched"),
        ] {
            assert_eq!(
                counted(&registry, &app, "GET", path).await,
                unauthorized(route)
            );
        }
    }
}

#[actix_web::test]
async fn a_request_that_ends_without_an_answer_has_the_route_of_its_path() {
    let (registry, metrics) = metrics();
    let app = App::new()
        .wrap(metrics.middleware())
        .route(
            r"/jobs/{id:\d+}",
            web::get().to(std::future::pending::<String>),
        )
        .route("/jobs/wait", web::get().to(std::future::pending::<String>))
        .route("/jobs/{name}", web::get().to(async || "a job"));
    let app = init_service(app).await;
    for number in 1..4 {
        // Everything looks like this one.
        let (route, _) = counted(&registry, &app, "GET", "/jobs/copy").await;
        assert_eq!(route, "/jobs/{name}");
        for (path, route) in [("/jobs/7", r"/jobs/{id:\d+}"), ("/jobs/wait", "/jobs/wait")] {
            let mut pending = Box::pin(app.call(request("GET", path)));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(pending.as_mut().poll(&mut cx).is_pending());
            drop(pending);
            let labels = [("method", "GET"), ("route", route), ("status", "499")];
            let count = testing::value(&registry, "http_requests_total", &labels);
            assert_eq!(count, Some(f64::from(number)), "{path}");
        }
    }
    assert_settled(&registry, 9.0);
}

#[actix_web::test]
async fn normalised_paths_have_their_route() {
    async fn check<S, B>(registry: &Registry, app: S)
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        for _ in 0..3 {
            for (path, route) in [
                ("/me/", "/me"),
                ("//users///7/", "/users/{id}"),
                ("/me", "/me"),
            ] {
                assert_eq!(counted(registry, &app, "GET", path).await.0, route);
            }
        }
        assert_settled(registry, 9.0);
    }

    let trim = || NormalizePath::new(TrailingSlash::Trim);
    let (registry, outside) = metrics();
    let app = App::new().configure(many).wrap(outside.middleware());
    check(&registry, init_service(app.wrap(trim())).await).await;

    let (registry, inside) = metrics();
    let app = App::new().configure(many).wrap(trim());
    check(&registry, init_service(app.wrap(inside.middleware())).await).await;
}

#[actix_web::test]
async fn layers_around_each_other_count_once() {
    let (registry, metrics) = metrics();
    let app = init_service(
        App::new()
            .service(
                web::scope("/api").wrap(metrics.middleware()).service(
                    web::resource("/orders/{id}")
                        .wrap(metrics.middleware())
                        .wrap_fn(|request, inner| inner.call(request))
                        .to(async || "an order"),
                ),
            )
            .wrap(metrics.middleware())
            .wrap(metrics.middleware()),
    )
    .await;
    for _ in 0..3 {
        let (route, status) = counted(&registry, &app, "GET", "/api/orders/7").await;
        assert_eq!((&*route, &*status), ("/api/orders/{id}", "200"));
        let (route, status) = counted(&registry, &app, "GET", "/api/nothing").await;
        assert_eq!((&*route, &*status), ("unmatched", "404"));
    }
    assert_settled(&registry, 6.0);
}

#[actix_web::test]
async fn a_part_of_an_app_is_measured_alone() {
    let (registry, metrics) = metrics();
    let app = init_service(
        App::new()
            .route("/", web::get().to(async || "home"))
            .service(
                web::scope("/api")
                    .wrap(metrics.middleware())
                    .route("/orders/{id}", web::get().to(async || "an order")),
            )
            .service(
                web::resource("/users/{id}")
                    .wrap(metrics.middleware())
                    .to(async || "somebody"),
            ),
    )
    .await;
    for _ in 0..2 {
        let (route, _) = counted(&registry, &app, "GET", "/api/orders/7").await;
        assert_eq!(route, "/api/orders/{id}");
        let (route, _) = counted(&registry, &app, "GET", "/users/7").await;
        assert_eq!(route, "/users/{id}");
        app.call(request("GET", "/")).await.unwrap();
    }
    assert_settled(&registry, 4.0);
}

#[actix_web::test]
async fn a_route_of_the_services_own_goes_first() {
    let (registry, metrics) = metrics();
    let app = init_service(
        App::new()
            .route(
                "/{path}*",
                web::get().to(async |request: HttpRequest| {
                    if request.path().starts_with("/pages/") {
                        request.extensions_mut().insert(Route::new("/pages/{page}"));
                    }
                    "routed by hand"
                }),
            )
            .wrap(metrics.middleware())
            .wrap_fn(|request, inner| {
                if request.path() == "/outside" {
                    request.extensions_mut().insert(Route::new("said outside"));
                }
                inner.call(request)
            }),
    )
    .await;
    for (path, expected) in [
        ("/pages/first", "/pages/{page}"),
        ("/outside", "said outside"),
        ("/else", "/{path}*"),
    ] {
        assert_eq!(counted(&registry, &app, "GET", path).await.0, expected);
    }
    assert_settled(&registry, 3.0);
}

#[derive(LabelValue, Clone, Copy)]
enum Plan {
    Unknown,
    Free,
    Team,
}

#[actix_web::test]
async fn extra_labels_are_found_where_services_put_them() {
    let registry = Registry::new();
    let http = HttpServer::builder()
        .label("plan", Plan::Unknown)
        .register(&registry)
        .unwrap();
    let metrics = Metrics::with(http, vitalsigns::Endpoint::new(&registry)).label::<Plan>();
    let app = init_service(
        App::new()
            .route("/unsaid", web::get().to(async || "?"))
            .route(
                "/request",
                web::get().to(async |request: HttpRequest| {
                    request.extensions_mut().insert(Plan::Free);
                    "free"
                }),
            )
            .route(
                "/response",
                web::get().to(async |request: HttpRequest| {
                    request.extensions_mut().insert(Plan::Free);
                    let mut response = HttpResponse::Ok().body("team");
                    response.extensions_mut().insert(Plan::Team);
                    response
                }),
            )
            .wrap(metrics.middleware()),
    )
    .await;
    for (path, plan) in [
        ("/unsaid", "unknown"),
        ("/request", "free"),
        ("/response", "team"),
    ] {
        assert_eq!(counted(&registry, &app, "GET", path).await.0, path);
        let labels = [
            ("method", "GET"),
            ("route", path),
            ("status", "200"),
            ("plan", plan),
        ];
        assert_eq!(
            testing::value(&registry, "http_requests_total", &labels),
            Some(1.0)
        );
    }
}
