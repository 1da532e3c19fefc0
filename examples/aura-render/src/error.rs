//! Errors as users of the HTTP API see them: a status and `{"error":{"code":..,"message":..}}`.

use axum::{
    Json,
    extract::rejection::JsonRejection,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use vitalsigns::LabelValue;

use crate::{
    config::{LARGEST_BODY, LONGEST, LONGEST_TEXT, SHORTEST},
    jobs::{JobId, JobState, Record, SubmitError},
    optimise::Level,
    theme::Theme,
};

/// Why a request was not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// A theme that is not one of the list.
    pub fn unknown_theme(name: &str) -> Self {
        let message = format!(
            "theme `{}` is not known; one of: {}",
            short(name),
            Theme::VALUES.join(", ")
        );
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_theme", message)
    }

    /// A level of optimisation that is not one of the list.
    pub fn unknown_level(name: &str) -> Self {
        let message = format!(
            "optimise `{}` is not known; one of: {}",
            short(name),
            Level::VALUES.join(", ")
        );
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_level", message)
    }

    /// A length that is not allowed.
    pub fn seconds_out_of_range(seconds: f64) -> Self {
        let message = format!("seconds must be from {SHORTEST} to {LONGEST}, not {seconds}");
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "seconds_out_of_range",
            message,
        )
    }

    /// A title that is too long.
    pub fn text_too_long(characters: usize) -> Self {
        let message = format!("text may have {LONGEST_TEXT} characters, not {characters}");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "text_too_long", message)
    }

    /// No job of this name, any more or ever.
    pub fn unknown_job() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "unknown_job",
            "there is no job of this name (any more)",
        )
    }

    /// A video that is not there, yet or at all.
    pub fn no_video(id: JobId, record: &Record) -> Self {
        let (code, message) = match record.state {
            JobState::Failed(_) => ("no_video", "has failed: there is no video"),
            JobState::Cancelled => ("no_video", "was cancelled: there is no video"),
            JobState::Running(_) => ("not_ready", "is still running: the video is not ready"),
            _ => (
                "not_ready",
                "still waits in the queue: the video is not ready",
            ),
        };
        Self::new(StatusCode::CONFLICT, code, format!("job {id} {message}"))
    }

    /// A job that cannot be cancelled because it has come to its end.
    pub fn already_finished(id: JobId, record: &Record) -> Self {
        let message = format!(
            "job {id} has come to its end before: {}",
            record.state.name()
        );
        Self::new(StatusCode::CONFLICT, "already_finished", message)
    }

    /// A video whose file cannot be read.
    pub fn unreadable_video(error: &std::io::Error) -> Self {
        let message = format!("the video cannot be read: {}", error.kind());
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "unreadable_video",
            message,
        )
    }

    /// A path at which there is nothing.
    pub fn unknown_path() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "unknown_path",
            "there is nothing at this path; see /",
        )
    }

    /// A method that the path does not have.
    pub fn unknown_method() -> Self {
        let message = "this path does not have this method; see /";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", message)
    }

    /// A query that cannot be read.
    pub fn bad_query(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_query", message)
    }
}

/// A text of the user, cut to a length that fits into a message.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        let (code, message) = match error {
            SubmitError::Full => ("queue_full", "as many jobs wait as may; try again soon"),
            SubmitError::ShuttingDown => ("shutting_down", "the service goes down"),
        };
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        let status = rejection.status();
        match rejection {
            JsonRejection::MissingJsonContentType(_) => Self::new(
                status,
                "wrong_content_type",
                "the body must be application/json",
            ),
            JsonRejection::JsonSyntaxError(error) => {
                Self::new(status, "malformed_json", error.body_text())
            }
            JsonRejection::JsonDataError(error) => {
                Self::new(status, "invalid_request", error.body_text())
            }
            _ if status == StatusCode::PAYLOAD_TOO_LARGE => {
                let message = format!("the body may have {LARGEST_BODY} bytes");
                Self::new(status, "body_too_large", message)
            }
            other => Self::new(status, "unreadable_body", other.body_text()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": { "code": self.code, "message": self.message } }));
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => {
                (self.status, [(header::RETRY_AFTER, "2")], body).into_response()
            }
            status => (status, body).into_response(),
        }
    }
}
