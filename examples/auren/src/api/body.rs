//! Bodies: no larger and no slower than they may be.

use axum::{body::Body, http::StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use crate::{
    config::{LARGEST_BODY, SLOWEST},
    error::ApiError,
};

/// Reads a body to its end.
pub(super) async fn read(body: Body) -> Result<Vec<u8>, ApiError> {
    let read = Limited::new(body, LARGEST_BODY).collect();
    let Ok(read) = timeout(SLOWEST, read).await else {
        let message = "the body did not come in time";
        return Err(ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            message,
        ));
    };
    match read {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = format!("the body may have {LARGEST_BODY} bytes");
            Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                message,
            ))
        }
        Err(_) => {
            let message = "the body cannot be read";
            Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "unreadable_body",
                message,
            ))
        }
    }
}
