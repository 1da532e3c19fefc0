//! ffmpeg.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::process::Command;

use crate::check::Check;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::state::{Cause, State};

/// ffmpeg: that it runs, has the encoders that are needed, and really encodes.
///
/// The encoders and a tiny encoding (a few frames, to nowhere) are looked at until both were right
/// once; after that only its version is asked for, once in a minute. It runs beside the program's
/// runtime, and is killed when its time, ten seconds, is over.
///
/// # Examples
///
/// ```
/// use vitalsigns_health::checks::Ffmpeg;
///
/// let check = Ffmpeg::new().encoders(["libx264", "aac"]).check("ffmpeg").critical();
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked before `check`"]
pub struct Ffmpeg {
    program: PathBuf,
    encoders: Vec<String>,
}

impl Default for Ffmpeg {
    fn default() -> Self {
        Ffmpeg {
            program: "ffmpeg".into(),
            encoders: Vec::new(),
        }
    }
}

impl Ffmpeg {
    /// The one on the `PATH`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new() -> Self {
        Ffmpeg::default()
    }

    /// Another one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::checks::Ffmpeg;
    /// let check = Ffmpeg::new().program("/opt/ffmpeg/bin/ffmpeg").check("ffmpeg");
    /// ```
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    /// The encoders that it has to have, by the names of `ffmpeg -encoders`. The tiny encoding uses
    /// the first that is for video.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn encoders<T: Into<String>>(mut self, encoders: impl IntoIterator<Item = T>) -> Self {
        self.encoders.extend(encoders.into_iter().map(T::into));
        self
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        let was_right = Arc::new(AtomicBool::new(false));
        let ffmpeg = Arc::new(self);
        let check = Check::new(name, move || {
            let (ffmpeg, was_right) = (Arc::clone(&ffmpeg), Arc::clone(&was_right));
            async move { ffmpeg.look(&was_right).await }
        });
        check
            .interval(Duration::from_secs(60))
            .timeout(Duration::from_secs(10))
            .component("component")
    }

    async fn look(&self, was_right: &AtomicBool) -> Result<Outcome, Failure> {
        let text = self.run(&["-version"]).await?;
        let first = text.lines().next().unwrap_or_default();
        let Some(version) = first.strip_prefix("ffmpeg version ") else {
            return Err(Failure::new(Cause::Protocol));
        };
        let version = version.split_whitespace().next().unwrap_or_default();
        let version = version.to_owned();
        if !was_right.load(Ordering::Relaxed) {
            if let Some(missing) = self.look_at_encoders().await? {
                return Ok(missing.detail("version", version));
            }
            was_right.store(true, Ordering::Relaxed);
        }
        Ok(Outcome::up().detail("version", version))
    }

    /// What is wrong with the encoders, if something is.
    async fn look_at_encoders(&self) -> Result<Option<Outcome>, Failure> {
        let text = self.run(&["-hide_banner", "-encoders"]).await?;
        // After a line of dashes: ` V....D libx264   what it is`.
        let lines = text
            .lines()
            .skip_while(|line| !line.trim().starts_with("---"));
        let known: Vec<(&str, &str)> = lines
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                Some((words.next()?, words.next()?))
            })
            .collect();
        let names: BTreeSet<_> = known.iter().map(|(_, name)| *name).collect();
        let missing = self
            .encoders
            .iter()
            .filter(|name| !names.contains(name.as_str()));
        let missing: Vec<_> = missing.cloned().collect();
        if !missing.is_empty() {
            let outcome = Outcome::because(State::Down, Cause::Missing);
            return Ok(Some(outcome.detail("encoders_missing", missing)));
        }
        let is_video = |name: &&String| {
            known
                .iter()
                .any(|(kind, known)| kind.starts_with('V') && known == name)
        };
        let encoder = self.encoders.iter().find(is_video);
        let encoder = encoder.map_or("mpeg4", String::as_str);
        let source = "color=size=64x64:rate=5:duration=1";
        let from = ["-v", "error", "-nostdin", "-f", "lavfi", "-i", source];
        let to = ["-c:v", encoder, "-pix_fmt", "yuv420p", "-f", "null", "-"];
        self.run(&[from, to].concat()).await?;
        Ok(None)
    }

    /// What it says, if it ends well. It is killed if nobody waits any more.
    async fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        let output = Command::new(&self.program)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(Failure::new(Cause::Error)),
        }
    }
}
