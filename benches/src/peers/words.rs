//! Methods and statuses as words that live as long as the program, so that no subject has to own
//! them.

use http::{Method, StatusCode};

pub(super) fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

pub(super) fn status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200 => "200",
        201 => "201",
        404 => "404",
        500 => "500",
        _ => "other",
    }
}
