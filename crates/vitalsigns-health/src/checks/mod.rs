//! Ready-made checks: each is chosen, then made a [`Check`](crate::Check) with a name.
//!
//! | | feature | looks at |
//! |---|---|---|
//! | `Postgres` | `postgres` | a query through the program's pool, connections of the server and of the pool |
//! | `Redis` | `redis` | `PING`, memory against `maxmemory`, the role |
//! | `Http` | `http`, `https` | the status of a service, and how long it took |
//! | `Ffmpeg` | `ffmpeg` | the program, its encoders, a tiny encoding at the start |
//! | `ModelFiles` | `model-files` | files, their sizes, their SHA-256 |
//! | `DiskSpace`, `Memory`, `Cpu` | `system` | what is left, by the limits of the control group |
//! | [`TaskQueue`], [`Consumer`] | | depth, age, workers, lag and polls, as the program tells them |
//! | [`Clock`], [`Responsiveness`] | | jumps of the clock; how long the runtime takes to begin a task |
//!
//! None of them writes anything anywhere, but for the tiny encoding, which goes to nothing.

mod clock;
#[cfg(feature = "ffmpeg")]
mod ffmpeg;
#[cfg(feature = "http")]
pub(crate) mod http;
#[cfg(feature = "model-files")]
mod model_files;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod queue;
#[cfg(feature = "redis")]
pub(crate) mod redis;
mod responsiveness;
#[cfg(feature = "system")]
mod system;

pub use clock::Clock;
#[cfg(feature = "ffmpeg")]
pub use ffmpeg::Ffmpeg;
#[cfg(feature = "http")]
pub use http::{Http, UrlError};
#[cfg(feature = "model-files")]
pub use model_files::{ModelFile, ModelFiles};
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
pub use queue::{Consumer, ConsumerStatus, QueueStatus, TaskQueue};
#[cfg(feature = "redis")]
pub use redis::Redis;
pub use responsiveness::Responsiveness;
#[cfg(feature = "system")]
pub use system::{Cpu, DiskSpace, Memory};

use crate::outcome::Outcome;
use crate::state::{Cause, State};

/// What a share of something that is used says, by two limits.
#[cfg_attr(
    not(any(feature = "system", feature = "postgres", feature = "redis")),
    expect(dead_code)
)]
fn by_share(used: f64, degraded: f64, down: f64) -> Outcome {
    match used {
        used if used >= down => Outcome::because(State::Down, Cause::Limit),
        used if used >= degraded => Outcome::because(State::Degraded, Cause::Limit),
        _ => Outcome::up(),
    }
}
