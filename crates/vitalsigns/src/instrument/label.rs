//! What the expressions of the attribute may give.

use crate::families::functions::Outcome;
use crate::label::{LabelValue, OpenLabelValue};

/// A label value for `error = …`: closed, or [`Capped`] text.
///
/// # Examples
///
/// ```
/// use vitalsigns::instrument::{Capped, ErrorLabel};
///
/// assert_eq!(true.text(), "true");
/// assert_eq!(Capped("E1042").text(), "E1042");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a closed nor a capped label",
    label = "neither closed nor capped",
    note = "for an enum: `#[derive(LabelValue)]`; for text that is a code and no sentence: \
            `vitalsigns::instrument::Capped(text)`"
)]
pub trait ErrorLabel {
    /// The text of the value.
    fn text(&self) -> &str;
}

impl<T: LabelValue> ErrorLabel for T {
    fn text(&self) -> &str {
        LabelValue::as_label(self)
    }
}

/// Text as an error label. The function families tell 200 of them apart, over all functions; those
/// beyond read `other` and are counted in `vitalsigns_series_overflow_total`.
///
/// It is for codes (`E1042`, `card_declined`); a message with an id in it fills the cap and says
/// nothing.
///
/// # Examples
///
/// ```
/// use vitalsigns::instrument::Capped;
/// use vitalsigns::instrument_metrics;
///
/// struct Refused {
///     code: String,
/// }
///
/// #[instrument_metrics(error = |error| Capped(error.code.clone()))]
/// fn charge(amount: u32) -> Result<(), Refused> {
///     match amount {
///         0 => Err(Refused { code: "no_amount".to_owned() }),
///         _ => Ok(()),
///     }
/// }
/// # assert!(charge(0).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capped<T>(pub T);

impl<T: OpenLabelValue> ErrorLabel for Capped<T> {
    fn text(&self) -> &str {
        self.0.as_label()
    }
}

/// What `outcome = …` may give: a `bool`, true if the call ended well, or an [`Outcome`].
///
/// # Examples
///
/// ```
/// use vitalsigns::instrument_metrics;
///
/// // An answer of a cache is no `Result`, and a miss is no error; an empty name is.
/// #[instrument_metrics(outcome = |found: &Option<u32>| found.is_some())]
/// fn look_up(name: &str) -> Option<u32> {
///     (!name.is_empty()).then_some(7)
/// }
/// # assert_eq!(look_up("a"), Some(7));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how a call ended",
    label = "neither `bool` nor `Outcome`",
    note = "`outcome = …` gives a `bool`, true if the call ended well, or a \
            `vitalsigns::families::functions::Outcome`"
)]
pub trait Verdict {
    /// How the call ended.
    fn outcome(self) -> Outcome;
}

impl Verdict for bool {
    fn outcome(self) -> Outcome {
        if self { Outcome::Ok } else { Outcome::Error }
    }
}

impl Verdict for Outcome {
    fn outcome(self) -> Outcome {
        self
    }
}

#[doc(hidden)]
#[inline]
pub fn outcome_of<T, V: Verdict>(returned: &T, outcome: impl FnOnce(&T) -> V) -> Outcome {
    outcome(returned).outcome()
}

/// A `Result`, by whatever name.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `Result`, so there is no error to name",
    label = "no `Result`",
    note = "`error = …` is called with a reference to the error of a `Result`; for other types \
            there is `outcome = …`"
)]
pub trait IsResult {
    type Value;
    type Error;
    fn as_result(&self) -> Result<&Self::Value, &Self::Error>;
}

impl<T, E> IsResult for Result<T, E> {
    type Value = T;
    type Error = E;

    fn as_result(&self) -> Result<&T, &E> {
        self.as_ref()
    }
}
