//! The metrics endpoint as a handler.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Handler;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, web};
use vitalsigns::{Answer, Endpoint, Registry};

/// Serves the metrics page; a handler, for `to`. It answers all methods itself.
///
/// Where the page has to wait for collectors, it is made beside the worker, by `web::block`.
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
        MetricsEndpoint {
            endpoint: Endpoint::new(registry),
        }
    }
}

impl Handler<(HttpRequest,)> for MetricsEndpoint {
    type Output = HttpResponse;
    type Future = Pin<Box<dyn Future<Output = HttpResponse>>>;

    fn call(&self, (request,): (HttpRequest,)) -> Self::Future {
        let endpoint = self.endpoint.clone();
        let method = request.method().clone();
        let accept = accept(request.headers());
        Box::pin(async move {
            let waits = endpoint.waits();
            let answer = move || endpoint.answer(method.as_str(), accept.as_deref());
            if !waits {
                return respond(answer());
            }
            match web::block(answer).await {
                Ok(answer) => respond(answer),
                Err(_) => HttpResponse::InternalServerError().finish(),
            }
        })
    }
}

fn respond(answer: Answer) -> HttpResponse {
    // Statuses and headers of the endpoint are valid ones.
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for header in answer.headers {
        response.insert_header(header);
    }
    match status {
        StatusCode::NO_CONTENT => response.finish(),
        _ => response.body(answer.body),
    }
}

/// All `Accept` headers as one, as RFC 9110 joins them; what is not text is left out.
fn accept(headers: &HeaderMap) -> Option<String> {
    let values: Vec<&str> = headers
        .get_all(ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}
