//! The planning stage: from a request to scenes, always the same ones for the same request.

use visitor::random::Random;

use crate::{
    config::Format,
    failure::{ErrorKind, JobError},
    font,
    theme::{Palette, Theme},
};

/// What a job shall make.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What the video is about.
    pub theme: Theme,
    /// How long it is, in seconds.
    pub seconds: f64,
    /// The title; without it, the theme's own.
    pub text: Option<String>,
    /// How far to optimise the finished video, if at all.
    pub optimise: Option<crate::optimise::Level>,
    /// Chooses among the videos that the rest of the request allows.
    pub seed: u64,
}

/// How a scene takes over from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// At once.
    Cut,
    /// One picture fades into the other.
    Fade,
    /// The new picture comes in from the left.
    Wipe,
}

/// A run of frames with one palette and one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// How many frames it has; at least one.
    pub frames: u32,
    /// Its colours.
    pub palette: Palette,
    /// Its lines of text; none for a scene without.
    pub lines: Vec<String>,
    /// How it takes over.
    pub transition: Transition,
    /// Places its shapes and particles.
    pub seed: u64,
}

/// All that rendering needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What the video is about.
    pub theme: Theme,
    /// Picture size and frame rate.
    pub format: Format,
    /// The scenes, in order; at least one.
    pub scenes: Vec<Scene>,
}

/// About how long a scene is, in seconds.
const SCENE_SECONDS: f64 = 2.5;

impl Plan {
    /// Plans a video; fails where the font can draw nothing of the title.
    pub fn new(request: &Request, format: Format) -> Result<Self, JobError> {
        let title = request
            .text
            .as_deref()
            .unwrap_or(request.theme.default_title());
        let lines = font::wrap(title, usize::from(format.width) / font::title_advance());
        if lines.is_empty() {
            return Err(JobError::new(
                ErrorKind::InvalidInput,
                format!("the title {title:?} has no character that the font can draw"),
            ));
        }
        let mut random = Random::of_text(&format!("{}\n{title}", request.theme), request.seed);
        let palettes = request.theme.palettes();
        let first = random.below(palettes.len());
        let scenes = lengths(
            format.frames(request.seconds),
            format.fps.get(),
            &mut random,
        )
        .into_iter()
        .enumerate()
        .map(|(i, frames)| Scene {
            frames,
            palette: palettes[(first + i) % palettes.len()],
            lines: if i % 2 == 0 {
                lines.clone()
            } else {
                Vec::new()
            },
            transition: match i {
                0 => Transition::Cut,
                _ => *random.pick(&[Transition::Cut, Transition::Fade, Transition::Wipe]),
            },
            seed: random.bits(),
        })
        .collect();
        Ok(Self {
            theme: request.theme,
            format,
            scenes,
        })
    }

    /// How many frames the video has.
    pub fn frames(&self) -> u32 {
        self.scenes.iter().map(|scene| scene.frames).sum()
    }
}

/// Cuts a number of frames into scenes of about, but not quite, the same length.
fn lengths(frames: u32, fps: u32, random: &mut Random) -> Vec<u32> {
    let scenes = (f64::from(frames) / f64::from(fps) / SCENE_SECONDS)
        .round()
        .max(1.0) as u32;
    let cut = |i: u32, shift: f32| {
        let step = frames as f32 / scenes as f32;
        (step * (i as f32 + shift)).round() as u32
    };
    let mut cuts = vec![0];
    cuts.extend((1..scenes).map(|i| cut(i, random.between(-0.25, 0.25))));
    cuts.push(frames);
    cuts.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn request(seconds: f64, seed: u64) -> Request {
        Request {
            theme: Theme::City,
            seconds,
            text: Some("Hello".into()),
            optimise: None,
            seed,
        }
    }

    #[test]
    fn scenes_fill_the_length_exactly() {
        let format = Config::default().format;
        for (seconds, frames) in [(0.5, 6), (1.0, 12), (4.2, 50), (30.0, 360)] {
            for seed in 0..20 {
                let plan = Plan::new(&request(seconds, seed), format).unwrap();
                assert_eq!(plan.frames(), frames);
                assert!(plan.scenes.iter().all(|scene| scene.frames > 0));
                assert_eq!(plan.scenes[0].lines, ["Hello"]);
            }
        }
    }

    #[test]
    fn the_same_request_gives_the_same_plan() {
        let format = Config::default().format;
        let plan = |seed| Plan::new(&request(6.0, seed), format).unwrap();
        assert_eq!(plan(1), plan(1));
        assert_ne!(plan(1), plan(2));
    }

    #[test]
    fn a_title_that_cannot_be_drawn_is_invalid_input() {
        let request = Request {
            text: Some("\u{4f60}\u{597d}".into()),
            ..request(1.0, 1)
        };
        let error = Plan::new(&request, Config::default().format).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidInput);
    }
}
