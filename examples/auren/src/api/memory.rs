//! The memory over HTTP.

use axum::{
    Json,
    body::Body,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};
use vitalsigns::{LabelValue, families::memory::Tier};

use super::{Service, body, limit, query};
use crate::{error::ApiError, memory::Item};

/// The longest key, in bytes.
const LONGEST_KEY: usize = 200;

fn key(path: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    let message = "a key has from 1 to 200 bytes, and no control characters";
    let bad = || ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_key", message);
    let Path(key) = path.map_err(|_| bad())?;
    let fits = (1..=LONGEST_KEY).contains(&key.len()) && !key.chars().any(char::is_control);
    fits.then_some(key).ok_or_else(bad)
}

fn show(tier: Tier, item: &Item) -> Value {
    let entry = &item.entry;
    json!({
        "key": entry.key,
        "tier": tier.as_label(),
        "version": entry.version,
        "created": entry.created,
        "value": serde_json::from_str::<Value>(&item.value).unwrap_or_default(),
    })
}

pub(super) async fn recall(
    State(shared): Service,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    let (tier, item) = shared.memory.recall(&key(path)?).await?;
    Ok(Json(show(tier, &item)))
}

pub(super) async fn remember(
    State(shared): Service,
    path: Result<Path<String>, PathRejection>,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let key = key(path)?;
    let body = body::read(body).await?;
    let value: Value = serde_json::from_slice(&body).map_err(|_| {
        let message = "the body must be a JSON value";
        ApiError::new(StatusCode::BAD_REQUEST, "malformed_json", message)
    })?;
    let remembered = shared.memory.remember(key, value.to_string()).await?;
    let status = match remembered.is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok((status, Json(json!({ "tier": remembered.tier.as_label() }))))
}

pub(super) async fn forget(
    State(shared): Service,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    let tier = shared.memory.forget(key(path)?).await?;
    Ok(Json(json!({ "tier": tier.as_label() })))
}

/// The query of a search.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
    limit: Option<usize>,
}

/// `503` where no tier can be asked; where some cannot, they are named beside what was found.
pub(super) async fn search(
    State(shared): Service,
    wanted: Result<Query<Search>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let wanted = query(wanted)?;
    // No key has any, and PostgreSQL takes no text with a zero in it.
    if wanted.q.chars().any(char::is_control) {
        let message = "a key has no control characters";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_query", message));
    }
    let found = shared.memory.search(&wanted.q, limit(wanted.limit)).await;
    if found.unasked.len() == 3 {
        let message = "no tier can be asked now";
        let error = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "unreachable", message);
        return Err(error.retry_after(1));
    }
    let items: Vec<_> = found
        .items
        .iter()
        .map(|(tier, item)| show(*tier, item))
        .collect();
    let unasked = found.unasked.iter();
    let unasked = unasked.map(|(tier, why)| json!({ "tier": tier.as_label(), "trouble": why }));
    let unasked: Vec<_> = unasked.collect();
    Ok(Json(json!({ "items": items, "unasked": unasked })))
}
