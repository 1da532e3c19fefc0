//! Errors as users of the HTTP API see them: a status and `{"error":{"code":..,"message":..}}`.

use std::{borrow::Cow, fmt};

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header},
};
use serde_json::json;

use crate::storage::StorageError;

/// Why a request was not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    retry_after: Option<u64>,
    allow: Option<&'static str>,
}

impl ApiError {
    /// An error with its status, a name for programs and a sentence for people.
    pub fn new(status: u16, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            message: message.into(),
            retry_after: None,
            allow: None,
        }
    }

    /// The same, with the seconds after which it is worth another try.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Something that was entered will not do.
    pub fn invalid(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(422, code, message)
    }

    /// A path at which there is nothing.
    pub fn unknown_path() -> Self {
        Self::new(404, "unknown_path", "there is nothing at this path; see /")
    }

    /// A method that the path does not have; with those that it has.
    pub fn unknown_method(allow: &'static str) -> Self {
        let message = format!("this path does not have this method, only {allow}");
        Self {
            allow: Some(allow),
            ..Self::new(405, "unknown_method", message)
        }
    }

    /// A fault of the service; what it was is for its operator only.
    pub fn internal() -> Self {
        Self::new(500, "internal", "the service has made a mistake")
    }

    /// More is asked of the service than it can do now.
    pub fn busy() -> Self {
        Self::new(503, "busy", "the service is busy; try again soon").retry_after(1)
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The name for programs.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What a client gets.
    pub fn response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(allow) = self.allow {
            response.insert_header((header::ALLOW, allow));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.json(json!({ "error": { "code": self.code, "message": self.message } }))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Busy => Self::busy(),
            StorageError::Closed => {
                Self::new(503, "shutting_down", "the service goes down").retry_after(2)
            }
            StorageError::Failed(_) | StorageError::Lost => {
                // The operator sees what it was; the client does not.
                eprintln!("azora: {error}");
                Self::internal()
            }
        }
    }
}
