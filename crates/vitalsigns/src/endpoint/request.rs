//! What a scraper asks for.

use std::time::Duration;

/// A request to the endpoint, as far as it matters: built from a method, a query and headers.
///
/// Adapters hand in every header that there is; those that say nothing here are passed over, and
/// repeated ones are joined as RFC 9110 has it.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Endpoint, EndpointRequest, Registry};
///
/// let request = EndpointRequest::new("GET")
///     .query("name[]=vitalsigns_series_overflow_total")
///     .header("accept", b"text/plain")
///     .header("x-prometheus-scrape-timeout-seconds", b"10");
/// let answer = Endpoint::new(&Registry::new()).answer(&request);
/// assert_eq!(answer.status, 200);
/// ```
#[derive(Clone, Debug, Default)]
pub struct EndpointRequest {
    pub(super) method: Method,
    /// The families that are asked for; all, if there are none.
    pub(super) names: Vec<String>,
    /// Whether the catalogue is asked for in place of the page.
    pub(super) is_catalogue: bool,
    pub(super) accept: Option<String>,
    pub(super) accept_encoding: Option<String>,
    pub(super) authorization: Option<Vec<u8>>,
    pub(super) timeout: Option<Duration>,
    pub(super) is_internal: bool,
}

/// The method, as far as it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Method {
    #[default]
    Read,
    Options,
    Other,
}

impl EndpointRequest {
    /// A request with this method.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(method: &str) -> Self {
        EndpointRequest {
            method: match method {
                "GET" | "HEAD" => Method::Read,
                "OPTIONS" => Method::Options,
                _ => Method::Other,
            },
            ..EndpointRequest::default()
        }
    }

    /// The query of the request target, without `?`. Each `name[]` asks for one family; the names
    /// with and without `_total` are the same. `catalogue` asks for the catalogue as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::EndpointRequest;
    ///
    /// let two = "name[]=http_requests_total&name%5B%5D=http_request_duration_seconds";
    /// let request = EndpointRequest::new("GET").query(two);
    /// ```
    pub fn query(mut self, query: &str) -> Self {
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match &*decoded(name) {
                "name[]" => self.names.push(decoded(value)),
                "catalogue" => self.is_catalogue = true,
                _ => {}
            }
        }
        self
    }

    /// A header with its value, in any order.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn header(mut self, name: &str, value: &[u8]) -> Self {
        let text = || std::str::from_utf8(value).ok();
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("accept") {
            join(&mut self.accept, text());
        } else if is("accept-encoding") {
            join(&mut self.accept_encoding, text());
        } else if is("authorization") {
            self.authorization = Some(value.to_vec());
        } else if is("x-prometheus-scrape-timeout-seconds") {
            let seconds = text().and_then(|text| text.trim().parse().ok());
            self.timeout = seconds
                .filter(|seconds| *seconds > 0.0)
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        }
        self
    }

    /// Asked by the process itself, as by its self-test: it is not counted as a scrape, needs no
    /// token, and is not refused because many ask. Nothing that a client sends may lead to this.
    ///
    /// # Examples
    ///
    /// ```
    /// let request = vitalsigns::EndpointRequest::new("GET").internal();
    /// ```
    pub fn internal(mut self) -> Self {
        self.is_internal = true;
        self
    }
}

/// Several headers of one name are one; what is not text is left out.
fn join(known: &mut Option<String>, more: Option<&str>) {
    if let Some(more) = more {
        let joined = known.get_or_insert_default();
        if !joined.is_empty() {
            joined.push(',');
        }
        joined.push_str(more);
    }
}

/// Text of a query with `+` and `%20` as what they stand for. What is no escape stands for itself.
fn decoded(text: &str) -> String {
    let hex = |byte: Option<&u8>| (*byte? as char).to_digit(16);
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let escaped = (byte == b'%')
            .then(|| Some(hex(bytes.get(index + 1))? * 16 + hex(bytes.get(index + 2))?))
            .flatten();
        match (byte, escaped.and_then(|code| u8::try_from(code).ok())) {
            (_, Some(code)) => {
                plain.push(code);
                index += 3;
                continue;
            }
            (b'+', None) => plain.push(b' '),
            (byte, None) => plain.push(byte),
        }
        index += 1;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded() {
        for (query, names) in [
            ("", &[][..]),
            ("name[]=a", &["a"]),
            ("name%5b%5D=a&x=1&name[]=b%20c+d", &["a", "b c d"]),
            ("name[]=100%&name[]=%4", &["100%", "%4"]),
            ("name[]=%ff", &["\u{fffd}"]),
            ("name=a&[]=b&name[]", &[""]),
        ] {
            assert_eq!(
                EndpointRequest::new("GET").query(query).names,
                names,
                "{query}"
            );
        }
    }

    #[test]
    fn a_timeout_is_a_positive_number() {
        for (text, expected) in [
            ("10", Some(10.0)),
            (" 0.5 ", Some(0.5)),
            ("0", None),
            ("-1", None),
            ("NaN", None),
            ("inf", None),
            ("soon", None),
        ] {
            let request = EndpointRequest::new("GET");
            let request = request.header("X-Prometheus-Scrape-Timeout-Seconds", text.as_bytes());
            assert_eq!(
                request.timeout.map(|timeout| timeout.as_secs_f64()),
                expected,
                "{text}"
            );
        }
    }
}
