//! What each theme looks like and how it moves.

use std::f32::consts::TAU;

use visitor::random::Random;

use super::{Canvas, mix};
use crate::{
    plan::Scene,
    theme::{Palette, Theme},
};

/// Paints the picture of a scene so many seconds after its start.
pub(super) fn paint(theme: Theme, scene: &Scene, time: f32, canvas: &mut Canvas) {
    let (width, height) = canvas.size();
    let (size, random) = ((width as f32, height as f32), Random::new(scene.seed));
    match theme {
        Theme::Tech => tech(canvas, size, scene.palette, random, time),
        Theme::Nature => nature(canvas, size, scene.palette, random, time),
        Theme::City => city(canvas, size, scene.palette, scene.seed, time),
        Theme::Ocean => ocean(canvas, size, scene.palette, random, time),
        Theme::Space => space(canvas, size, scene.palette, random, time),
        Theme::Abstract => abstraction(canvas, size, scene.palette, random, time),
    }
}

/// A grid that comes towards the viewer, with pulses on it and bars behind it.
fn tech(canvas: &mut Canvas, (w, h): (f32, f32), colors: Palette, mut random: Random, time: f32) {
    canvas.gradient(colors.top, colors.bottom);
    let horizon = h * 0.55;
    canvas.glow(w / 2.0, horizon, w * 0.5, colors.second, 0.7);
    let bars = 32;
    for i in 0..bars {
        let (speed, phase) = (random.between(1.5, 4.0), random.unit() * TAU);
        let tall = h * (0.06 + 0.16 * (0.5 + 0.5 * (time * speed + phase).sin()));
        let left = (w * i as f32 / bars as f32) as i32;
        let right = (w * (i as f32 + 0.7) / bars as f32) as i32;
        canvas.rect(
            left,
            (horizon - tall) as i32,
            right,
            horizon as i32,
            colors.second,
            0.5,
        );
        let top = (horizon - tall) as i32;
        canvas.rect(left, top, right, top + 2, colors.shape, 0.8);
    }
    canvas.land([0, 0, 0], 0.35, |_| horizon);
    let columns = 9;
    for i in -columns..=columns {
        let spread = i as f32 / columns as f32;
        let (from, to) = (
            (w * (0.5 + spread * 0.35), horizon),
            (w * (0.5 + spread * 2.6), h),
        );
        canvas.line(from, to, colors.shape, 0.45);
        let (speed, offset) = (random.between(0.25, 0.7), random.unit());
        let along = ((time * speed + offset) % 1.0).powi(2);
        let (x, y) = (
            from.0 + (to.0 - from.0) * along,
            from.1 + (to.1 - from.1) * along,
        );
        canvas.glow(x, y, 3.0 + 9.0 * along, colors.light, 0.9);
    }
    for i in 0..14 {
        let depth = i as f32 + 1.0 - (time * 1.6) % 1.0;
        let y = horizon + (h - horizon) / depth.max(0.05);
        if y < h {
            canvas.line(
                (0.0, y),
                (w - 1.0, y),
                colors.shape,
                (0.15 + 0.9 / depth).min(0.8),
            );
        }
    }
}

/// Hills in three layers that roll by at their own speeds, a sun, and leaves in the wind.
fn nature(canvas: &mut Canvas, (w, h): (f32, f32), colors: Palette, mut random: Random, time: f32) {
    canvas.gradient(colors.top, colors.bottom);
    let (x, y) = (w * random.between(0.2, 0.8), h * (0.3 - 0.01 * time));
    canvas.glow(x, y, h * 0.5, colors.light, 0.8);
    canvas.disc(x, y, h * 0.1, mix(colors.light, [255; 3], 0.6), 1.0);
    for layer in 0..3 {
        let near = (layer as f32 + 1.0) / 3.0;
        let color = mix(mix(colors.bottom, colors.shape, 0.55), colors.second, near);
        let (phase, waves) = (random.unit() * TAU, random.between(1.2, 2.2));
        canvas.land(color, 1.0, |x| {
            let along = (x / w + time * 0.06 * near) * TAU * waves + phase;
            let swing = along.sin() + 0.4 * (along * 2.3 + phase).sin();
            h * (0.52 + 0.17 * layer as f32) + h * 0.07 * swing
        });
    }
    for _ in 0..26 {
        let (start, level) = (random.unit(), random.unit());
        let (speed, swing) = (random.between(0.05, 0.14), random.unit() * TAU);
        let x = (start + time * speed) % 1.1 * w;
        let y = (level + time * 0.07) % 1.0 * h + (time * 2.0 + swing).sin() * 7.0;
        canvas.disc(
            x,
            y,
            random.between(1.2, 2.6),
            mix(colors.light, colors.shape, 0.2),
            0.85,
        );
    }
}

