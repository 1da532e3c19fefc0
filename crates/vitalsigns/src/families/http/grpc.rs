//! The status of a gRPC call, which is not that of its HTTP response.
//!
//! The status is in the trailers, or in the headers if the response has no body. What a call counts
//! as that has none is what the gRPC specification has its clients make of it.

use crate::LabelValue;

/// The status of a gRPC call, with the names of the gRPC specification.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::http::GrpcCode};
///
/// assert_eq!(GrpcCode::of("5"), GrpcCode::NotFound);
/// assert_eq!(GrpcCode::of("99"), GrpcCode::Unknown); // As clients read it.
/// assert_eq!(GrpcCode::NotFound.as_label(), "NOT_FOUND");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrpcCode {
    /// 0
    #[label(rename = "OK")]
    Ok,
    /// 1, and a call whose client left before there was a status.
    #[label(rename = "CANCELLED")]
    Cancelled,
    /// 2, and a response that ended without a status.
    #[label(rename = "UNKNOWN")]
    Unknown,
    /// 3
    #[label(rename = "INVALID_ARGUMENT")]
    InvalidArgument,
    /// 4
    #[label(rename = "DEADLINE_EXCEEDED")]
    DeadlineExceeded,
    /// 5
    #[label(rename = "NOT_FOUND")]
    NotFound,
    /// 6
    #[label(rename = "ALREADY_EXISTS")]
    AlreadyExists,
    /// 7
    #[label(rename = "PERMISSION_DENIED")]
    PermissionDenied,
    /// 8
    #[label(rename = "RESOURCE_EXHAUSTED")]
    ResourceExhausted,
    /// 9
    #[label(rename = "FAILED_PRECONDITION")]
    FailedPrecondition,
    /// 10
    #[label(rename = "ABORTED")]
    Aborted,
    /// 11
    #[label(rename = "OUT_OF_RANGE")]
    OutOfRange,
    /// 12
    #[label(rename = "UNIMPLEMENTED")]
    Unimplemented,
    /// 13
    #[label(rename = "INTERNAL")]
    Internal,
    /// 14
    #[label(rename = "UNAVAILABLE")]
    Unavailable,
    /// 15
    #[label(rename = "DATA_LOSS")]
    DataLoss,
    /// 16
    #[label(rename = "UNAUTHENTICATED")]
    Unauthenticated,
}

impl GrpcCode {
    /// The status that this `grpc-status` header or trailer says.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::http::GrpcCode;
    ///
    /// assert_eq!(GrpcCode::of("0"), GrpcCode::Ok);
    /// ```
    pub fn of(text: &str) -> Self {
        let index = text.parse().ok();
        index
            .and_then(GrpcCode::from_index)
            .unwrap_or(GrpcCode::Unknown)
    }

    /// What clients make of a response that is not gRPC's: the table of the specification's
    /// "HTTP to gRPC status code mapping".
    pub(super) fn of_http(status: u16) -> Self {
        match status {
            400 => GrpcCode::Internal,
            401 => GrpcCode::Unauthenticated,
            403 => GrpcCode::PermissionDenied,
            404 => GrpcCode::Unimplemented,
            429 | 502..=504 => GrpcCode::Unavailable,
            _ => GrpcCode::Unknown,
        }
    }
}

/// Whether a content type is that of a gRPC call. gRPC-Web is not: its status is in the body.
pub(super) fn is_grpc(content_type: &str) -> bool {
    let rest = content_type.strip_prefix("application/grpc");
    rest.is_some_and(|rest| matches!(rest.as_bytes().first(), None | Some(b'+' | b';' | b' ')))
}
