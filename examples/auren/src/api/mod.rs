//! The HTTP API.

mod body;
mod memory;
mod webhooks;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use vitalsigns::LabelValue;

use crate::{error::ApiError, memory::TIERS, service::Shared};

type Service = State<Arc<Shared>>;

/// The most that one answer lists.
const MOST: usize = 500;

/// The routes of a service.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/webhooks/{vendor}", post(webhooks::take))
        .route("/memory/search", get(memory::search))
        .route(
            "/memory/{key}",
            get(memory::recall)
                .post(memory::remember)
                .delete(memory::forget),
        )
        .route("/agent", get(agent))
        .route("/decisions", get(decisions))
        .fallback(async || unknown("there is nothing at this path; see /"))
        .method_not_allowed_fallback(async || {
            let message = "this path does not have this method";
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", message)
        })
        .with_state(shared)
}

fn unknown(message: &'static str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "unknown_path", message)
}

/// How much of a list is wanted.
#[derive(Debug, Deserialize)]
struct Limit {
    limit: Option<usize>,
}

fn query<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, ApiError> {
    let bad = |rejection: QueryRejection| {
        ApiError::new(StatusCode::BAD_REQUEST, "bad_query", rejection.body_text())
    };
    Ok(query.map_err(bad)?.0)
}

fn limit(wanted: Option<usize>) -> usize {
    wanted.unwrap_or(50).min(MOST)
}

async fn index(State(shared): Service) -> Json<Value> {
    let memory = &shared.memory;
    let tiers = TIERS.map(|tier| {
        json!({
            "tier": tier.as_label(),
            "store": memory.store(tier).name(),
            "trouble": memory.trouble(tier),
        })
    });
    Json(json!({
        "service": "auren",
        "mode": shared.agent.mode(),
        "tiers": tiers,
        "items": memory.items(),
        "unsettled": memory.unsettled(),
        "waiting": shared.inbox.undone(),
        "routes": [
            "POST /webhooks/{vendor}", "GET /memory/search?q=&limit=", "GET /memory/{key}",
            "POST /memory/{key}", "DELETE /memory/{key}", "GET /agent", "GET /decisions?limit=",
            "GET /metrics",
        ],
    }))
}

async fn agent(State(shared): Service) -> Json<Value> {
    Json(shared.agent.to_json())
}

async fn decisions(
    State(shared): Service,
    wanted: Result<Query<Limit>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let wanted = query(wanted)?;
    let log = shared.memory.decisions();
    let last = log.last(limit(wanted.limit));
    Ok(Json(json!({ "count": log.count(), "decisions": last })))
}
