//! Asking an app for its own page, the way a scraper would.

use std::future::poll_fn;
use std::pin::pin;

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{AppConfig, Response, Service, ServiceFactory};
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
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
/// Ask the app that will be served, with all its middleware, before it is served: an app that fails
/// here would be scraped in vain. The requests are not counted. What the factory of the server
/// makes for each worker is made once more for this.
///
/// # Errors
///
/// [`SelfTestError`] says what is wrong and which families are missing: a placeholder, a route
/// in front of the endpoint, another registry.
///
/// # Examples
///
/// ```
/// use actix_web::{App, web};
/// use vitalsigns::{Registry, SelfTestError};
/// use vitalsigns_actix::self_test;
///
/// # actix_web::rt::System::new().block_on(async {
/// let registry = Registry::new();
/// let app = App::new().route("/metrics", web::get().to(async || "todo"));
/// let error = self_test(app, &registry).await.unwrap_err();
/// assert!(matches!(error, SelfTestError::ContentType { .. }));
/// # });
/// ```
pub async fn self_test<A, S, B>(app: A, registry: &Registry) -> Result<(), SelfTestError>
where
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig>,
    S::Response: Into<Response<B>>,
    S::Error: Into<Error>,
    B: MessageBody + 'static,
{
    judge(&assemble(app).await?, registry).await
}

/// The app as a worker has it.
pub(crate) async fn assemble<A, S>(app: A) -> Result<S::Service, SelfTestError>
where
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig>,
{
    let service = app.into_factory().new_service(AppConfig::default()).await;
    service.map_err(|_| no_answer("the app could not be assembled"))
}

pub(crate) async fn judge<S, B>(app: &S, registry: &Registry) -> Result<(), SelfTestError>
where
    S: Service<Request>,
    S::Response: Into<Response<B>>,
    S::Error: Into<Error>,
    B: MessageBody + 'static,
{
    let endpoint = Endpoint::new(registry);
    for asked in Endpoint::SELF_TEST {
        let answer = ask(app, Method::GET, asked).await?;
        let content_type = answer.content_type.as_deref();
        endpoint.judge_as(asked, answer.status, content_type, &answer.body)?;
    }
    Ok(())
}

pub(crate) async fn ask<S, B>(
    app: &S,
    method: Method,
    accept: ContentType,
) -> Result<Answered, SelfTestError>
where
    S: Service<Request>,
    S::Response: Into<Response<B>>,
    S::Error: Into<Error>,
    B: MessageBody + 'static,
{
    let request = TestRequest::with_uri(Endpoint::PATH)
        .method(method)
        .insert_header((ACCEPT, accept.as_str()))
        .to_request();
    request.extensions_mut().insert(Unmeasured);
    let ready = poll_fn(|cx| app.poll_ready(cx)).await;
    ready.map_err(|error| no_answer(error.into()))?;
    // An error of middleware is the response that actix makes of it.
    let response = match app.call(request).await {
        Ok(response) => response.into().map_into_boxed_body(),
        Err(error) => Response::from(error.into()),
    };
    let status = response.status().as_u16();
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let body = pin!(to_bytes(response.into_body()))
        .await
        .map_err(no_answer)?;
    Ok(Answered {
        status,
        content_type,
        body,
    })
}

fn no_answer(reason: impl ToString) -> SelfTestError {
    SelfTestError::NoAnswer {
        reason: reason.to_string(),
    }
}
