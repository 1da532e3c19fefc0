//! The endpoint as hostile clients see it: who is refused costs nothing.

use std::pin::pin;
use std::sync::{Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::dev::Handler;
use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use vitalsigns::{Endpoint, Gauge, MetricGroup, Registry};
use vitalsigns_actix::MetricsEndpoint;

#[derive(MetricGroup)]
struct Pool {
    /// Connections.
    pool_size: Gauge,
}

/// A registry with a collector that says when it is asked, and waits until the sender is gone.
fn waiting() -> (Registry, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let registry = Registry::builder()
        .collect_deadline(Duration::from_secs(60))
        .build()
        .unwrap();
    let (asked, is_asked) = mpsc::channel();
    let (goes_on, waits) = mpsc::channel::<()>();
    let (asked, waits) = (Mutex::new(asked), Mutex::new(waits));
    registry
        .collect_with(move |pool: &Pool| {
            asked.lock().unwrap().send(()).map_err(|_| "nobody looks")?;
            let _ = waits.lock().unwrap().recv();
            pool.pool_size.set(1);
            Ok::<(), &str>(())
        })
        .unwrap();
    (registry, is_asked, goes_on)
}

fn ask(
    endpoint: &Endpoint,
    method: Method,
    query: &str,
) -> impl Future<Output = HttpResponse> + use<> {
    let uri = format!("/metrics?{query}");
    let request = TestRequest::with_uri(&uri).method(method).to_http_request();
    MetricsEndpoint::from(endpoint.clone()).call((request,))
}

/// The status, if no other thread has to give it.
fn at_once(future: impl Future<Output = HttpResponse>) -> Option<StatusCode> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => Some(response.status()),
        Poll::Pending => None,
    }
}

#[actix_web::test]
async fn who_is_refused_is_refused_without_another_thread() {
    let (registry, _asked, _goes_on) = waiting();
    let endpoint = Endpoint::builder(&registry).bearer_token("a long secret");
    let endpoint = endpoint.build().unwrap();
    for _ in 0..300 {
        let anonymous = ask(&endpoint, Method::GET, "");
        assert_eq!(at_once(anonymous), Some(StatusCode::UNAUTHORIZED));
        let method = ask(&endpoint, Method::POST, "");
        assert_eq!(at_once(method), Some(StatusCode::METHOD_NOT_ALLOWED));
        let options = ask(&endpoint, Method::OPTIONS, "");
        assert_eq!(at_once(options), Some(StatusCode::NO_CONTENT));
    }
}

#[actix_web::test]
async fn no_more_wait_beside_the_worker_than_may_ask_at_once() {
    let (registry, asked, goes_on) = waiting();
    let endpoint = Endpoint::builder(&registry).most_at_once(1);
    let endpoint = endpoint.build().unwrap();
    let first = actix_web::rt::spawn(ask(&endpoint, Method::GET, ""));
    let is_asked = actix_web::web::block(move || asked.recv().map(|()| asked));
    let _asked = is_asked.await.unwrap().unwrap();
    for _ in 0..300 {
        let further = ask(&endpoint, Method::GET, "");
        assert_eq!(at_once(further), Some(StatusCode::SERVICE_UNAVAILABLE));
    }
    drop(goes_on);
    assert_eq!(first.await.unwrap().status(), StatusCode::OK);
    assert_eq!(
        ask(&endpoint, Method::GET, "").await.status(),
        StatusCode::OK
    );
}

#[actix_web::test]
async fn a_part_that_waits_for_nobody_is_answered_at_once() {
    let (registry, _asked, _goes_on) = waiting();
    let endpoint = Endpoint::new(&registry);
    let part = ask(&endpoint, Method::GET, "name[]=vitalsigns_scrapes");
    assert_eq!(at_once(part), Some(StatusCode::OK));
}
