//! A picture of RGB pixels and the few shapes that the themes are painted with.

use crate::{config::Format, theme::Rgb};

/// The colour that lies between two, from `a` (0) to `b` (1).
pub fn mix(a: Rgb, b: Rgb, part: f32) -> Rgb {
    let part = part.clamp(0.0, 1.0);
    std::array::from_fn(|i| {
        (f32::from(a[i]) + (f32::from(b[i]) - f32::from(a[i])) * part + 0.5) as u8
    })
}

/// A picture of RGB pixels, row by row.
#[derive(Clone, Debug)]
pub struct Canvas {
    width: i32,
    height: i32,
    pixels: Vec<u8>,
}

impl Canvas {
    /// A black picture.
    pub fn new(format: Format) -> Self {
        Self {
            width: i32::from(format.width),
            height: i32::from(format.height),
            pixels: vec![0; format.frame_bytes()],
        }
    }

    /// The bytes of the picture.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Width and height.
    pub fn size(&self) -> (i32, i32) {
        (self.width, self.height)
    }

    /// Lays a colour over a pixel; outside of the picture, nothing happens.
    pub fn blend(&mut self, x: i32, y: i32, color: Rgb, alpha: f32) {
        if x < 0 || y < 0 || x >= self.width || y >= self.height {
            return;
        }
        let at = (y * self.width + x) as usize * 3;
        let alpha = (alpha.clamp(0.0, 1.0) * 256.0) as i32;
        for (old, new) in self.pixels[at..at + 3].iter_mut().zip(color) {
            *old = (i32::from(*old) + (((i32::from(new) - i32::from(*old)) * alpha) >> 8)) as u8;
        }
    }

    /// Fills the picture from top to bottom with a run of colours.
    pub fn gradient(&mut self, top: Rgb, bottom: Rgb) {
        let rows = self.pixels.chunks_exact_mut(self.width as usize * 3);
        for (y, row) in rows.enumerate() {
            let color = mix(top, bottom, y as f32 / self.height as f32);
            row.chunks_exact_mut(3)
                .for_each(|pixel| pixel.copy_from_slice(&color));
        }
    }

    /// Sets every pixel to what `color` says for its place.
    pub fn fill(&mut self, color: impl Fn(f32, f32) -> Rgb) {
        let width = self.width as usize;
        for (i, pixel) in self.pixels.chunks_exact_mut(3).enumerate() {
            pixel.copy_from_slice(&color((i % width) as f32, (i / width) as f32));
        }
    }

    /// A rectangle from one corner up to, not including, the other.
    pub fn rect(&mut self, left: i32, top: i32, right: i32, bottom: i32, color: Rgb, alpha: f32) {
        for y in top.max(0)..bottom.min(self.height) {
            for x in left.max(0)..right.min(self.width) {
                self.blend(x, y, color, alpha);
            }
        }
    }

    /// A disc with a smooth edge.
    pub fn disc(&mut self, x: f32, y: f32, radius: f32, color: Rgb, alpha: f32) {
        self.round(x, y, radius + 1.0, |distance| {
            Some((color, alpha * (radius + 0.5 - distance).clamp(0.0, 1.0)))
        });
    }

    /// A light that fades out towards its edge.
    pub fn glow(&mut self, x: f32, y: f32, radius: f32, color: Rgb, alpha: f32) {
        self.round(x, y, radius, |distance| {
            let near = 1.0 - distance / radius;
            Some((color, alpha * near * near))
        });
    }

    /// Colours the pixels within a radius by their distance from the middle.
    fn round(&mut self, x: f32, y: f32, radius: f32, color: impl Fn(f32) -> Option<(Rgb, f32)>) {
        for row in (y - radius).floor().max(0.0) as i32..=(y + radius).ceil() as i32 {
            if row >= self.height {
                break;
            }
            for column in (x - radius).floor().max(0.0) as i32..=(x + radius).ceil() as i32 {
                let distance = (column as f32 - x).hypot(row as f32 - y);
                if distance <= radius
                    && let Some((color, alpha)) = color(distance)
                {
                    self.blend(column, row, color, alpha);
                }
            }
        }
    }

    /// A thin line with smooth steps.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), color: Rgb, alpha: f32) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).clamp(1.0, 2000.0);
        for i in 0..=steps as i32 {
            let part = i as f32 / steps;
            let (x, y) = (from.0 + dx * part, from.1 + dy * part);
            if dx.abs() >= dy.abs() {
                let rest = y - y.floor();
                self.blend(x as i32, y.floor() as i32, color, alpha * (1.0 - rest));
                self.blend(x as i32, y.floor() as i32 + 1, color, alpha * rest);
            } else {
                let rest = x - x.floor();
                self.blend(x.floor() as i32, y as i32, color, alpha * (1.0 - rest));
                self.blend(x.floor() as i32 + 1, y as i32, color, alpha * rest);
            }
        }
    }

    /// Fills each column from a height down to the bottom, with a smooth edge.
    pub fn land(&mut self, color: Rgb, alpha: f32, top: impl Fn(f32) -> f32) {
        for x in 0..self.width {
            let edge = top(x as f32);
            let first = edge.floor() as i32;
            self.blend(x, first, color, alpha * (1.0 - (edge - edge.floor())));
            for y in (first + 1).max(0)..self.height {
                self.blend(x, y, color, alpha);
            }
        }
    }

    /// Mixes this picture with the one that it replaces.
    pub fn fade_from(&mut self, other: &Self, progress: f32) {
        let part = (progress.clamp(0.0, 1.0) * 256.0) as i32;
        for (new, old) in self.pixels.iter_mut().zip(&other.pixels) {
            *new = (i32::from(*old) + (((i32::from(*new) - i32::from(*old)) * part) >> 8)) as u8;
        }
    }

    /// Keeps the left part of this picture and takes the rest from the one that it replaces.
    pub fn wipe_from(&mut self, other: &Self, progress: f32) {
        let row = self.width as usize * 3;
        let kept = (self.width as f32 * progress.clamp(0.0, 1.0)) as usize * 3;
        for (new, old) in self
            .pixels
            .chunks_exact_mut(row)
            .zip(other.pixels.chunks_exact(row))
        {
            new[kept..].copy_from_slice(&old[kept..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn blending_is_exact_at_the_ends_and_harmless_outside() {
        let mut canvas = Canvas::new(Config::default().format);
        canvas.blend(1, 0, [10, 20, 30], 1.0);
        assert_eq!(canvas.pixels()[3..6], [10, 20, 30]);
        canvas.blend(1, 0, [200, 200, 200], 0.0);
        assert_eq!(canvas.pixels()[3..6], [10, 20, 30]);
        let before = canvas.pixels().to_vec();
        canvas.blend(-1, 0, [255; 3], 1.0);
        canvas.blend(0, 100_000, [255; 3], 1.0);
        assert_eq!(canvas.pixels(), before);
    }

    #[test]
    fn a_wipe_takes_the_right_part_from_the_other_picture() {
        let format = Config::default().format;
        let (mut new, mut old) = (Canvas::new(format), Canvas::new(format));
        new.gradient([1; 3], [1; 3]);
        old.gradient([2; 3], [2; 3]);
        new.wipe_from(&old, 0.5);
        let row = usize::from(format.width) * 3;
        assert_eq!(new.pixels()[..row / 2], vec![1; row / 2]);
        assert_eq!(new.pixels()[row / 2..row], vec![2; row / 2]);
    }
}
