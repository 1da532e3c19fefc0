//! The page: the same series in every format.

pub(crate) mod escape;
mod negotiate;
pub(crate) mod number;
mod text;

use std::fmt;
use std::sync::Arc;

use crate::foreign::ForeignFamily;
use crate::sample::Collect;

pub(crate) use negotiate::negotiate;

/// A text format of the page.
///
/// Both have the same series with the same names, labels and values. What differs is the metadata:
/// OpenMetrics names the family of a counter without `_total`, has units, the kinds info and state
/// set, and an end mark.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Format, Registry};
///
/// let registry = Registry::new();
/// assert_eq!(Format::negotiate("application/openmetrics-text; version=1.0.0"), Format::OpenMetrics);
/// println!("{}", registry.render(Format::Text));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The Prometheus text format, version 0.0.4: what a browser, `curl` and every scraper read.
    #[default]
    Text,
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
        match self {
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The format that suits an `Accept` header best.
    ///
    /// Weights, parameters and wildcards count as RFC 9110 says; a version that is not produced
    /// here is not promised. On equal terms, and if nothing suits or the header is garbage, it is
    /// [`Format::Text`]: a page is more use than an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::Format;
    ///
    /// assert_eq!(Format::negotiate("*/*"), Format::Text);
    /// assert_eq!(
    ///     Format::negotiate("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3"),
    ///     Format::OpenMetrics,
    /// );
    /// assert_eq!(Format::negotiate("application/openmetrics-text;version=9.9.9"), Format::Text);
    /// ```
    pub fn negotiate(accept: &str) -> Self {
        negotiate(accept)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Text => "text 0.0.4",
            Format::OpenMetrics => "OpenMetrics 1.0.0",
        })
    }
}

/// Writes the page; `size` is about how long it will be.
pub(crate) fn render(
    families: &[Arc<dyn Collect>],
    foreign: Vec<ForeignFamily>,
    format: Format,
    size: usize,
) -> String {
    let mut page = String::with_capacity(size);
    for family in families {
        text::write_family(&**family, format, &mut page);
    }
    for family in foreign {
        text::write_foreign(&family, format, &mut page);
    }
    if format == Format::OpenMetrics {
        page.push_str("# EOF\n");
    }
    page
}