/// Two rows of houses with lit windows that slide by, and cars on the road before them.
fn city(canvas: &mut Canvas, (w, h): (f32, f32), colors: Palette, seed: u64, time: f32) {
    canvas.gradient(colors.top, colors.bottom);
    let mut random = Random::new(seed);
    let moon = (w * random.between(0.15, 0.85), h * 0.2);
    canvas.glow(moon.0, moon.1, h * 0.32, colors.light, 0.35);
    canvas.disc(
        moon.0,
        moon.1,
        h * 0.07,
        mix(colors.light, [255; 3], 0.5),
        0.95,
    );
    let road = h * 0.88;
    for (layer, wide, speed) in [(0, 34.0, 5.0), (1, 46.0, 14.0)] {
        let color = if layer == 0 {
            mix(colors.shape, colors.bottom, 0.25)
        } else {
            colors.second
        };
        let shift = time * speed + 10_000.0;
        let first = (shift / wide) as u64;
        for house in first..=first + (w / wide) as u64 + 1 {
            let mut random = Random::new(seed ^ (house * 2 + layer));
            let left = (house as f32 * wide - shift) as i32;
            let right = left + (wide * random.between(0.78, 0.98)) as i32;
            let base = if layer == 0 { 0.5 } else { 0.34 };
            let top = (road - h * random.between(base * 0.45, base * 1.3)) as i32;
            canvas.rect(left, top, right, road as i32, color, 1.0);
            for y in (top + 5..road as i32 - 6).step_by(9) {
                for x in (left + 4..right - 5).step_by(8) {
                    let (lit, blink) = (random.unit(), random.between(0.3, 3.0));
                    if lit < 0.42 && (lit > 0.05 || (time * blink).sin() > 0.0) {
                        let alpha = if layer == 0 { 0.45 } else { 0.9 };
                        canvas.rect(x, y, x + 4, y + 5, colors.light, alpha);
                    }
                }
            }
        }
    }
    canvas.land(mix(colors.second, [0, 0, 0], 0.4), 1.0, |_| road);
    for car in 0..6 {
        let (start, speed) = (random.unit(), random.between(0.16, 0.34));
        let ahead = car % 2 == 0;
        let part = (start + time * speed) % 1.2 - 0.1;
        let x = if ahead { part * w } else { (1.0 - part) * w };
        let y = road + h * if ahead { 0.075 } else { 0.035 };
        let color = if ahead {
            [255, 240, 200]
        } else {
            [255, 70, 60]
        };
        canvas.glow(x, y, 11.0, color, 0.9);
        canvas.rect(
            x as i32 - 3,
            y as i32 - 1,
            x as i32 + 3,
            y as i32 + 1,
            color,
            1.0,
        );
    }
}

/// Waves in five layers under a low sun, its path on the water, and bubbles.
fn ocean(canvas: &mut Canvas, (w, h): (f32, f32), colors: Palette, mut random: Random, time: f32) {
    canvas.gradient(colors.top, colors.bottom);
    let sun = w * random.between(0.3, 0.7);
    canvas.glow(sun, h * 0.36, h * 0.5, colors.light, 0.8);
    canvas.disc(sun, h * 0.36, h * 0.11, colors.light, 1.0);
    for layer in 0..5 {
        let deep = layer as f32 / 4.0;
        let (phase, waves) = (random.unit() * TAU, 2.0 + random.unit() * 1.5);
        let direction = if layer % 2 == 0 { 1.0 } else { -1.0 };
        let level = h * (0.44 + 0.12 * layer as f32);
        let top = |x: f32| {
            let along =
                x / w * TAU * waves / (1.0 + deep) + direction * time * (0.9 + deep) + phase;
            level + h * (0.018 + 0.022 * deep) * (along.sin() + 0.5 * (along * 1.7).sin())
        };
        canvas.land(mix(colors.shape, colors.second, deep), 0.85, top);
        for x in 0..w as i32 {
            canvas.blend(
                x,
                top(x as f32) as i32,
                colors.light,
                0.5 * (1.0 - 0.6 * deep),
            );
        }
        for i in 0..4 {
            let y = level + h * 0.03 * i as f32;
            let wide = w * (0.015 + 0.012 * (time * 3.0 + i as f32 * 1.9 + phase).sin().abs());
            let x = sun + (time * 1.7 + i as f32 * 2.0 + phase).sin() * 4.0;
            canvas.line(
                (x - wide, y),
                (x + wide, y),
                colors.light,
                0.35 * (1.0 - deep),
            );
        }
    }
    for _ in 0..22 {
        let (start, phase) = (random.unit(), random.unit());
        let rise = (phase + time * random.between(0.08, 0.2)) % 1.0;
        let x = start * w + (time * 1.5 + phase * TAU).sin() * 5.0;
        let (y, radius) = (h * (1.0 - rise * 0.45), random.between(1.0, 3.2));
        canvas.disc(x, y, radius, colors.light, 0.4 * (1.0 - rise));
    }
}

