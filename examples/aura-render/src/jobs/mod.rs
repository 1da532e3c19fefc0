//! Jobs: what they are, where they wait, who runs them, and what is known of them.

mod active;
mod board;
mod id;
mod pipeline;
mod queue;
mod record;
mod worker;

pub use active::{ActiveJob, Measured};
pub use board::{CancelError, Jobs, SubmitError, Totals};
pub use id::JobId;
pub use pipeline::Tools;
pub use queue::Queue;
pub use record::{JobState, Optimisation, Record, Stage, Video};
pub use worker::{Alive, Workers};
