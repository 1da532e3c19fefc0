//! The HTTP API: what the routes take and answer. What they do is the services' to say.

mod body;
mod lessons;
mod payments;
mod users;

use actix_web::{HttpResponse, Resource, web};
use serde_json::json;

use crate::{
    error::ApiError,
    gateway::{DOORS, Door},
};

/// What a route answers.
type Answer = Result<HttpResponse, ApiError>;

/// All routes but `/metrics` and the probes.
pub fn routes(app: &mut web::ServiceConfig) {
    app.service(resource("/", "GET").route(web::get().to(index)))
        .configure(users::routes)
        .configure(payments::routes)
        .configure(lessons::routes);
}

/// A path that answers other methods than its own with what those are.
fn resource(path: &str, allow: &'static str) -> Resource {
    let other = move || async move { ApiError::unknown_method(allow).response() };
    web::resource(path).default_service(web::to(other))
}

async fn index() -> HttpResponse {
    let paths = DOORS.map(|(path, door)| {
        let open_to = match door {
            Door::Open | Door::Public(_) => "everybody",
            Door::Account(_) => "who has a login",
            Door::Provider(_) => "the payment provider",
        };
        json!({ "path": path, "open_to": open_to })
    });
    HttpResponse::Ok().json(json!({ "service": "azora", "paths": paths.as_slice() }))
}
