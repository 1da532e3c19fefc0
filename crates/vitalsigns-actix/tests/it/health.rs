//! Probes beside the page.

use actix_web::App;
use actix_web::web::{self, ServiceConfig};
use tests::served::{fetch, wait_for_request};
use vitalsigns::families::HttpServer;
use vitalsigns::{Endpoint, Registry};
use vitalsigns_actix::Metrics;
use vitalsigns_health::{Group, Health};

use crate::support::serve;

#[actix_web::test]
async fn one_call_mounts_the_page_and_four_probes() {
    let registry = Registry::new();
    let health = Health::builder(&registry).version("1.4.2").build().unwrap();
    let endpoint = Endpoint::builder(&registry)
        .bearer_token("a long secret")
        .build()
        .unwrap();
    let http = HttpServer::register(&registry).unwrap();
    let metrics = Metrics::with(http, endpoint).health(&health);
    let served = metrics.clone();
    let app = move || {
        let app = App::new().wrap(served.middleware());
        app.configure(|app: &mut ServiceConfig| served.mount(app))
            .route("/{page}", web::get().to(async || "a page"))
    };
    let address = serve(app.clone());
    // Nobody has tested the page yet.
    let (head, body) = fetch(address, "GET", "/readyz", "").await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert!(
        body.contains(r#""metrics_endpoint":[{"state":"unknown","status":"fail"}]"#),
        "{body}"
    );
    assert!(
        fetch(address, "GET", "/livez", "")
            .await
            .0
            .starts_with("HTTP/1.1 200")
    );
    metrics.self_test(app()).await.unwrap();
    for path in Group::ALL.map(Group::path) {
        let (head, body) = fetch(address, "GET", path, "").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        assert!(
            head.contains("content-type: application/health+json\r\n"),
            "{head}"
        );
        assert!(head.contains("cache-control: no-store"), "{head}");
        assert!(
            body.contains(r#""status":"pass""#) && !body.contains("1.4.2"),
            "{body}"
        );
        let token = "authorization: Bearer a long secret\r\n";
        let (_, body) = fetch(address, "GET", path, token).await;
        assert!(body.contains("1.4.2"), "{body}");
        let (head, body) = fetch(address, "GET", path, "accept: application/json\r\n").await;
        assert!(
            head.contains("content-type: application/json\r\n"),
            "{head}"
        );
        assert!(body.contains(r#""status":"UP""#), "{body}");
        let (head, body) = fetch(address, "HEAD", path, "").await;
        assert!(
            head.starts_with("HTTP/1.1 200") && body.is_empty(),
            "{head}{body}"
        );
        for method in ["POST", "DELETE", "OPTIONS"] {
            let (head, _) = fetch(address, method, path, "").await;
            assert!(head.starts_with("HTTP/1.1 405"), "{head}");
            assert!(head.contains("allow: GET, HEAD\r\n"), "{head}");
        }
    }
    wait_for_request(&registry, "GET", "/startupz", "200", 3.0).await;
    drop(health);
    assert!(
        fetch(address, "GET", "/readyz", "")
            .await
            .0
            .starts_with("HTTP/1.1 503")
    );
    assert!(
        fetch(address, "GET", "/livez", "")
            .await
            .0
            .starts_with("HTTP/1.1 200")
    );
}

#[actix_web::test]
async fn an_app_without_its_page_is_not_ready() {
    let registry = Registry::new();
    let health = Health::builder(&registry).build().unwrap();
    let metrics = Metrics::new(&registry).unwrap().health(&health);
    let app = App::new().route("/metrics", web::get().to(async || "todo"));
    metrics.self_test(app).await.unwrap_err();
    assert!(!health.probes().group(Group::Ready).is_passing);
}
