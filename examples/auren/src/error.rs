//! Errors as users of the HTTP API see them: a status and `{"error":{"code":..,"message":..}}`.

use std::borrow::Cow;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    events::Refused,
    memory::MemoryError,
    webhooks::{Fault, NotTaken},
};

/// Why a request was not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    retry_after: Option<u64>,
}

impl ApiError {
    /// An error with its status, a name for programs and a sentence for people.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
        }
    }

    /// The same, with the seconds after which it is worth another try.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    fn unavailable(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message).retry_after(1)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            let seconds = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

impl From<MemoryError> for ApiError {
    fn from(error: MemoryError) -> Self {
        let message = error.to_string();
        match error {
            MemoryError::Unknown => Self::new(StatusCode::NOT_FOUND, "unknown_item", message),
            MemoryError::Unreachable(_) => Self::unavailable("unreachable", message),
            MemoryError::NoPlace(_) => Self::unavailable("no_place", message),
            MemoryError::Full => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "memory_full", message)
            }
        }
    }
}

impl From<NotTaken> for ApiError {
    fn from(error: NotTaken) -> Self {
        match error {
            NotTaken::Fault(Fault::Signature) => {
                let message = "the signature is not that of the vendor";
                Self::new(StatusCode::UNAUTHORIZED, "bad_signature", message)
            }
            NotTaken::Fault(Fault::Malformed(why)) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "malformed", why)
            }
            NotTaken::Fault(Fault::UnknownKind) => {
                let message = "this kind of event is not known";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_kind", message)
            }
            NotTaken::Stale => {
                let message = "it was sent too long ago, or is yet to be sent";
                Self::new(StatusCode::BAD_REQUEST, "stale", message)
            }
            NotTaken::Refused(refused @ (Refused::Full | Refused::Closed)) => {
                Self::unavailable("not_accepted", refused.to_string())
            }
            NotTaken::Refused(Refused::Journal(error)) => {
                // The operator sees what it was; the client does not.
                eprintln!("auren: {error}");
                Self::unavailable("not_accepted", "events cannot be written down now")
            }
            NotTaken::Lost => Self::unavailable("not_accepted", "the work was lost"),
        }
    }
}
