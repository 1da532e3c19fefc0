//! To be deleted: `/metrics` by hand, until there is a crate for it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use vitalsigns::Endpoint;

/// Serves the page of an endpoint.
pub(crate) fn mount(app: &mut web::ServiceConfig, endpoint: &Endpoint) {
    let endpoint = endpoint.clone();
    let answer = move |request: HttpRequest| answer(endpoint.clone(), request);
    app.service(web::resource(Endpoint::PATH).route(web::to(answer)));
}

async fn answer(endpoint: Endpoint, request: HttpRequest) -> HttpResponse {
    let method = request.method().to_string();
    let accept = request.headers().get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok().map(str::to_owned));
    // Collectors may block.
    let answer = web::block(move || endpoint.answer(&method, accept.as_deref())).await;
    let Ok(answer) = answer else {
        return HttpResponse::InternalServerError().finish();
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for header in answer.headers {
        response.insert_header(header);
    }
    response.body(answer.body)
}
