//! Metrics of other libraries on our page, as text that was taken apart once.

use crate::kind::Kind;

/// Where foreign families come from; asked at every scrape.
#[cfg(feature = "prometheus-client")]
pub(crate) trait Foreign: Send + Sync {
    fn families(&self) -> Result<Found, String>;
}

/// What a source has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) families: Vec<ForeignFamily>,
    /// The names of those that cannot stand on a page.
    pub(crate) unreadable: Vec<String>,
}

/// One family of another library.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ForeignFamily {
    /// Without `_total` and `_info`; it may have characters that must be escaped.
    pub(crate) base: String,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<String>,
    /// Not escaped.
    pub(crate) help: String,
    pub(crate) samples: Vec<ForeignSample>,
}

impl ForeignFamily {
    /// The complete name, as one queries it.
    pub(crate) fn name(&self) -> String {
        format!("{}{}", self.base, self.kind.suffix())
    }
}

/// One sample of another library.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ForeignSample {
    /// `_total`, `_bucket`, … or nothing.
    pub(crate) suffix: String,
    /// Names, and values escaped as they stand on the page.
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: String,
}
