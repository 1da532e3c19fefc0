//! What a page is called in a header: format, version and escaping.

use std::fmt;

use super::escaping::Escaping;
use super::negotiate::negotiate;

/// A text format of the page.
///
/// All have the same series with the same names, labels and values. What differs is the metadata:
/// OpenMetrics names the family of a counter without `_total`, has units, the kinds info and state
/// set, and an end mark. A page in one of them is text, which [`Registry::render`] gives; the
/// Prometheus protobuf format is none, and is [`ContentType::PROTOBUF`].
///
/// [`Registry::render`]: crate::Registry::render
///
/// # Examples
///
/// ```
/// use vitalsigns::{Format, Registry};
///
/// let registry = Registry::new();
/// println!("{}", registry.render(Format::Text));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The Prometheus text format, version 0.0.4: what a browser, `curl` and every scraper read.
    #[default]
    Text,
    /// The Prometheus text format, version 1.0.0: the same, and names can stand in quotes.
    TextV1,
    /// The OpenMetrics text format, version 1.0.0: what Prometheus asks for by default.
    OpenMetrics,
}

impl Format {
    /// The complete content type of a page in this format.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::Format;
    ///
    /// assert_eq!(Format::Text.content_type(), "text/plain; version=0.0.4; charset=utf-8");
    /// ```
    pub const fn content_type(self) -> &'static str {
        ContentType::of(self).as_str()
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Text => "text 0.0.4",
            Format::TextV1 => "text 1.0.0",
            Format::OpenMetrics => "OpenMetrics 1.0.0",
        })
    }
}

/// What a client gets: a format of the page, and how names are written that the classic formats
/// have no letters for.
///
/// # Examples
///
/// ```
/// use vitalsigns::{ContentType, Registry};
///
/// let asked = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
/// let content_type = ContentType::negotiate(asked);
/// assert_eq!(content_type, ContentType::PROTOBUF);
/// let page: Vec<u8> = Registry::new().encode(content_type);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentType {
    /// `None` is protobuf.
    pub(super) format: Option<Format>,
    /// `None` if the client did not say: underscores then, and nothing about it in the header.
    pub(super) escaping: Option<Escaping>,
}

impl ContentType {
    /// The Prometheus protobuf format, delimited: the only one with native histograms, and always
    /// with the times at which counters and histograms began.
    ///
    /// # Examples
    ///
    /// ```
    /// let name = vitalsigns::ContentType::PROTOBUF.as_str();
    /// assert!(name.starts_with("application/vnd.google.protobuf; "));
    /// ```
    pub const PROTOBUF: ContentType = ContentType {
        format: None,
        escaping: None,
    };

    pub(crate) const fn of(format: Format) -> Self {
        ContentType {
            format: Some(format),
            escaping: match format {
                // In this version it always stands there.
                Format::TextV1 => Some(Escaping::Underscores),
                Format::Text | Format::OpenMetrics => None,
            },
        }
    }

    /// The same format with names written this way.
    ///
    /// The text format 0.0.4 has no quoted names: there [`Escaping::AllowUtf8`] is
    /// [`Escaping::Underscores`].
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{ContentType, Escaping, Format};
    ///
    /// let dots = ContentType::from(Format::TextV1).escaped(Escaping::Dots);
    /// assert_eq!(dots.as_str(), "text/plain; version=1.0.0; charset=utf-8; escaping=dots");
    /// ```
    #[must_use]
    pub const fn escaped(self, escaping: Escaping) -> Self {
        let escaping = match (self.format, escaping) {
            (Some(Format::Text), Escaping::AllowUtf8) => Escaping::Underscores,
            (_, escaping) => escaping,
        };
        ContentType {
            format: self.format,
            escaping: Some(escaping),
        }
    }

    /// The text format, or `None` for protobuf.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{ContentType, Format};
    ///
    /// assert_eq!(ContentType::negotiate("*/*").format(), Some(Format::Text));
    /// assert_eq!(ContentType::PROTOBUF.format(), None);
    /// ```
    pub const fn format(self) -> Option<Format> {
        self.format
    }

