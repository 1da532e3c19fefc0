//! JSON bodies, with the errors of this service.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::{config::LARGEST_BODY, error::ApiError};

/// The most of an explanation that is passed on, in characters.
const LONGEST_MESSAGE: usize = 160;

/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(5);

/// A body that was read and understood.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let head = check_head(request);
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            head?;
            let unreadable = |_| ApiError::new(400, "unreadable_body", "the body cannot be read");
            let payload = payload.await.map_err(unreadable)?;
            let read = payload.to_bytes_limited(LARGEST_BODY);
            let read = tokio::time::timeout(PATIENCE, read).await;
            let read = read.map_err(|_| too_slow())?;
            let bytes = read.map_err(|_| too_large())?.map_err(unreadable)?;
            parse(&bytes).map(Body)
        })
    }
}

fn check_head(request: &HttpRequest) -> Result<(), ApiError> {
    if request.content_type() != "application/json" {
        let message = "the body must be application/json";
        return Err(ApiError::new(415, "wrong_content_type", message));
    }
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    match length {
        Some(LARGEST_BODY..) if length != Some(LARGEST_BODY) => Err(too_large()),
        _ => Ok(()),
    }
}

fn too_large() -> ApiError {
    let message = format!("the body may have {LARGEST_BODY} bytes");
    ApiError::new(413, "body_too_large", message)
}

fn too_slow() -> ApiError {
    let message = "the body did not come in time";
    ApiError::new(408, "body_too_slow", message)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let message: String = error.to_string().chars().take(LONGEST_MESSAGE).collect();
        match error.classify() {
            Category::Data => ApiError::invalid("invalid_request", message),
            Category::Syntax | Category::Eof | Category::Io => {
                ApiError::new(400, "malformed_json", message)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_and_what_is_other_json_are_told_apart() {
        let code = |bytes: &[u8]| parse::<Vec<u8>>(bytes).unwrap_err().code();
        for broken in [b"".as_slice(), b"[1", b"[1,]", b"\xff\xfe", b"[1] 2"] {
            assert_eq!(code(broken), "malformed_json", "{}", broken.escape_ascii());
        }
        for other in [b"{}".as_slice(), b"[300]", b"\"a\"", b"null"] {
            assert_eq!(code(other), "invalid_request", "{}", other.escape_ascii());
        }
        let deep = "[".repeat(100_000);
        assert_eq!(code(deep.as_bytes()), "invalid_request");
        assert_eq!(parse::<Vec<u8>>(b"[1,2]").unwrap(), [1, 2]);
    }
}
