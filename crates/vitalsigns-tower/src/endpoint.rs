//! The metrics endpoint as a tower service.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ACCEPT, HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use tower_service::Service;
use vitalsigns::{Endpoint, Registry};

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
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let accept = accept(request.headers());
        let answer = self
            .endpoint
            .answer(request.method().as_str(), accept.as_deref());
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
        ready(Ok(response))
    }
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
