//! What the service measures: the ready-made families of its domain, its renderer, and its downloads.
//!
//! Downloads show how a service declares families of its own: a struct of metrics ([`Downloads`]), a
//! label set with a closed and an open label, and a verb that is called where it happens.

use std::sync::Arc;

use vitalsigns::{
    Counter, Family, Histogram, Info, LabelSet, LabelValue, MetricGroup, RegisterError, Registry,
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

/// The file format that a video is in: closed, so every series is there from the start.
#[derive(Clone, Copy, Debug, LabelValue)]
enum Container {
    Mp4,
    Gif,
}

/// What a download is told apart by. The player is whatever a client says of itself, so it has a
/// cap: the 21st one and all after it read `other`.
#[derive(LabelSet)]
struct Download<'a> {
    container: Container,
    #[label(cap = 20)]
    player: &'a str,
}

#[derive(LabelSet)]
struct InContainer {
    container: Container,
}

#[derive(Debug, MetricGroup)]
#[metrics(prefix = "download")]
struct DownloadMetrics {
    /// Downloads of videos that were begun, by file format and by what the client calls itself.
    started_total: Family<Download<'static>, Counter>,
    /// Size of the videos that were begun to be downloaded.
    #[metric(buckets = [10e3, 50e3, 100e3, 250e3, 500e3, 1e6, 2.5e6, 5e6, 10e6, 25e6])]
    size_bytes: Family<InContainer, Histogram>,
}

/// Downloads of finished videos.
///
/// One starts when the service has the file open and answers. Whether it got to its end is not
/// known here: `http_responses_incomplete_total` says that.
#[derive(Clone, Debug)]
pub struct Downloads {
    metrics: Arc<DownloadMetrics>,
    container: Container,
}

impl Downloads {
    fn register(registry: &Registry, renderer: &Renderer) -> Result<Self, RegisterError> {
        Ok(Self {
            metrics: Arc::new(DownloadMetrics::register(registry)?),
            container: match renderer {
                Renderer::Ffmpeg(_) => Container::Mp4,
                Renderer::Embedded => Container::Gif,
            },
        })
    }

    /// Somebody gets a video of this size.
    pub fn started(&self, user_agent: Option<&str>, bytes: u64) {
        let container = self.container;
        let player = player(user_agent);
        let download = Download { container, player };
        self.metrics.started_total.with(&download).inc();
        let size = self.metrics.size_bytes.with(&InContainer { container });
        size.observe(bytes);
    }
}

/// The first product of a `User-Agent` without its version: `Mozilla`, `VLC`, `curl`.
fn player(user_agent: Option<&str>) -> &str {
    let product = user_agent.and_then(|text| text.split(['/', ' ']).next());
    match product {
        None | Some("") => "unknown",
        Some(product) => product,
    }
}

/// The handles that jobs and routes record with.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Generated videos.
    pub video: VideoGeneration<Theme, Level>,
    /// Optimised videos.
    pub ai: AiOptimization<OptimizationType, Level>,
    /// Downloaded videos.
    pub downloads: Downloads,
}

impl Metrics {
    /// Registers everything that the service measures, other than HTTP.
    pub fn register(registry: &Registry, renderer: &Renderer) -> Result<Self, RegisterError> {
        let downloads = Downloads::register(registry, renderer)?;
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
            downloads,
        })
    }
}

#[cfg(test)]
mod tests {
    use vitalsigns::testing;

    use super::*;

    #[test]
    fn a_player_is_its_name_without_version_and_platform() {
        for (user_agent, name) in [
            (
                Some("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101"),
                "Mozilla",
            ),
            (Some("VLC/3.0.20 LibVLC/3.0.20"), "VLC"),
            (Some("curl"), "curl"),
            (Some("/5"), "unknown"),
            (Some(""), "unknown"),
            (None, "unknown"),
        ] {
            assert_eq!(player(user_agent), name);
        }
    }

    #[test]
    fn made_up_players_are_folded_and_none_is_lost() {
        let registry = Registry::new();
        let downloads = Downloads::register(&registry, &Renderer::Embedded).unwrap();
        for number in 0..1_000 {
            downloads.started(Some(&format!("player{number}/1.0")), 60_000);
        }
        assert_eq!(testing::total(&registry, "download_started_total"), 1_000.0);
        let other = [("container", "gif"), ("player", "other")];
        let folded = testing::value(&registry, "download_started_total", &other);
        assert_eq!(folded, Some(980.0));
        let sum = testing::histogram_sum(&registry, "download_size_bytes", &[("container", "gif")]);
        assert_eq!(sum, Some(60_000_000.0));
    }
}
