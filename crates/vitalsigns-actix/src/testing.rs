//! For the tests of services.

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Response, ServiceFactory};
use actix_web::http::Method;
use vitalsigns::{Format, Registry};

use crate::self_test::{ask, assemble, judge};

/// Checks that an app serves its metrics as it should: the page of `registry` in all formats with
/// their exact content types and every registered family, an answer to `HEAD`, and 405 for `POST`.
///
/// # Panics
///
/// If the app does not: with what is wrong, as for a placeholder, another content type or a family
/// that is missing.
///
/// # Examples
///
/// ```
/// use actix_web::App;
/// use vitalsigns::Registry;
/// use vitalsigns_actix::{Metrics, testing::assert_serves_metrics};
///
/// # actix_web::rt::System::new().block_on(async {
/// let registry = Registry::new();
/// let metrics = Metrics::new(&registry)?;
/// let app = App::new().wrap(metrics.middleware()).configure(|app| metrics.mount(app));
/// assert_serves_metrics(app, &registry).await;
/// # Ok::<(), vitalsigns::RegisterError>(())
/// # }).unwrap();
/// ```
pub async fn assert_serves_metrics<A, S, B>(app: A, registry: &Registry)
where
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig>,
    S::Response: Into<Response<B>>,
    S::Error: Into<Error>,
    B: MessageBody + 'static,
{
    let app = match assemble(app).await {
        Ok(app) => app,
        Err(error) => panic!("{error}"),
    };
    if let Err(error) = judge(&app, registry).await {
        panic!("{error}");
    }
    for (method, status, what) in [
        (Method::HEAD, 200, "HEAD is answered like GET"),
        (Method::POST, 405, "POST is refused"),
    ] {
        match ask(&app, method, Format::Text.into()).await {
            Ok(answer) => assert_eq!(answer.status, status, "{what}"),
            Err(error) => panic!("{what}: {error}"),
        }
    }
}
