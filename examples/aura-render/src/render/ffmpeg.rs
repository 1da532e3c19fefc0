//! The ffmpeg renderer: H.264 in MP4, by the `ffmpeg` program as a child process.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt},
    process::Command,
};

use super::Clip;
use crate::{
    config::Format,
    failure::{ErrorKind, JobError},
    optimise::Level,
};

/// How long ffmpeg may take to say what it is.
const PROBE_DEADLINE: Duration = Duration::from_secs(10);
/// How much of what ffmpeg says is kept, in bytes, from the end.
const KEPT_OUTPUT: usize = 16 * 1024;

/// Why there is no ffmpeg to render with, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoFfmpeg(String);

impl fmt::Display for NoFfmpeg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoFfmpeg {}

/// An ffmpeg program that has libx264.
#[derive(Clone, Debug)]
pub struct Ffmpeg {
    program: PathBuf,
    version: String,
}

impl Ffmpeg {
    /// Runs the program to see that it is there and can write H.264.
    pub async fn find(program: &Path) -> Result<Self, NoFfmpeg> {
        let version = ask(program, "-version").await?;
        let version = version
            .split_whitespace()
            .nth(2)
            .unwrap_or("of unknown version")
            .to_owned();
        if !ask(program, "-encoders")
            .await?
            .split_whitespace()
            .any(|word| word == "libx264")
        {
            return Err(NoFfmpeg(format!("{} has no libx264", program.display())));
        }
        Ok(Self {
            program: program.to_owned(),
            version,
        })
    }

    /// The program: a name to be found on PATH, or a path.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Which ffmpeg it is.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Pipes the raw frames into ffmpeg.
    pub(super) async fn encode(&self, clip: &Clip, to: &Path) -> Result<(), JobError> {
        let frames = File::open(clip.raw()).await?;
        let mut args = raw_input(clip.format, "pipe:0");
        args.extend(h264(20, "veryfast"));
        args.push(to.into());
        self.run("error", args, Some(frames)).await.map(drop)
    }

    /// Encodes a finished video again, with less detail.
    pub(super) async fn reencode(
        &self,
        clip: &Clip,
        from: &Path,
        level: Level,
        to: &Path,
    ) -> Result<(), JobError> {
        let (crf, every) = match level {
            Level::Light => (25, 1),
            Level::Standard => (30, 1),
            Level::Aggressive => (34, 2),
        };
        let mut args: Vec<OsString> = vec!["-i".into(), from.into()];
        args.extend([
            "-vf".into(),
            format!("fps={}/{every}", clip.format.fps).into(),
        ]);
        args.extend(h264(crf, "medium"));
        args.push(to.into());
        self.run("error", args, None).await.map(drop)
    }

    /// Compares a video with the raw frames by ffmpeg's `ssim` filter.
    pub(super) async fn quality(&self, clip: &Clip, video: &Path) -> Result<f64, JobError> {
        let mut args: Vec<OsString> = vec!["-i".into(), video.into()];
        args.extend(raw_input(clip.format, clip.raw()));
        let fps = clip.format.fps;
        let filter = format!("[0:v]fps={fps}[a];[1:v]format=yuv420p[b];[a][b]ssim");
        args.extend(["-lavfi".into(), filter.into()]);
        args.extend(["-f", "null", "-"].map(OsString::from));
        let said = self.run("info", args, None).await?;
        parse_ssim(&said).ok_or_else(|| {
            JobError::new(
                ErrorKind::Dependency,
                "ffmpeg gave no similarity that can be read",
            )
        })
    }

    /// Runs ffmpeg to its end and gives what it said; it is killed when the future is dropped.
    async fn run(
        &self,
        loglevel: &str,
        args: Vec<OsString>,
        input: Option<File>,
    ) -> Result<String, JobError> {
        let failed = |what: String| JobError::new(ErrorKind::Dependency, what);
        let mut child = Command::new(&self.program)
            .args([
                "-hide_banner",
                "-nostdin",
                "-nostats",
                "-y",
                "-loglevel",
                loglevel,
            ])
            .args(args)
            .stdin(if input.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(format!("cannot run {}: {error}", self.program.display())))?;
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
        let feed = async {
            if let (Some(mut input), Some(mut stdin)) = (input, stdin) {
                // A failure to write means that ffmpeg has gone; its exit status tells why.
                let _ = tokio::io::copy(&mut input, &mut stdin).await;
            }
        };
        let listen = async {
            match stderr {
                Some(stderr) => read_end(stderr).await,
                None => String::new(),
            }
        };
        let ((), said, status) = tokio::join!(feed, listen, child.wait());
        let status = status.map_err(|error| failed(format!("ffmpeg was lost: {error}")))?;
        if !status.success() {
            return Err(failed(format!(
                "ffmpeg failed ({status}): {}",
                last_line(&said)
            )));
        }
        Ok(said)
    }
}

