//! The endpoint as hostile clients see it: who is refused costs nothing.

use std::pin::pin;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{Method, Request, StatusCode};
use tower::{Service, ServiceExt};
use vitalsigns::{Endpoint, Gauge, MetricGroup, Registry};
use vitalsigns_tower::{EndpointFuture, MetricsEndpoint};

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
    let (asked, waits) = (Mutex::new(asked), Arc::new(Mutex::new(waits)));
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

fn ask(endpoint: &Endpoint, method: Method, query: &str) -> EndpointFuture {
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.uri_mut() = format!("/metrics?{query}").parse().unwrap();
    MetricsEndpoint::from(endpoint.clone()).call(request)
}

/// The status, if no other thread has to give it.
fn at_once(future: EndpointFuture) -> Option<StatusCode> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => Some(response.status()),
        Poll::Pending => None,
    }
}

#[test]
fn who_is_refused_is_refused_without_a_thread() {
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

#[tokio::test]
async fn there_are_no_more_threads_than_pages_at_once() {
    let (registry, asked, goes_on) = waiting();
    let endpoint = Endpoint::builder(&registry).most_at_once(1);
    let endpoint = endpoint.build().unwrap();
    let first = ask(&endpoint, Method::GET, "");
    asked.recv().unwrap();
    for _ in 0..300 {
        let further = ask(&endpoint, Method::GET, "");
        assert_eq!(at_once(further), Some(StatusCode::SERVICE_UNAVAILABLE));
    }
    drop(goes_on);
    assert_eq!(first.await.unwrap().status(), StatusCode::OK);
    // The place is free before the answer is there.
    let next = MetricsEndpoint::from(endpoint).oneshot(Request::new(()));
    assert_eq!(next.await.unwrap().status(), StatusCode::OK);
}

#[test]
fn a_part_that_waits_for_nobody_is_answered_at_once() {
    let (registry, _asked, _goes_on) = waiting();
    let endpoint = Endpoint::new(&registry);
    let part = ask(&endpoint, Method::GET, "name[]=vitalsigns_scrapes");
    assert_eq!(at_once(part), Some(StatusCode::OK));
}
