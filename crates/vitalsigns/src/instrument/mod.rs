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
//!
//! # The domain families
//!
//! | `on = …` | labels | `ok`, or what is returned | `error` |
//! |---|---|---|---|
//! | [`agent::AgentDecisions`] | `decision` | nothing | [`agent::NotApplied`] |
//! | [`ai::AiOptimization`] | `optimization_type`, `level` | [`ai::Measured`] | nothing |
//! | [`cache::Cache`] | `cache` | nothing | nothing |
//! | [`database::Database`] | `operation` | nothing | [`database::QueryError`] |
//! | [`events::EventConsumer`] | `topic`, `event_type` | [`events::Consumed`] | [`events::NotConsumed`] |
//! | [`events::EventProducer`] | `topic`, `events` | nothing | [`events::SendError`] |
//! | [`gateway::Gateway`] | `upstream` | the status | [`gateway::ForwardError`] |
//! | [`Gateway::authentications`] | `method` | nothing | [`gateway::NotLetIn`] |
//! | [`http_client::Peer`] | `method` | the status | [`http_client::ClientError`] |
//! | [`MemoryTiers::reads`], [`searches`](crate::families::MemoryTiers::searches) | `tier` | [`memory::Found`] | nothing |
//! | [`MemoryTiers::writes`], [`updates`](crate::families::MemoryTiers::updates), [`deletions`](crate::families::MemoryTiers::deletions) | `tier` | the number of items | nothing |
//! | [`MemoryTiers::moves`] | `from`, `to` | the number of items | nothing |
//! | `payments::Payments` | `method`, `currency` | `payments::Amount` | `payments::NotAuthorised` |
//! | `Payments::provider_calls` | `provider` | nothing | `payments::Unanswered` |
//! | [`queue::WorkQueues`] | `queue`, `enqueued_at` | nothing | nothing |
//! | [`video::VideoGeneration`] | `theme` | [`video::Output`] | [`video::ErrorKind`] |
//! | [`webhooks::WebhookReceiver`] | `source`, `event_type` | [`webhooks::Taken`] | [`webhooks::NotTaken`] |
//! | [`webhooks::Delivery`] | | the status | [`webhooks::Unanswered`] |
//!
//! The others have no unit of work that is one call: requests of the HTTP server are measured by an
//! adapter, sessions and lessons last over many calls, and the rest has no duration.
//!
//! # Calls that end without a value
//!
//! Their guards decide, all of them alike:
//!
//! | what happened | a function without `on` | with `on` |
//! |---|---|---|
//! | a future is dropped before its first poll | no call | no call; one that is returned by a function that is not async: `cancelled` |
//! | a future is dropped between two polls | `cancelled` | `cancelled` |
//! | the function unwinds, or a poll of its future | `panicked`, at once | `panicked`, at once |
//! | a future is dropped between two polls by a panic elsewhere | `cancelled` | `panicked` |
//! | `ok`, `error` or `outcome` unwinds | `error`, if it was `error` that did, or else `panicked` | `panicked` |
//!
//! Whatever it was, it is counted once, and what the guard held of gauges has gone back.
//!
//! [`agent::AgentDecisions`]: crate::families::agent::AgentDecisions
//! [`agent::NotApplied`]: crate::families::agent::NotApplied
//! [`ai::AiOptimization`]: crate::families::ai::AiOptimization
//! [`ai::Measured`]: crate::families::ai::Measured
//! [`cache::Cache`]: crate::families::cache::Cache
//! [`database::Database`]: crate::families::database::Database
//! [`database::QueryError`]: crate::families::database::QueryError
//! [`events::EventConsumer`]: crate::families::events::EventConsumer
//! [`events::Consumed`]: crate::families::events::Consumed
//! [`events::NotConsumed`]: crate::families::events::NotConsumed
//! [`events::EventProducer`]: crate::families::events::EventProducer
//! [`events::SendError`]: crate::families::events::SendError
//! [`gateway::Gateway`]: crate::families::gateway::Gateway
//! [`gateway::ForwardError`]: crate::families::gateway::ForwardError
//! [`gateway::NotLetIn`]: crate::families::gateway::NotLetIn
//! [`http_client::Peer`]: crate::families::http_client::Peer
//! [`http_client::ClientError`]: crate::families::http_client::ClientError
//! [`memory::Found`]: crate::families::memory::Found
//! [`queue::WorkQueues`]: crate::families::queue::WorkQueues
//! [`video::VideoGeneration`]: crate::families::video::VideoGeneration
//! [`video::Output`]: crate::families::video::Output
//! [`video::ErrorKind`]: crate::families::video::ErrorKind
//! [`webhooks::WebhookReceiver`]: crate::families::webhooks::WebhookReceiver
//! [`webhooks::Taken`]: crate::families::webhooks::Taken
//! [`webhooks::NotTaken`]: crate::families::webhooks::NotTaken
//! [`webhooks::Delivery`]: crate::families::webhooks::Delivery
//! [`webhooks::Unanswered`]: crate::families::webhooks::Unanswered
//! [`Gateway::authentications`]: crate::families::Gateway::authentications
//! [`MemoryTiers::reads`]: crate::families::MemoryTiers::reads
//! [`MemoryTiers::moves`]: crate::families::MemoryTiers::moves
//! [`MemoryTiers::writes`]: crate::families::MemoryTiers::writes

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
