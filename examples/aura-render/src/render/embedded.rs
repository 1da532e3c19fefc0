//! The embedded renderer: animated GIF with one palette for the whole video.

use std::{
    fs::File,
    io::{BufReader, BufWriter, ErrorKind as IoKind, Read},
    path::Path,
};

use color_quant::NeuQuant;
use gif::{ColorOutput, DecodeOptions, Encoder, Frame, Repeat};

use super::Clip;
use crate::{
    blocking::Stop,
    failure::{ErrorKind, JobError},
    optimise::Level,
    quality::{luma, ssim},
};

/// A picture as RGB, and how long it is shown, in hundredths of a second.
struct Picture {
    rgb: Vec<u8>,
    delay: u16,
}

type Pictures = Box<dyn Iterator<Item = Result<Picture, JobError>>>;

/// Makes a GIF from the raw frames of a clip.
pub(super) fn encode(clip: &Clip, to: &Path, stop: &Stop) -> Result<(), JobError> {
    write(clip, 256, &|| raw_pictures(clip), to, stop)
}

/// Makes a GIF with fewer colours, and frames, from another.
pub(super) fn reencode(
    clip: &Clip,
    from: &Path,
    level: Level,
    to: &Path,
    stop: &Stop,
) -> Result<(), JobError> {
    let (colors, every) = match level {
        Level::Light => (160, 1),
        Level::Standard => (96, 2),
        Level::Aggressive => (64, 3),
    };
    write(
        clip,
        colors,
        &|| Ok(thin_out(gif_pictures(from)?, every)),
        to,
        stop,
    )
}

/// The mean similarity of what a GIF shows to the raw frames, frame by frame.
pub(super) fn quality(clip: &Clip, video: &Path, stop: &Stop) -> Result<f64, JobError> {
    let (width, height) = (
        usize::from(clip.format.width),
        usize::from(clip.format.height),
    );
    let mut shown = gif_pictures(video)?;
    let (mut current, mut until) = (Vec::new(), 0);
    let (mut now, mut total, mut count) = (0, 0.0, 0u32);
    for original in raw_pictures(clip)? {
        stop.check()?;
        let original = original?;
        while until <= now {
            let Some(next) = shown.next() else { break };
            let next = next?;
            until += u32::from(next.delay);
            current = luma(&next.rgb);
        }
        if current.len() != width * height {
            return Err(broken("its pictures have another size"));
        }
        total += ssim(&luma(&original.rgb), &current, width, height);
        count += 1;
        now += u32::from(original.delay);
    }
    Ok(total / f64::from(count.max(1)))
}

/// Writes pictures as a GIF; they are read twice, first for the palette.
fn write(
    clip: &Clip,
    colors: usize,
    open: &dyn Fn() -> Result<Pictures, JobError>,
    to: &Path,
    stop: &Stop,
) -> Result<(), JobError> {
    let mut quantizer = Quantizer::learn(colors, clip.frames, open()?, stop)?;
    let failed = |error: gif::EncodingError| JobError::storage("cannot write the GIF", error);
    let file = BufWriter::new(File::create(to)?);
    let (width, height) = (clip.format.width, clip.format.height);
    let mut encoder =
        Encoder::new(file, width, height, &quantizer.network.color_map_rgb()).map_err(failed)?;
    encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
    for picture in open()? {
        stop.check()?;
        let picture = picture?;
        let buffer = picture
            .rgb
            .chunks_exact(3)
            .map(|pixel| quantizer.index(pixel))
            .collect();
        let frame = Frame {
            width,
            height,
            delay: picture.delay,
            buffer,
            ..Frame::default()
        };
        encoder.write_frame(&frame).map_err(failed)?;
    }
    let file = encoder
        .into_inner()
        .map_err(|error| JobError::storage("cannot write the GIF", error))?;
    file.into_inner()
        .map_err(|error| JobError::storage("cannot write the GIF", error.error()))?;
    Ok(())
}

/// A palette, and which of its colours each colour is nearest to.
struct Quantizer {
    network: NeuQuant,
    /// Answers found before, by the upper six bits of red, green and blue.
    known: Vec<Option<u8>>,
}

impl Quantizer {
    /// Learns a palette from pixels spread over all pictures.
    fn learn(
        colors: usize,
        frames: u32,
        pictures: Pictures,
        stop: &Stop,
    ) -> Result<Self, JobError> {
        const PICTURES: usize = 24;
        const EVERY_PIXEL: usize = 5;
        let step = (frames as usize / PICTURES).max(1);
        let mut sample = Vec::new();
        for picture in pictures.step_by(step) {
            stop.check()?;
            for pixel in picture?.rgb.chunks_exact(3).step_by(EVERY_PIXEL) {
                sample.extend([pixel[0], pixel[1], pixel[2], 255]);
            }
        }
        Ok(Self {
            network: NeuQuant::new(10, colors, &sample),
            known: vec![None; 1 << 18],
        })
    }