    /// How names are written.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{ContentType, Escaping};
    ///
    /// assert_eq!(ContentType::PROTOBUF.escaping(), Escaping::Underscores);
    /// ```
    pub const fn escaping(self) -> Escaping {
        match self.escaping {
            Some(escaping) => escaping,
            None => Escaping::Underscores,
        }
    }

    /// The content type that suits an `Accept` header best; several such headers are to be joined
    /// by commas.
    ///
    /// Weights, parameters and wildcards count as RFC 9110 says; a version or an escaping that is
    /// not produced here is not promised. The escaping stands in the answer where the client named
    /// one. On equal terms, and if nothing suits or the header is garbage, it is [`Format::Text`]:
    /// a page is more use than an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{ContentType, Escaping, Format};
    ///
    /// let text = ContentType::from(Format::Text);
    /// let open_metrics = ContentType::from(Format::OpenMetrics);
    /// assert_eq!(ContentType::negotiate("*/*"), text);
    /// assert_eq!(
    ///     ContentType::negotiate("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3"),
    ///     open_metrics,
    /// );
    /// assert_eq!(
    ///     ContentType::negotiate("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8"),
    ///     open_metrics.escaped(Escaping::AllowUtf8),
    /// );
    /// assert_eq!(ContentType::negotiate("application/openmetrics-text;version=9.9.9"), text);
    /// ```
    pub fn negotiate(accept: &str) -> Self {
        negotiate(accept)
    }

    /// The text of the header `Content-Type`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{ContentType, Format};
    ///
    /// let text = ContentType::from(Format::Text);
    /// assert_eq!(text.as_str(), "text/plain; version=0.0.4; charset=utf-8");
    /// ```
    pub const fn as_str(self) -> &'static str {
        macro_rules! named {
            ($name:literal) => {
                match self.escaping {
                    None => $name,
                    Some(Escaping::Underscores) => concat!($name, "; escaping=underscores"),
                    Some(Escaping::Dots) => concat!($name, "; escaping=dots"),
                    Some(Escaping::Values) => concat!($name, "; escaping=values"),
                    Some(Escaping::AllowUtf8) => concat!($name, "; escaping=allow-utf-8"),
                }
            };
        }
        match self.format {
            Some(Format::Text) => named!("text/plain; version=0.0.4; charset=utf-8"),
            Some(Format::TextV1) => named!("text/plain; version=1.0.0; charset=utf-8"),
            Some(Format::OpenMetrics) => {
                named!("application/openmetrics-text; version=1.0.0; charset=utf-8")
            }
            None => named!(
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                 encoding=delimited"
            ),
        }
    }

    /// The content type of which this is the text, to the letter.
    pub(crate) fn named(text: &str) -> Option<Self> {
        Self::all().find(|content_type| content_type.as_str() == text)
    }

    /// Every content type that there is, what is preferred on equal terms first.
    pub(super) fn all() -> impl Iterator<Item = ContentType> {
        let formats = [
            ContentType::of(Format::Text),
            ContentType::of(Format::TextV1),
            ContentType::of(Format::OpenMetrics),
            ContentType::PROTOBUF,
        ];
        formats.into_iter().flat_map(|format| {
            let plain = format.escaping.is_none().then_some(format);
            let escaped = Escaping::ALL.map(|escaping| format.escaped(escaping));
            // Quoted names come last, and the oldest format has none.
            let count = match format.format {
                Some(Format::Text) => Escaping::ALL.len() - 1,
                _ => Escaping::ALL.len(),
            };
            plain.into_iter().chain(escaped.into_iter().take(count))
        })
    }
}

impl From<Format> for ContentType {
    fn from(format: Format) -> Self {
        ContentType::of(format)
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ContentType").field(&self.as_str()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_content_type_has_a_name_of_its_own() {
        let mut names: Vec<&str> = ContentType::all().map(ContentType::as_str).collect();
        assert_eq!(names.len(), 4 + 4 + 5 + 5);
        for name in &names {
            assert_eq!(ContentType::named(name).unwrap().as_str(), *name);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 18);
        assert_eq!(ContentType::named("text/plain"), None);
    }
}
