//! What `#[instrument_metrics]` writes calls to, and what a family needs so that it can be named
//! in it.
//!
//! | | |
//! |---|---|
//! | [`Instrument`], [`InstrumentGuard`] | a family that `on = …` can name, and its guard |
//! | [`FromReturned`] | what such a guard learns of the value that was returned |
//! | [`ErrorLabel`], [`Capped`] | what `error = …` can give |
//! | [`Verdict`] | what `outcome = …` can give |
//! | [`Unset`] | a label of a domain family that has no value yet |

mod call;
mod label;
mod labelled;
mod on;
mod returned;
mod site;
mod watch;

pub use label::{Capped, ErrorLabel, Verdict};
pub use labelled::Unset;
pub(crate) use labelled::call_labels;
pub use on::{FromReturned, Instrument, InstrumentGuard, LabelsOf};

pub(crate) use site::{announce, declared_bounds};

/// What the attribute writes calls to.
pub(crate) mod private {
    pub use super::call::{Call, once};
    pub use super::label::{IsResult, outcome_of};
    pub use super::on::{On, finish_error, finish_outcome, finish_result, start_on, unlabelled};
    pub use super::returned::{JudgeFuture, JudgeResult, JudgeValue, Measured, Returned};
    #[cfg(feature = "inventory")]
    pub use super::site::Entry;
    pub use super::site::{COMPLETE, Function, Global, Handles, Site, SiteElsewhere, Target};
    pub use super::watch::{Begin, Running, Watched, watch};
    #[cfg(feature = "inventory")]
    pub use inventory;

    /// The path of an item, in the words of the compiler.
    pub fn path_of<T>(_: &T) -> &'static str {
        std::any::type_name::<T>()
    }

    /// A value for a line that is never reached.
    pub fn never<T>() -> T {
        unreachable!("the attribute writes it behind `if false`")
    }
}

/// Adds a function to those that are on the page from the start.
#[doc(hidden)]
#[cfg(feature = "inventory")]
#[macro_export]
macro_rules! __submit {
    ($krate:path, $entry:expr) => {
        $crate::__private::inventory::submit! { $entry }
    };
}

/// Without `inventory`, a function is on the page from its first call.
#[doc(hidden)]
#[cfg(not(feature = "inventory"))]
#[macro_export]
macro_rules! __submit {
    ($($entry:tt)*) => {};
}
