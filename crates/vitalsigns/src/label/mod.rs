//! Labels: which there are, which values they can take, and what one set of them is.
//!
//! A label is **closed** (an enum with `derive(LabelValue)`, a `bool`) or **capped** (text, with
//! the number of values that are told apart; the rest becomes `other`). There is no third way, so
//! the number of series of a family has a bound that can be read off its declaration.

mod key;
pub(crate) mod packed;
mod set;
mod value;

pub(crate) use key::{Key, Labels, hash, hash_labels, label, now, render, render_constant, values};
pub(crate) use set::{Chosen, combinations, keep, position};
pub use set::{Label, LabelSet, LabelSpec, LabelValues};
pub use value::{LabelValue, OpenLabelValue};

/// The value that stands for all values of a capped label beyond its cap.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns::OVERFLOW, "other");
/// ```
pub const OVERFLOW: &str = "other";
