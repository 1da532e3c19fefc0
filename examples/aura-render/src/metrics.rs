//! What the service measures: the ready-made families of its domain, and its renderer.

use vitalsigns::{
    Info, LabelSet, LabelValue, MetricGroup, RegisterError, Registry,
    families::{AiOptimization, BuildInfo, VideoGeneration, process::ProcessMetrics},
};

use crate::{optimise::Level, render::Renderer, theme::Theme};

/// The quality that a viewer does not complain about; a result below counts as a regression.
const QUALITY_FLOOR: f64 = 0.9;

/// What is optimised here.
#[derive(Clone, Copy, Debug, LabelValue)]
pub enum OptimizationType {
    /// A finished video.
    Video,
}

#[derive(LabelSet)]
struct Facts<'a> {
    renderer: RendererName,
    #[label(cap = 1)]
    version: &'a str,
}

#[derive(Clone, Copy, LabelValue)]
enum RendererName {
    Ffmpeg,
    Embedded,
}

#[derive(MetricGroup)]
#[metrics(prefix = "render")]
struct RenderMetrics {
    /// The renderer in use and its version.
    renderer_info: Info<Facts<'static>>,
}

/// The handles that jobs record with.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Generated videos.
    pub video: VideoGeneration<Theme, Level>,
    /// Optimised videos.
    pub ai: AiOptimization<OptimizationType, Level>,
}

impl Metrics {
    /// Registers everything that the service measures, other than HTTP.
    pub fn register(registry: &Registry, renderer: &Renderer) -> Result<Self, RegisterError> {
        let (renderer, version) = match renderer {
            Renderer::Ffmpeg(ffmpeg) => (RendererName::Ffmpeg, ffmpeg.version()),
            Renderer::Embedded => (RendererName::Embedded, env!("CARGO_PKG_VERSION")),
        };
        let facts = Facts { renderer, version };
        BuildInfo::new(env!("CARGO_PKG_VERSION")).register(registry)?;
        ProcessMetrics::register(registry)?;
        RenderMetrics::register(registry)?.renderer_info.set(&facts);
        Ok(Self {
            video: VideoGeneration::register(registry)?,
            ai: AiOptimization::register(registry)?.quality_floor(QUALITY_FLOOR),
        })
    }
}
