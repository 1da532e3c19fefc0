//! The metrics endpoint as a handler.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Handler;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use vitalsigns::{Answer, Endpoint, EndpointRequest, Registry};

use crate::self_test::Unmeasured;

/// Serves the metrics page; a handler, for `to`. It answers all methods itself.
///
/// Where the page has to wait for collectors, it is made beside the worker, by `web::block`. It has
/// no more places there than pages may be asked for at once; a request that is refused has none.
///
/// # Examples
///
/// On a port of its own, with nothing else on it:
///
/// ```
/// use actix_web::{App, HttpServer, web};
/// use vitalsigns::Registry;
/// use vitalsigns_actix::MetricsEndpoint;
///
/// let endpoint = MetricsEndpoint::new(&Registry::new());
/// let server = HttpServer::new(move || {
///     App::new().service(web::resource("/metrics").to(endpoint.clone()))
/// });
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

impl Handler<(HttpRequest,)> for MetricsEndpoint {
    type Output = HttpResponse;
    type Future = Pin<Box<dyn Future<Output = HttpResponse>>>;

    fn call(&self, (request,): (HttpRequest,)) -> Self::Future {
        let admitted = self.endpoint.admit(asked(&request));
        Box::pin(async move {
            let admitted = match admitted {
                Ok(admitted) => admitted,
                Err(refused) => return respond(refused),
            };
            if !admitted.waits() {
                return respond(admitted.answer());
            }
            match web::block(|| admitted.answer()).await {
                Ok(answer) => respond(answer),
                Err(_) => HttpResponse::InternalServerError().finish(),
            }
        })
    }
}

pub(crate) fn respond(answer: Answer) -> HttpResponse {
    // Statuses and headers of the endpoint are valid ones.
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers {
        response.insert_header((name, &*value));
    }
    match status {
        StatusCode::NO_CONTENT => response.finish(),
        _ => response.body(Bytes::from_owner(answer.body)),
    }
}

/// The request as the endpoint reads it.
fn asked(request: &HttpRequest) -> EndpointRequest {
    let asked = EndpointRequest::new(request.method().as_str()).query(request.query_string());
    let headers = request.headers().iter();
    let asked = headers.fold(asked, |asked, (name, value)| {
        asked.header(name.as_str(), value.as_bytes())
    });
    match request.extensions().get::<Unmeasured>() {
        Some(_) => asked.internal(),
        None => asked,
    }
}
