//! For the tests of services.

use std::fmt;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::Empty;
use tower_service::Service;
use vitalsigns::{Endpoint, Format, Registry};

use crate::self_test::{ask, self_test};

/// Checks that an app serves its metrics as it should: the page of `registry` in all formats with
/// their exact content types and every registered family, the head alone for `HEAD`, and 405 for
/// `POST`.
///
/// It takes any tower service; an axum router is one.
///
/// # Panics
///
/// If the app does not: with what is wrong, as for a placeholder, another content type or a family
/// that is missing.
///
/// # Examples
///
#[cfg_attr(feature = "axum", doc = "```")]
#[cfg_attr(not(feature = "axum"), doc = "```ignore")]
/// use axum::{Router, routing::get};
/// use vitalsigns::Registry;
/// use vitalsigns_tower::{axum::instrument, testing::assert_serves_metrics};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let registry = Registry::new();
/// let app = instrument(Router::new(), &registry)?;
/// assert_serves_metrics(app, &registry).await;
/// # Ok::<(), vitalsigns_tower::axum::InstrumentError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn assert_serves_metrics<S, R>(mut app: S, registry: &Registry)
where
    S: Service<Request<Empty<Bytes>>, Response = Response<R>>,
    S::Error: fmt::Display,
    R: Body,
    R::Error: fmt::Display,
{
    if let Err(error) = self_test(&mut app, registry).await {
        panic!("{error}");
    }
    for (method, status, what) in [
        (Method::HEAD, 200, "HEAD is answered like GET"),
        (Method::POST, 405, "POST is refused"),
    ] {
        match ask(&mut app, method, Endpoint::PATH, Format::Text.into()).await {
            Ok(answer) => assert_eq!(answer.status, status, "{what}"),
            Err(error) => panic!("{what}: {error}"),
        }
    }
}
