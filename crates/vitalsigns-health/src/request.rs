//! What a probe asks for.

use crate::shape::Shape;

/// A request to a probe, as far as it matters. Adapters hand in every header that there is.
///
/// # Examples
///
/// ```
/// use vitalsigns_health::ProbeRequest;
///
/// let request = ProbeRequest::new("GET")
///     .header("accept", b"application/json")
///     .header("authorization", b"Bearer a long secret");
/// ```
#[derive(Clone, Default)]
pub struct ProbeRequest {
    pub(crate) is_read: bool,
    accept: String,
    authorization: Option<Vec<u8>>,
}

impl ProbeRequest {
    /// A request with this method.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(method: &str) -> Self {
        ProbeRequest {
            is_read: matches!(method, "GET" | "HEAD"),
            ..ProbeRequest::default()
        }
    }

    /// A header with its value, in any order.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn header(mut self, name: &str, value: &[u8]) -> Self {
        if name.eq_ignore_ascii_case("accept") {
            // What is not text asks for nothing that there is.
            self.accept
                .push_str(std::str::from_utf8(value).unwrap_or_default());
            self.accept.push(',');
        } else if name.eq_ignore_ascii_case("authorization") {
            self.authorization = Some(value.to_vec());
        }
        self
    }

    pub(crate) fn authorization(&self) -> Option<&[u8]> {
        self.authorization.as_deref()
    }

    /// The shape that is liked best; what accepts none of them gets the usual one: an answer is
    /// worth more than a `406`.
    pub(crate) fn shape(&self, usual: Shape) -> Shape {
        let other = usual.other();
        let (liked, rather) = (self.quality(usual), self.quality(other));
        if rather > liked { other } else { usual }
    }

    /// How much it is liked, and how exactly that was said.
    fn quality(&self, shape: Shape) -> (u32, u8) {
        let ranges = self.accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let exactness = match parts.next()? {
                range if range.eq_ignore_ascii_case(shape.content_type()) => 3,
                range if range.eq_ignore_ascii_case("application/*") => 2,
                "*/*" => 1,
                _ => return None,
            };
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f64>().ok());
            let weight = weight.filter(|weight| weight.is_finite());
            let weight = weight.unwrap_or(1.0).clamp(0.0, 1.0);
            Some((exactness, (weight * 1000.0) as u32))
        });
        // The most exact range counts, however much others are liked.
        let (exactness, weight) = ranges.max().unwrap_or_default();
        match weight {
            0 => (0, 0),
            weight => (weight, exactness),
        }
    }
}

impl std::fmt::Debug for ProbeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProbeRequest")
            .field("accept", &self.accept)
            .finish_non_exhaustive()
    }
}
