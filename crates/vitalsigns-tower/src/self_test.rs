//! Asking an app for its own page, the way a scraper would.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use tower_service::Service;
use vitalsigns::{ContentType, Endpoint, Registry, SelfTestError};

/// Marks a request of the self-test: it is not traffic. Clients cannot set it.
#[derive(Clone, Copy)]
pub(crate) struct Unmeasured;

/// What an app answered.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Bytes,
}

/// Asks `app` for `/metrics` as text, as OpenMetrics and as protobuf, and checks that it answers
/// with the page of `registry`, every registered family included.
///
/// Ask the app that will be served, with all its layers, before it is served: an app that fails
/// here would be scraped in vain. The requests are not counted.
///
/// # Errors
///
/// [`SelfTestError`] says what is wrong and which families are missing.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, SelfTestError};
/// use vitalsigns_tower::{MetricsEndpoint, self_test};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let registry = Registry::new();
/// self_test(MetricsEndpoint::new(&registry), &registry).await?;
/// # Ok::<(), SelfTestError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn self_test<S, R>(mut app: S, registry: &Registry) -> Result<(), SelfTestError>
where
    S: Service<Request<Empty<Bytes>>, Response = Response<R>>,
    S::Error: fmt::Display,
    R: Body,
    R::Error: fmt::Display,
{
    let endpoint = Endpoint::new(registry);
    for asked in Endpoint::SELF_TEST {
        let answer = ask(&mut app, Method::GET, Endpoint::PATH, asked).await?;
        let content_type = answer.content_type.as_deref();
        endpoint.judge_as(asked, answer.status, content_type, &answer.body)?;
    }
    Ok(())
}

pub(crate) async fn ask<S, R>(
    app: &mut S,
    method: Method,
    path: &str,
    accept: ContentType,
) -> Result<Answered, SelfTestError>
where
    S: Service<Request<Empty<Bytes>>, Response = Response<R>>,
    S::Error: fmt::Display,
    R: Body,
    R::Error: fmt::Display,
{
    let no_answer = |reason: String| SelfTestError::NoAnswer { reason };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(ACCEPT, accept.as_str())
        .extension(Unmeasured)
        .body(Empty::new())
        .map_err(|error| no_answer(error.to_string()))?;
    poll_fn(|cx| app.poll_ready(cx))
        .await
        .map_err(|error| no_answer(error.to_string()))?;
    let response = app
        .call(request)
        .await
        .map_err(|error| no_answer(error.to_string()))?;
    let (head, body) = response.into_parts();
    let body = pin!(body)
        .collect()
        .await
        .map_err(|error| no_answer(error.to_string()))?;
    let content_type = head
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    Ok(Answered {
        status: head.status.as_u16(),
        content_type: content_type.map(str::to_owned),
        body: body.to_bytes(),
    })
}