    fn index(&mut self, pixel: &[u8]) -> u8 {
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]];
        let key = (usize::from(r >> 2) << 12) | (usize::from(g >> 2) << 6) | usize::from(b >> 2);
        *self.known[key].get_or_insert_with(|| self.network.index_of(&[r, g, b, 255]) as u8)
    }
}

/// The raw frames of a clip, with delays that add up to its length.
fn raw_pictures(clip: &Clip) -> Result<Pictures, JobError> {
    let mut file = BufReader::new(File::open(clip.raw())?);
    let size = clip.format.frame_bytes();
    let fps = clip.format.fps.get();
    let end = move |index: u32| (u64::from(index) * 100 + u64::from(fps) / 2) / u64::from(fps);
    Ok(Box::new((0..clip.frames).map(move |index| {
        let mut rgb = vec![0; size];
        file.read_exact(&mut rgb)
            .map_err(|error| match error.kind() {
                IoKind::UnexpectedEof => broken("frames are missing"),
                _ => error.into(),
            })?;
        Ok(Picture {
            rgb,
            delay: (end(index + 1) - end(index)) as u16,
        })
    })))
}

/// The pictures of a GIF that this module has written.
fn gif_pictures(path: &Path) -> Result<Pictures, JobError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    let mut decoder = options
        .read_info(BufReader::new(File::open(path)?))
        .map_err(broken)?;
    Ok(Box::new(std::iter::from_fn(move || {
        let frame = decoder.read_next_frame().map_err(broken).transpose()?;
        Some(frame.map(|frame| {
            Picture {
                rgb: frame
                    .buffer
                    .chunks_exact(4)
                    .flat_map(|p| [p[0], p[1], p[2]])
                    .collect(),
                delay: frame.delay,
            }
        }))
    })))
}

/// Keeps the first of every so many pictures, for as long as all of them were shown.
fn thin_out(mut pictures: Pictures, every: usize) -> Pictures {
    Box::new(std::iter::from_fn(move || {
        let mut kept = match pictures.next()? {
            Ok(picture) => picture,
            Err(error) => return Some(Err(error)),
        };
        for left_out in pictures.by_ref().take(every - 1) {
            match left_out {
                Ok(picture) => kept.delay += picture.delay,
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(kept))
    }))
}

fn broken(error: impl std::fmt::Display) -> JobError {
    JobError::new(
        ErrorKind::Internal,
        format!("cannot read back what was rendered: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        config::Config,
        frames,
        plan::{Plan, Request},
        theme::Theme,
    };
    use vitalsigns::LabelValue;

    fn clip(seconds: f64) -> Clip {
        let request = Request {
            theme: Theme::City,
            seconds,
            text: None,
            optimise: None,
            seed: 5,
        };
        let plan = Plan::new(&request, Config::default().format).unwrap();
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let clip = Clip {
            format: plan.format,
            frames: plan.frames(),
            folder,
        };
        let mut file = File::create(clip.raw()).unwrap();
        frames::draw_all(&plan, &mut file, &Stop::default()).unwrap();
        clip
    }

    #[test]
    fn a_gif_shows_all_frames_for_the_right_time_and_looks_like_them() {
        let clip = clip(1.5);
        let to = clip.folder.path().join("a.gif");
        encode(&clip, &to, &Stop::default()).unwrap();
        let pictures: Vec<_> = gif_pictures(&to).unwrap().map(Result::unwrap).collect();
        assert_eq!(pictures.len(), 18);
        assert_eq!(
            pictures
                .iter()
                .map(|picture| u32::from(picture.delay))
                .sum::<u32>(),
            150
        );
        let score = quality(&clip, &to, &Stop::default()).unwrap();
        assert!((0.85..1.0).contains(&score), "{score}");
    }

    #[test]
    fn each_level_is_smaller_and_less_like_the_frames() {
        let clip = clip(1.0);
        let original = clip.folder.path().join("a.gif");
        encode(&clip, &original, &Stop::default()).unwrap();
        let size = |path: &Path| std::fs::metadata(path).unwrap().len();
        let mut last = (
            size(&original),
            quality(&clip, &original, &Stop::default()).unwrap(),
        );
        for level in [Level::Light, Level::Standard, Level::Aggressive] {
            let to = clip.folder.path().join(level.as_label());
            reencode(&clip, &original, level, &to, &Stop::default()).unwrap();
            let delays = gif_pictures(&to)
                .unwrap()
                .map(|p| u32::from(p.unwrap().delay));
            assert_eq!(
                delays.sum::<u32>(),
                100,
                "{} changes the length",
                level.as_label()
            );
            let this = (size(&to), quality(&clip, &to, &Stop::default()).unwrap());
            assert!(
                this.0 < last.0 && this.1 < last.1,
                "{}: {last:?} {this:?}",
                level.as_label()
            );
            last = this;
        }
    }

    #[test]
    fn missing_frames_are_found() {
        let mut clip = clip(0.5);
        clip.frames += 1;
        let error = encode(&clip, &clip.folder.path().join("a.gif"), &Stop::default()).unwrap_err();
        assert!(error.reason.contains("frames are missing"), "{error}");
    }
}
