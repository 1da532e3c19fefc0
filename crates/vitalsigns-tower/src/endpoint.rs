//! The metrics endpoint as a tower service.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower_service::Service;
use vitalsigns::{Answer, Endpoint, EndpointRequest, Registry};

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
        MetricsEndpoint::from(Endpoint::new(registry))
    }
}

/// Serves an endpoint that was chosen in its builder: with a token, in strict mode.
impl From<Endpoint> for MetricsEndpoint {
    fn from(endpoint: Endpoint) -> Self {
        MetricsEndpoint { endpoint }
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
        let asked = asked(&request);
        // The self-test asks before there is a runtime that could be held up.
        let is_test = request.extensions().get::<Unmeasured>().is_some();
        let asked = if is_test { asked.internal() } else { asked };
        match self.endpoint.admit(asked) {
            Ok(admitted) => {
                let elsewhere = admitted.waits() && !is_test;
                EndpointFuture::new(|| admitted.answer(), elsewhere)
            }
            Err(refused) => EndpointFuture::ready(refused),
        }
    }
}

/// The request as the endpoint reads it.
fn asked<B>(request: &Request<B>) -> EndpointRequest {
    let asked = EndpointRequest::new(request.method().as_str());
    let asked = asked.query(request.uri().query().unwrap_or_default());
    let headers = request.headers().iter();
    headers.fold(asked, |asked, (name, value)| {
        asked.header(name.as_str(), value.as_bytes())
    })
}

/// Response future of [`MetricsEndpoint`].
///
/// Where the page has to wait for collectors, it is made on a thread of its own, so that nothing
/// else on the runtime waits with it. There are no more of them than pages may be asked for at once;
/// a request that is refused has none.
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
    fn ready(answer: Answer) -> Self {
        EndpointFuture::new(|| answer, false)
    }

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

pub(crate) fn respond(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_owner(answer.body)));
    // Statuses and header names of the endpoint are valid ones.
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::try_from(&*value) {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