/// Runs ffmpeg for one answer about itself.
async fn ask(program: &Path, question: &str) -> Result<String, NoFfmpeg> {
    let name = program.display();
    let output = Command::new(program)
        .args(["-hide_banner", question])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PROBE_DEADLINE, output)
        .await
        .map_err(|_| NoFfmpeg(format!("{name} {question} does not end")))?
        .map_err(|error| NoFfmpeg(format!("{name} cannot be run: {error}")))?;
    if !output.status.success() {
        return Err(NoFfmpeg(format!(
            "{name} {question} fails ({})",
            output.status
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Arguments for raw frames as an input.
fn raw_input(format: Format, from: impl Into<OsString>) -> Vec<OsString> {
    let size = format!("{}x{}", format.width, format.height);
    let rate = format.fps.to_string();
    let mut args: Vec<OsString> = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size"]
        .map(OsString::from)
        .into();
    args.extend([
        size.into(),
        "-framerate".into(),
        rate.into(),
        "-i".into(),
        from.into(),
    ]);
    args
}

/// Arguments for an H.264 output that every player reads and that can be played while it loads.
fn h264(crf: u32, preset: &str) -> Vec<OsString> {
    let crf = crf.to_string();
    [
        "-an", "-c:v", "libx264", "-preset", preset, "-crf", &crf, "-pix_fmt", "yuv420p",
    ]
    .into_iter()
    .chain(["-threads", "1", "-movflags", "+faststart", "-f", "mp4"])
    .map(OsString::from)
    .collect()
}

/// Reads all there is, and keeps the end of it.
async fn read_end(mut from: impl AsyncRead + Unpin) -> String {
    let (mut kept, mut block) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = from.read(&mut block).await {
        kept.extend_from_slice(&block[..read]);
        if kept.len() > 2 * KEPT_OUTPUT {
            kept.drain(..kept.len() - KEPT_OUTPUT);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// The last line that says something, cut to a length that fits into a reason.
fn last_line(said: &str) -> String {
    let line = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    line.unwrap_or("it said nothing")
        .chars()
        .take(300)
        .collect()
}

/// The overall similarity in what the `ssim` filter says.
fn parse_ssim(said: &str) -> Option<f64> {
    let line = said.lines().rfind(|line| line.contains("SSIM"))?;
    let (_, all) = line.split_once("All:")?;
    let score: f64 = all.split_whitespace().next()?.parse().ok()?;
    (0.0..=1.0).contains(&score).then_some(score)
}

#[cfg(test)]
mod tests {
    use super::{last_line, parse_ssim};

    #[test]
    fn the_similarity_is_read() {
        let said = "frame=12\n[Parsed_ssim_2 @ 0x55d] SSIM Y:0.99 (20.1) U:0.98 (19.1) V:0.97 (18.2) All:0.983105 (17.7)\n";
        assert_eq!(parse_ssim(said), Some(0.983105));
        assert_eq!(
            parse_ssim("[x] SSIM Y:1.0 (inf) All:1.000000 (inf)"),
            Some(1.0)
        );
        assert_eq!(parse_ssim("SSIM All:nan (nan)"), None);
        assert_eq!(parse_ssim("All:0.5"), None);
        assert_eq!(parse_ssim(""), None);
    }

    #[test]
    fn the_last_useful_line_is_kept() {
        assert_eq!(
            last_line("first\n  pipe:0: Invalid data \n\n"),
            "pipe:0: Invalid data"
        );
        assert_eq!(last_line(" \n"), "it said nothing");
        assert_eq!(last_line(&"x".repeat(1000)).len(), 300);
    }
}
