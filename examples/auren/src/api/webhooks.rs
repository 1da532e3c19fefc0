//! Webhooks over HTTP.

use axum::{
    Json,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
};
use serde_json::{Value, json};
use vitalsigns::LabelValue;

use super::{Service, body, unknown};
use crate::{error::ApiError, webhooks::Vendor};

/// `202` where something was accepted, `200` where all of it had come before.
pub(super) async fn take(
    State(shared): Service,
    vendor: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let no_vendor = || unknown("there is no such vendor");
    let Path(vendor) = vendor.map_err(|_| no_vendor())?;
    let vendor = Vendor::from_label(&vendor).ok_or_else(no_vendor)?;
    let incoming = shared.webhooks.incoming(vendor);
    let body = match body::read(body).await {
        Ok(body) => body,
        Err(error) => {
            incoming.unreadable();
            return Err(error);
        }
    };
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let taken = shared.webhooks.take(incoming, header, &body).await?;
    let status = match taken.accepted {
        0 => StatusCode::OK,
        _ => StatusCode::ACCEPTED,
    };
    let answer = json!({ "accepted": taken.accepted, "duplicates": taken.duplicates });
    Ok((status, Json(answer)))
}
