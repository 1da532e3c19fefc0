//! Ready-made families, by domain: declared once, used by the words of the domain.
//!
//! Each module opens with what is measured, when it starts and when it ends, and what is not seen.
//! What has a duration is a guard: dropped without an answer it counts as cancelled, dropped by a
//! panic as panicked, and what it holds of a gauge goes back in any case.

pub mod agent;
pub mod ai;
pub mod build;
pub mod cache;
pub mod database;
pub mod events;
pub mod functions;
pub mod gateway;
pub mod http;
pub mod http_client;
pub mod learning;
pub mod memory;
#[cfg(feature = "payments")]
pub mod payments;
pub mod process;
pub mod queue;
#[cfg(feature = "tokio")]
pub mod tokio;
pub mod users;
pub mod video;
pub mod webhooks;

pub use agent::{AgentDecisions, AgentFindings, AgentModes};
pub use ai::AiOptimization;
pub use build::BuildInfo;
pub use cache::Cache;
pub use database::Database;
pub use events::{EventConsumer, EventProducer};
pub use functions::Functions;
pub use gateway::Gateway;
pub use http::HttpServer;
pub use http_client::HttpClient;
pub use learning::Learning;
pub use memory::MemoryTiers;
#[cfg(feature = "payments")]
pub use payments::Payments;
pub use process::ProcessMetrics;
pub use queue::WorkQueues;
pub use users::Users;
pub use video::VideoGeneration;
pub use webhooks::{WebhookReceiver, WebhookSender};

mod oldest;
mod stateful;

use std::marker::PhantomData;

use crate::LabelValue;

/// A value of a closed label that can be used more than once, whatever its type allows.
struct Known<T> {
    index: usize,
    of: PhantomData<fn(T)>,
}

impl<T: LabelValue> Known<T> {
    #[allow(
        clippy::needless_pass_by_value,
        reason = "the value is used up for its users"
    )]
    fn new(value: T) -> Self {
        Known {
            index: value.index(),
            of: PhantomData,
        }
    }
}

impl<T> Clone for Known<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Known<T> {}

impl<T: LabelValue> LabelValue for Known<T> {
    const VALUES: &'static [&'static str] = T::VALUES;

    fn index(&self) -> usize {
        self.index
    }

    fn from_index(index: usize) -> Option<Self> {
        T::from_index(index).map(Known::new)
    }
}

/// How something ended that was dropped before it said how.
fn unsaid<O>(cancelled: O, panicked: O) -> O {
    if std::thread::panicking() {
        panicked
    } else {
        cancelled
    }
}
