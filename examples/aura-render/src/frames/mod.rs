//! The rendering stage: frames of RGB pixels, drawn by this program itself.

mod canvas;
mod scenery;

use std::io::Write;

pub use canvas::{Canvas, mix};

use crate::{
    blocking::Stop,
    failure::JobError,
    font::{self, Size},
    plan::{Plan, Scene, Transition},
};

/// How long a transition or the fade of a title takes, in seconds.
const FADE: f32 = 0.5;

/// Draws all frames of a plan, one after the other, into `out`; stops early when asked to.
pub fn draw_all(plan: &Plan, out: &mut impl Write, stop: &Stop) -> Result<(), JobError> {
    let mut canvas = Canvas::new(plan.format);
    let mut other = Canvas::new(plan.format);
    for index in 0..plan.frames() {
        stop.check()?;
        draw(plan, index, &mut canvas, &mut other);
        out.write_all(canvas.pixels())
            .map_err(|error| JobError::storage("cannot keep the frames", error))?;
    }
    out.flush()
        .map_err(|error| JobError::storage("cannot keep the frames", error))
}

/// Draws one frame; `other` is room for the scene that a transition leaves.
fn draw(plan: &Plan, index: u32, canvas: &mut Canvas, other: &mut Canvas) {
    let (number, first) = scene_at(plan, index);
    let scene = &plan.scenes[number];
    let time = plan.format.seconds(index - first) as f32;
    draw_scene(plan, scene, time, canvas);
    let progress = (time / FADE).min(1.0);
    if progress < 1.0 && scene.transition != Transition::Cut && number > 0 {
        let before = &plan.scenes[number - 1];
        draw_scene(
            plan,
            before,
            plan.format.seconds(before.frames) as f32 + time,
            other,
        );
        match scene.transition {
            Transition::Cut => {}
            Transition::Fade => canvas.fade_from(other, progress),
            Transition::Wipe => canvas.wipe_from(other, progress),
        }
    }
    let done = (index + 1) as f32 / plan.frames() as f32;
    let (width, height) = canvas.size();
    canvas.rect(
        0,
        height - 2,
        (width as f32 * done) as i32,
        height,
        scene.palette.light,
        0.8,
    );
}

/// The scene that a frame belongs to, and the first frame of that scene.
fn scene_at(plan: &Plan, index: u32) -> (usize, u32) {
    let mut first = 0;
    for (number, scene) in plan.scenes.iter().enumerate() {
        if index < first + scene.frames {
            return (number, first);
        }
        first += scene.frames;
    }
    (plan.scenes.len() - 1, first)
}

fn draw_scene(plan: &Plan, scene: &Scene, time: f32, canvas: &mut Canvas) {
    scenery::paint(plan.theme, scene, time, canvas);
    let (width, height) = canvas.size();
    let shown = (time / FADE).min(1.0);
    let line_height = Size::Title.line_height();
    let top = (height - line_height * scene.lines.len() as i32) / 2;
    for (line, y) in scene
        .lines
        .iter()
        .zip((top..).step_by(line_height as usize))
    {
        shadowed(
            canvas,
            line,
            Size::Title,
            ((width - Size::Title.width(line)) / 2, y),
            shown,
        );
    }
    if let Some(longest) = scene.lines.iter().map(|line| Size::Title.width(line)).max() {
        let half = (longest as f32 / 2.0 * shown) as i32;
        let y = top + line_height * scene.lines.len() as i32 + 4;
        canvas.rect(
            width / 2 - half,
            y,
            width / 2 + half,
            y + 2,
            scene.palette.light,
            0.9,
        );
    }
    let caption = (8, height - Size::Small.line_height() - 6);
    shadowed(canvas, plan.theme.name(), Size::Small, caption, 0.75);
}

/// Draws text so that it can be read on light and on dark pictures.
fn shadowed(canvas: &mut Canvas, text: &str, size: Size, (x, y): (i32, i32), alpha: f32) {
    for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1), (2, 2)] {
        font::draw(
            canvas,
            text,
            size,
            (x + dx, y + dy),
            [8, 10, 20],
            alpha * 0.45,
        );
    }
    font::draw(canvas, text, size, (x, y), [255, 255, 255], alpha);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, plan::Request, theme::Theme};

    fn frames(theme: Theme, seed: u64) -> Vec<u8> {
        let request = Request {
            theme,
            seconds: 0.5,
            text: None,
            optimise: None,
            seed,
        };
        let plan = Plan::new(&request, Config::default().format).unwrap();
        let mut out = Vec::new();
        draw_all(&plan, &mut out, &Stop::default()).unwrap();
        assert_eq!(
            out.len(),
            plan.frames() as usize * plan.format.frame_bytes()
        );
        out
    }

    #[test]
    fn every_theme_draws_moving_pictures_of_its_own() {
        let size = Config::default().format.frame_bytes();
        let all: Vec<_> = Theme::ALL
            .into_iter()
            .map(|theme| frames(theme, 1))
            .collect();
        for (i, video) in all.iter().enumerate() {
            assert_ne!(
                video[..size],
                video[size..2 * size],
                "{} stands still",
                Theme::ALL[i]
            );
            assert!(
                !all[..i].contains(video),
                "{} is like another",
                Theme::ALL[i]
            );
        }
    }

    #[test]
    fn the_same_plan_draws_the_same_pixels() {
        assert_eq!(frames(Theme::Space, 3), frames(Theme::Space, 3));
        assert_ne!(frames(Theme::Space, 3), frames(Theme::Space, 4));
    }

    #[test]
    fn drawing_stops_when_asked_to() {
        let request = Request {
            theme: Theme::Tech,
            seconds: 1.0,
            text: None,
            optimise: None,
            seed: 1,
        };
        let plan = Plan::new(&request, Config::default().format).unwrap();
        let stop = Stop::default();
        stop.stop();
        let mut out = Vec::new();
        assert!(draw_all(&plan, &mut out, &stop).is_err());
        assert!(out.is_empty());
    }
}
