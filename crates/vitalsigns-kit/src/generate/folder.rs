//! A folder of generated files, some of which somebody may have edited.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};

use super::manifest::{MANIFEST, Manifest, hash};
use crate::artefact::Artefact;

/// What became of a folder, or would; paths in order.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::artefact::Artefact;
/// use vitalsigns_kit::generate::{check, write};
///
/// let folder = std::env::temp_dir().join(format!("vitalsigns-doc-{}", std::process::id()));
/// let files = [Artefact::new("rules/shop.yml", "groups: []\n")];
/// let report = write(&folder, &files, false)?;
/// assert_eq!(report.written, ["rules/shop.yml"]);
/// assert!(check(&folder, &files)?.is_current());
///
/// std::fs::write(folder.join("rules/shop.yml"), "groups: [mine]\n")?;
/// assert_eq!(write(&folder, &files, false)?.edited, ["rules/shop.yml"]);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Files that were missing or out of date.
    pub written: Vec<String>,
    /// Files that are no longer made.
    pub removed: Vec<String>,
    /// Files that somebody else wrote or edited; they are left as they are.
    pub edited: Vec<String>,
    /// How many files were as they should be.
    pub unchanged: usize,
}

impl Report {
    /// Whether nothing was or is to be done.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn is_current(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty() && self.edited.is_empty()
    }
}

/// Brings a folder up to date: writes what is missing or out of date, and removes what was made
/// before and is not any more. What somebody else wrote or edited is left as it is, unless `force`.
///
/// Each file is replaced at once: whoever reads it sees the old one or the new one. A folder is for
/// one system: what another made there would count as no longer made.
///
/// # Errors
///
/// [`FolderError`] says which file cannot be read or written; what was written before stays.
///
/// # Examples
///
/// See [`Report`].
pub fn write(folder: &Path, files: &[Artefact], force: bool) -> Result<Report, FolderError> {
    let plan = Plan::new(folder, files, force)?;
    let by_path = |path: &String| files.iter().find(|file| file.path == *path);
    for file in plan.report.written.iter().filter_map(by_path) {
        replace(&folder.join(&file.path), file.text.as_bytes())?;
    }
    for path in &plan.report.removed {
        remove(folder, path)?;
    }
    let text = plan.manifest.to_json();
    let path = folder.join(MANIFEST);
    if read(&path)?.is_none_or(|old| old != text.as_bytes()) {
        replace(&path, text.as_bytes())?;
    }
    Ok(plan.report)
}

/// What [`write()`] would do, without doing it.
///
/// # Errors
///
/// [`FolderError`] says which file cannot be read.
///
/// # Examples
///
/// See [`Report`].
pub fn check(folder: &Path, files: &[Artefact]) -> Result<Report, FolderError> {
    Ok(Plan::new(folder, files, false)?.report)
}

/// What is to be done.
struct Plan {
    report: Report,
    /// As it is afterwards.
    manifest: Manifest,
}

impl Plan {
    fn new(folder: &Path, files: &[Artefact], force: bool) -> Result<Self, FolderError> {
        let old = match manifest(folder) {
            // Whoever writes over everything needs no list of what is whose.
            Err(FolderError::Manifest { .. }) if force => Manifest::default(),
            manifest => manifest?,
        };
        let mut report = Report::default();
        let mut manifest = Manifest::default();
        for Artefact { path, text } in files {
            if !is_inside(path) {
                return Err(FolderError::Outside { path: path.clone() });
            }
            let known = old.files.get(path);
            let new_hash = hash(text.as_bytes());
            let is_ours = |there: &[u8]| known.is_some_and(|known| *known == hash(there));
            match read(&folder.join(path))? {
                Some(there) if there == text.as_bytes() => report.unchanged += 1,
                Some(there) if !force && !is_ours(&there) => {
                    report.edited.push(path.clone());
                    // So that it is known as edited the next time, too.
                    if let Some(known) = known {
                        manifest.files.insert(path.clone(), known.clone());
                    }
                    continue;
                }
                _ => report.written.push(path.clone()),
            }
            manifest.files.insert(path.clone(), new_hash);
        }
        for (path, known) in &old.files {
            let is_made = files.iter().any(|file| file.path == *path);
            if is_made || !is_inside(path) {
                continue;
            }
            match read(&folder.join(path))? {
                None => {}
                Some(there) if force || *known == hash(&there) => report.removed.push(path.clone()),
                Some(_) => {
                    report.edited.push(path.clone());
                    manifest.files.insert(path.clone(), known.clone());
                }
            }
        }
        report.written.sort();
        report.edited.sort();
        Ok(Plan { report, manifest })
    }
}

fn manifest(folder: &Path) -> Result<Manifest, FolderError> {
    let path = folder.join(MANIFEST);
    let Some(text) = read(&path)? else {
        return Ok(Manifest::default());
    };
    let text = String::from_utf8_lossy(&text);
    Manifest::from_json(&text).map_err(|reason| FolderError::Manifest { path, reason })
}

/// Whether a path leads to a file below the folder.
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && path != MANIFEST && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, FolderError> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FolderError::unreadable(path, &error)),
    }
}

/// Writes a file beside, and then puts it in place.
fn replace(path: &Path, text: &[u8]) -> Result<(), FolderError> {
    let failed = |error: io::Error| FolderError::unwritable(path, &error);
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(failed)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()
    });
    let placed = written.and_then(|()| fs::rename(&beside, path));
    placed.map_err(|error| {
        // It may not be there; what went wrong is told in any case.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}

/// Removes a file, and the folders that are empty without it.
fn remove(folder: &Path, path: &str) -> Result<(), FolderError> {
    let path = folder.join(path);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(FolderError::unwritable(&path, &error));
        }
        _ => {}
    }
    let parents = path.ancestors().skip(1);
    for parent in parents.take_while(|parent| *parent != folder) {
        if fs::remove_dir(parent).is_err() {
            break;
        }
    }
    Ok(())
}

/// A folder cannot be brought up to date.
///
/// # Examples
///
/// ```
/// use std::path::Path;
/// use vitalsigns_kit::artefact::Artefact;
/// use vitalsigns_kit::generate::{FolderError, check};
///
/// let error = check(Path::new("."), &[Artefact::new("../escaped", "")]).unwrap_err();
/// assert!(matches!(error, FolderError::Outside { .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FolderError {
    /// A file cannot be read.
    #[non_exhaustive]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file cannot be written or removed.
    #[non_exhaustive]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What was written before is not known: the list of it is broken.
    #[non_exhaustive]
    Manifest {
        /// The list.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A path does not lead into the folder.
    #[non_exhaustive]
    Outside {
        /// The path.
        path: String,
    },
}

impl FolderError {
    fn unreadable(path: &Path, error: &io::Error) -> Self {
        FolderError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }

    fn unwritable(path: &Path, error: &io::Error) -> Self {
        FolderError::Unwritable {
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FolderError::Unreadable { path, reason } => {
                write!(f, "`{}` cannot be read: {reason}", path.display())
            }
            FolderError::Unwritable { path, reason } => {
                write!(f, "`{}` cannot be written: {reason}", path.display())
            }
            FolderError::Manifest { path, reason } => write!(
                f,
                "`{}` is broken: {reason}; it says which files were edited by hand, so write over all \
                 with `--force`, or remove it, and what differs counts as edited",
                path.display()
            ),
            FolderError::Outside { path } => {
                write!(f, "`{path}` does not lead to a file in the folder")
            }
        }
    }
}

impl std::error::Error for FolderError {}
