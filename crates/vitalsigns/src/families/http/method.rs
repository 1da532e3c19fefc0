//! The method of a request as a label.

use crate::LabelValue;

/// A request method, or that it is none that is known.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::http::Method};
///
/// assert_eq!(Method::of("GET"), Method::Get);
/// assert_eq!(Method::of("get"), Method::Other); // Methods are case-sensitive.
/// assert_eq!(Method::of("BREW").as_label(), "_OTHER");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    #[label(rename = "GET")]
    Get,
    /// `HEAD`
    #[label(rename = "HEAD")]
    Head,
    /// `POST`
    #[label(rename = "POST")]
    Post,
    /// `PUT`
    #[label(rename = "PUT")]
    Put,
    /// `PATCH`
    #[label(rename = "PATCH")]
    Patch,
    /// `DELETE`
    #[label(rename = "DELETE")]
    Delete,
    /// `OPTIONS`
    #[label(rename = "OPTIONS")]
    Options,
    /// `CONNECT`
    #[label(rename = "CONNECT")]
    Connect,
    /// `TRACE`
    #[label(rename = "TRACE")]
    Trace,
    /// Any other token, as the OpenTelemetry conventions write it.
    #[label(rename = "_OTHER")]
    Other,
}

impl Method {
    /// The method with this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::http::Method;
    ///
    /// assert_eq!(Method::of("PATCH"), Method::Patch);
    /// ```
    pub fn of(name: &str) -> Self {
        match name {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            "OPTIONS" => Method::Options,
            "CONNECT" => Method::Connect,
            "TRACE" => Method::Trace,
            _ => Method::Other,
        }
    }
}
