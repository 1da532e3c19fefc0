//! Files that hold models.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use crate::cell::lock;
use crate::check::Check;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::state::{Cause, State};

/// A file that holds a model, for [`ModelFiles`].
///
/// # Examples
///
/// ```
/// use vitalsigns_health::checks::ModelFile;
///
/// let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// let file = ModelFile::at("/models/embed.onnx").bytes(90_387_606).sha256(sha256);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a file is checked by `ModelFiles`"]
pub struct ModelFile {
    path: PathBuf,
    bytes: Option<u64>,
    sha256: Option<String>,
}

impl ModelFile {
    /// A file that has to be there, readable, and not empty.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn at(path: impl Into<PathBuf>) -> Self {
        ModelFile {
            path: path.into(),
            bytes: None,
            sha256: None,
        }
    }

    /// It has this size.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// It has this SHA-256, in hexadecimal digits.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn sha256(mut self, sha256: impl Into<String>) -> Self {
        self.sha256 = Some(sha256.into());
        self
    }

    fn judge(&self, known: &mut Option<Seen>) -> Result<(), Failure> {
        let metadata = fs::metadata(&self.path)?;
        let mismatch = || Failure::new(Cause::Mismatch);
        if !metadata.is_file() || metadata.len() == 0 {
            return Err(mismatch());
        }
        if self.bytes.is_some_and(|bytes| bytes != metadata.len()) {
            return Err(mismatch());
        }
        let mut file = File::open(&self.path)?;
        let Some(expected) = &self.sha256 else {
            file.read_exact(&mut [0])?;
            return Ok(());
        };
        // What has not changed since is not read again.
        let seen = (metadata.len(), metadata.modified()?);
        let is_right = match known {
            Some(known) if known.0 == seen => known.1,
            _ => expected.eq_ignore_ascii_case(&sha256_of(file)?),
        };
        *known = Some((seen, is_right));
        if is_right { Ok(()) } else { Err(mismatch()) }
    }
}

/// Size and time of a file, and whether its hash was right.
type Seen = ((u64, SystemTime), bool);

fn sha256_of(mut file: File) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    let hash = hash.finalize();
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Model files: all have to be there, with their sizes and hashes. Hashes are taken at the start,
/// and again when a file has changed. None at all is a mistake, and down.
///
/// It reads whole files, so a run may take a minute before it is late; raise the
/// [grace](Check::grace) for files that take longer.
///
/// # Examples
///
/// ```
/// use vitalsigns_health::checks::{ModelFile, ModelFiles};
///
/// let check = ModelFiles::new([ModelFile::at("/models/embed.onnx")]).check("models");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is checked before `check`"]
pub struct ModelFiles {
    files: Vec<ModelFile>,
}

impl ModelFiles {
    /// These files.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(files: impl IntoIterator<Item = ModelFile>) -> Self {
        ModelFiles {
            files: files.into_iter().collect(),
        }
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        let known = Mutex::new(vec![None; self.files.len()]);
        let minute = Duration::from_secs(60);
        Check::blocking(name, move || self.judge(&mut lock(&known)))
            .interval(minute)
            .timeout(minute)
            .component("component")
    }

    fn judge(&self, known: &mut [Option<Seen>]) -> Outcome {
        if self.files.is_empty() {
            return Outcome::not_configured();
        }
        let judged = self.files.iter().zip(known);
        let failures: Vec<_> = judged
            .filter_map(|(file, known)| Some((file, file.judge(known).err()?)))
            .collect();
        let Some((_, failure)) = failures.first() else {
            return Outcome::up().detail("files", self.files.len());
        };
        // Names alone: paths tell how the machine is set up.
        let names = failures
            .iter()
            .filter_map(|(file, _)| file.path.file_name());
        let names: Vec<_> = names
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        Outcome::because(State::Down, failure.cause())
            .detail("files", self.files.len())
            .detail("failing", names)
    }
}
