//! Why a response was not sent to its end.

use crate::LabelValue;

#[derive(LabelValue, Clone, Copy)]
pub(super) enum Cause {
    /// It was dropped: the client left.
    Cancelled,
    /// The body failed, or had fewer bytes than the head promised.
    Error,
    /// The body panicked.
    Panic,
}
