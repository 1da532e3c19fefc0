//! What the endpoint answers.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// What the endpoint answers.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Endpoint, EndpointRequest, Registry};
///
/// let endpoint = Endpoint::new(&Registry::new());
/// let answer = endpoint.answer(&EndpointRequest::new("POST"));
/// assert_eq!(answer.status, 405);
/// assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, and values. `content-length` is left to the framework.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body. For `HEAD` it is that of `GET`: the framework must leave it out and keep its
    /// length, as frameworks do.
    pub body: Body,
}

impl Answer {
    /// An answer with these headers, whose names are in lower case.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Answer, Body};
    ///
    /// let answer = Answer::new(200, &[("content-type", "text/plain")], Body::from(b"well".to_vec()));
    /// ```
    pub fn new(status: u16, headers: &[(&'static str, &'static str)], body: Body) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, Cow::Borrowed(*value)));
        Answer {
            status,
            headers: headers.collect(),
            body,
        }
    }

    /// An answer that is not what was asked for, with a sentence that says why.
    ///
    /// # Examples
    ///
    /// ```
    /// let answer = vitalsigns::Answer::told(405, "probes are read with GET");
    /// assert_eq!(&*answer.body, b"probes are read with GET\n");
    /// ```
    pub fn told(status: u16, why: impl Into<String>) -> Self {
        let mut why = why.into();
        why.push('\n');
        let plain = [
            ("content-type", "text/plain; charset=utf-8"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ];
        Answer::new(status, &plain, Body::from(why.into_bytes()))
    }

    /// The same with one more header.
    ///
    /// # Examples
    ///
    /// ```
    /// let answer = vitalsigns::Answer::told(503, "not now").with("retry-after", "1");
    /// assert_eq!(answer.header("retry-after"), Some("1"));
    /// ```
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The value of a header, by its name in lower case.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| &**value)
    }
}

/// The bytes of an answer; several answers can share them.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Endpoint, EndpointRequest, Registry};
///
/// let answer = Endpoint::new(&Registry::new()).answer(&EndpointRequest::new("GET"));
/// let page = std::str::from_utf8(&answer.body)?;
/// assert!(page.starts_with("# HELP "));
/// # Ok::<(), std::str::Utf8Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body(Arc<Vec<u8>>);

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Body(Arc::new(bytes))
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}
