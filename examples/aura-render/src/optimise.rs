//! The optimisation of a finished video: encoded again, measured, and kept only when smaller.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

pub use vitalsigns::families::ai::Level;

use crate::{
    failure::JobError,
    render::{Clip, Renderer},
};

/// What an optimisation has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimised {
    /// The smaller file; none where the original was already the smaller one.
    pub file: Option<PathBuf>,
    /// The size of the original in bytes.
    pub bytes_in: u64,
    /// The size of the new file in bytes, kept or not.
    pub bytes_out: u64,
    /// How much the original is like the rendered frames (SSIM, 0 to 1).
    pub quality_before: f64,
    /// How much the new file is like the rendered frames (SSIM, 0 to 1).
    pub quality_after: f64,
}

/// Encodes a video again and compares both files, each step within the deadline.
pub async fn optimise(
    renderer: &Renderer,
    clip: &Clip,
    original: &Path,
    level: Level,
    deadline: Duration,
) -> Result<Optimised, JobError> {
    let smaller = clip.folder.path().join("optimised");
    let within = |what: &'static str| move |_| JobError::timeout(what, deadline);
    tokio::time::timeout(deadline, renderer.reencode(clip, original, level, &smaller))
        .await
        .map_err(within("encoding again"))??;
    let bytes_in = tokio::fs::metadata(original).await?.len();
    let bytes_out = tokio::fs::metadata(&smaller).await?.len();
    let quality = async |video: &Path| {
        tokio::time::timeout(deadline, renderer.quality(clip, video))
            .await
            .map_err(within("measuring the quality"))?
    };
    Ok(Optimised {
        quality_before: quality(original).await?,
        quality_after: quality(&smaller).await?,
        file: (bytes_out < bytes_in).then_some(smaller),
        bytes_in,
        bytes_out,
    })
}
