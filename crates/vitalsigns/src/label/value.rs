//! The types that a label can have.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// A label with a closed set of values: `derive(LabelValue)` on an enum without fields.
///
/// The values are the variants in snake case; `#[label(rename = "…")]` sets another text. Every
/// value is known before the program runs, so a family that has only such labels shows all its
/// series from the start, at 0, and finds them by an index.
///
/// # Examples
///
/// ```
/// use vitalsigns::LabelValue;
///
/// #[derive(LabelValue, Clone, Copy, Debug, PartialEq)]
/// enum Plan {
///     Free,
///     TeamYearly,
///     #[label(rename = "b2b")]
///     BusinessToBusiness,
/// }
///
/// assert_eq!(Plan::VALUES, ["free", "team_yearly", "b2b"]);
/// assert_eq!(Plan::TeamYearly.as_label(), "team_yearly");
/// assert_eq!(Plan::from_label("b2b"), Some(Plan::BusinessToBusiness));
/// assert_eq!(Plan::from_label("pro"), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no closed set of values",
    label = "neither closed nor capped",
    note = "for an enum: `#[derive(LabelValue)]`; for text: a cap, as in `#[label(cap = 50)]`; \
            a number is text first"
)]
pub trait LabelValue: Sized + Send + Sync + 'static {
    /// Every value that the label can take, in the order of the series on the page: at least one,
    /// none twice, none empty. The derive sees to it; whoever implements the trait by hand must.
    const VALUES: &'static [&'static str];

    /// The position of this value in [`VALUES`](Self::VALUES). One that is not in there counts as
    /// the last.
    fn index(&self) -> usize;

    /// The value at `index` of [`VALUES`](Self::VALUES), if there is one.
    fn from_index(index: usize) -> Option<Self>;

    /// The text of this value.
    fn as_label(&self) -> &'static str {
        let last = Self::VALUES.len().saturating_sub(1);
        let value = Self::VALUES.get(self.index().min(last));
        value.copied().unwrap_or_default()
    }

    /// The value with this text, if it is one of the set.
    fn from_label(text: &str) -> Option<Self> {
        Self::VALUES
            .iter()
            .position(|value| *value == text)
            .and_then(Self::from_index)
    }
}

impl LabelValue for bool {
    const VALUES: &'static [&'static str] = &["false", "true"];

    fn index(&self) -> usize {
        usize::from(*self)
    }

    fn from_index(index: usize) -> Option<Self> {
        [false, true].get(index).copied()
    }
}

/// A label whose values are text that is not known beforehand; it needs a cap.
///
/// Any UTF-8 is allowed. An empty value is the same as no label to Prometheus. The text is asked
/// for while the family is locked: whoever implements the trait by hand does not use the family in
/// there.
///
/// # Examples
///
/// ```
/// use vitalsigns::OpenLabelValue;
///
/// assert_eq!(OpenLabelValue::as_label(&"spring sale"), "spring sale");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text, so it cannot be a capped label",
    label = "a capped label is text",
    note = "use `&str`, `String`, `Arc<str>`, `Box<str>` or `Cow<'_, str>`; an enum needs no cap"
)]
pub trait OpenLabelValue {
    /// The text of this value.
    fn as_label(&self) -> &str;
}

impl<T: OpenLabelValue + ?Sized> OpenLabelValue for &T {
    fn as_label(&self) -> &str {
        (**self).as_label()
    }
}

macro_rules! open_text {
    ($($text:ty),+ $(,)?) => {$(
        impl OpenLabelValue for $text {
            fn as_label(&self) -> &str {
                self
            }
        }
    )+};
}

open_text!(str, String, Arc<str>, Box<str>, Rc<str>, Cow<'_, str>);
