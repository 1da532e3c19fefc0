//! The status of a response as a label.

use crate::{Label, LabelValues};

/// How a status is told in a label.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::{HttpServer, http::StatusLabel}};
///
/// let registry = Registry::new();
/// let http = HttpServer::builder().status(StatusLabel::Class).register(&registry)?;
/// http.start("GET", Some("/")).answered(404); // `status="4xx"`
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatusLabel {
    /// By its code: `404`.
    #[default]
    Code,
    /// By its class, for services with very many routes: `4xx`.
    Class,
}

/// The values of [`StatusLabel::Class`]; no status of HTTP has the last.
const CLASSES: &[&str] = &["1xx", "2xx", "3xx", "4xx", "5xx", "other"];

/// The most codes that a family tells apart.
const CODES: usize = 100;

impl StatusLabel {
    pub(super) fn values(self) -> LabelValues {
        match self {
            StatusLabel::Code => LabelValues::Capped(CODES),
            StatusLabel::Class => LabelValues::Closed(CLASSES),
        }
    }

    /// What tells this status from others under this option.
    pub(super) fn of(self, code: u16) -> Status {
        match self {
            StatusLabel::Code => Status::code(code),
            StatusLabel::Class => match code {
                100..=599 => Status::Class(usize::from(code / 100 - 1)),
                _ => Status::Class(CLASSES.len() - 1),
            },
        }
    }
}

/// A status as a label value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Code([u8; 3]),
    Class(usize),
}

impl Status {
    /// Codes have three digits; anything else reads 000.
    fn code(code: u16) -> Self {
        let digit = |value: u16| b'0' + u8::try_from(value % 10).unwrap_or(0);
        if code > 999 {
            return Status::Code(*b"000");
        }
        Status::Code([digit(code / 100), digit(code / 10), digit(code)])
    }

    pub(super) fn label(&self) -> Label<'_> {
        match self {
            // Digits are always UTF-8.
            Status::Code(digits) => Label::Open(std::str::from_utf8(digits).unwrap_or("000")),
            Status::Class(index) => Label::Closed(*index),
        }
    }
}