/// Stars that fly by, clouds of gas, and a planet with a ring.
fn space(canvas: &mut Canvas, (w, h): (f32, f32), colors: Palette, mut random: Random, time: f32) {
    canvas.gradient(colors.top, colors.bottom);
    for i in 0..4 {
        let (x, y) = (w * random.unit() + time * 2.0, h * random.unit());
        let color = if i % 2 == 0 {
            colors.second
        } else {
            colors.shape
        };
        canvas.glow(x, y, h * random.between(0.35, 0.75), color, 0.28);
    }
    for _ in 0..170 {
        let (x, y) = (random.between(-1.0, 1.0), random.between(-1.0, 1.0));
        let depth = 1.0 - (random.unit() + time * 0.22) % 1.0 + 0.04;
        let at = |depth: f32| (w * (0.5 + x * 0.35 / depth), h * (0.5 + y * 0.35 / depth));
        let (near, bright) = (at(depth), (1.15 - depth).clamp(0.1, 1.0));
        canvas.line(at(depth + 0.015), near, colors.light, bright * 0.6);
        canvas.disc(near.0, near.1, 0.3 + 0.9 * bright, colors.light, bright);
    }
    let radius = h * random.between(0.15, 0.2);
    let (x, y) = (
        w * random.between(0.68, 0.8) - time * 3.0,
        h * random.between(0.25, 0.36),
    );
    ring(canvas, (x, y), radius, colors, -1.0);
    canvas.disc(x, y, radius, colors.second, 1.0);
    for i in 0..12 {
        let part = i as f32 / 12.0;
        let shift = radius * 0.3 * part;
        let color = mix(colors.second, colors.shape, part);
        canvas.disc(
            x - shift,
            y - shift,
            radius * (1.0 - 0.42 * part),
            color,
            0.6,
        );
    }
    ring(canvas, (x, y), radius, colors, 1.0);
}

/// The half of a planet's ring behind it (-1) or before it (1).
fn ring(canvas: &mut Canvas, (x, y): (f32, f32), radius: f32, colors: Palette, side: f32) {
    for i in 0..240 {
        let angle = i as f32 / 240.0 * TAU / 2.0;
        for (wide, alpha) in [(1.55, 0.5), (1.7, 0.7), (1.85, 0.35)] {
            let (along, across) = (
                angle.cos() * radius * wide,
                angle.sin() * radius * wide * 0.24,
            );
            let (px, py) = (x + along, y + side * across + along * 0.22);
            canvas.blend(
                px as i32,
                py as i32,
                mix(colors.shape, colors.light, 0.5),
                alpha,
            );
        }
    }
}

/// Bands of colour that flow through each other, and soft discs on closed paths.
fn abstraction(
    canvas: &mut Canvas,
    (w, h): (f32, f32),
    colors: Palette,
    mut random: Random,
    time: f32,
) {
    let (a, b, c) = (
        random.between(2.0, 4.0),
        random.between(2.0, 4.0),
        random.unit() * TAU,
    );
    canvas.fill(|x, y| {
        let (x, y) = (x / w, y / h);
        let flow = (x * a + time * 0.9).sin()
            + (y * b - time * 0.7 + c).sin()
            + ((x - 0.5).hypot(y - 0.5) * 7.0 - time * 1.3).sin();
        let part = 0.5 + flow / 6.0;
        if part < 0.5 {
            mix(colors.second, colors.top, part * 2.0)
        } else {
            mix(colors.top, colors.bottom, part * 2.0 - 1.0)
        }
    });
    for i in 0..7 {
        let (u, v) = (random.between(0.3, 1.1), random.between(0.3, 1.1));
        let (p, q) = (random.unit() * TAU, random.unit() * TAU);
        let x = w * (0.5 + 0.42 * (time * u + p).sin());
        let y = h * (0.5 + 0.40 * (time * v + q).cos());
        let radius = h * random.between(0.07, 0.2);
        let color = if i % 2 == 0 {
            colors.shape
        } else {
            colors.light
        };
        canvas.disc(x, y, radius, color, 0.3);
        canvas.disc(x, y, radius * 0.6, color, 0.3);
    }
}
