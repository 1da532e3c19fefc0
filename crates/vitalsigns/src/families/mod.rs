//! Ready-made families, by domain: declared once, used by the words of the domain.
//!
//! Each module opens with what is measured, when it starts and when it ends, and what is not seen.
//! What has a duration is a guard: dropped without an answer it counts as cancelled, dropped by a
//! panic as panicked, and what it holds of a gauge goes back in any case.

pub mod ai;
pub mod http;
pub mod video;

pub use ai::AiOptimization;
pub use http::HttpServer;
pub use video::VideoGeneration;

/// How something ended that was dropped before it said how.
fn unsaid<O>(cancelled: O, panicked: O) -> O {
    if std::thread::panicking() {
        panicked
    } else {
        cancelled
    }
}
