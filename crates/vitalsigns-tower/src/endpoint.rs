//! The metrics endpoint as a tower service.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use tower_service::Service;
use vitalsigns::{Answer, Endpoint, Registry};

use crate::self_test::Unmeasured;

/// Serves the metrics page; it answers on every path, so a router decides on which.
///
/// # Examples
///
/// ```
/// use tower::ServiceExt;
/// use vitalsigns::Registry;
/// use vitalsigns_tower::MetricsEndpoint;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let endpoint = MetricsEndpoint::new(&Registry::new());
/// let response = endpoint.oneshot(http::Request::new(())).await?;
/// assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
/// # Ok::<(), std::convert::Infallible>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct MetricsEndpoint {
    endpoint: Endpoint,
}

impl MetricsEndpoint {
    /// An endpoint that serves `registry`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(registry: &Registry) -> Self {
        MetricsEndpoint {
            endpoint: Endpoint::new(registry),
        }
    }
}

impl<B> Service<Request<B>> for MetricsEndpoint {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = EndpointFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let accept = accept(request.headers());
        let method = request.method().clone();
        let endpoint = self.endpoint.clone();
        let answer = move || endpoint.answer(method.as_str(), accept.as_deref());
        // The self-test asks before there is a runtime that could be held up.
        let is_test = request.extensions().get::<Unmeasured>().is_some();
        EndpointFuture::new(answer, self.endpoint.waits() && !is_test)
    }
}

/// Response future of [`MetricsEndpoint`].
///
/// Where the page has to wait for collectors, it is made on a thread of its own, so that nothing
/// else on the runtime waits with it.
///
/// # Examples
///
/// ```
/// use vitalsigns_tower::EndpointFuture;
///
/// fn is_send(future: EndpointFuture) -> impl Future + Send {
///     future
/// }
/// ```
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct EndpointFuture {
    shared: Arc<Mutex<Shared>>,
}

/// The answer, and who waits for it.
#[derive(Debug, Default)]
struct Shared {
    answer: Option<Answer>,
    waker: Option<Waker>,
}

impl EndpointFuture {
    fn new(answer: impl FnOnce() -> Answer + Send + 'static, elsewhere: bool) -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let result = Arc::clone(&shared);
        let work = move || {
            let answer = answer();
            let mut shared = lock(&result);
            shared.answer = Some(answer);
            if let Some(waker) = shared.waker.take() {
                waker.wake();
            }
        };
        if elsewhere {
            // A system without another thread has worse troubles than a page that takes long.
            let work = Arc::new(Mutex::new(Some(work)));
            let taken = Arc::clone(&work);
            let run = move || {
                let work = lock(&taken).take();
                work.into_iter().for_each(|work| work());
            };
            let spawned = thread::Builder::new()
                .name("vitalsigns-page".into())
                .spawn(run);
            if spawned.is_err() {
                let work = lock(&work).take();
                work.into_iter().for_each(|work| work());
            }
        } else {
            work();
        }
        EndpointFuture { shared }
    }
}

impl Future for EndpointFuture {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut shared = lock(&self.shared);
        match shared.answer.take() {
            Some(answer) => Poll::Ready(Ok(respond(answer))),
            None => {
                shared.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

fn respond(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    // Statuses and header names of the endpoint are valid ones.
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        let name = HeaderName::from_static(name);
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All `Accept` headers as one, as RFC 9110 joins them; what is not text is left out.
fn accept(headers: &HeaderMap) -> Option<String> {
    let values: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}
