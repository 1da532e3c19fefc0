//! Everything that is made from a system, as files in a folder.
//!
//! [`artefacts`] makes the files, [`write()`] brings a folder up to date without touching what was
//! edited by hand, and [`check`] says whether it is.

mod folder;
mod manifest;

use std::fmt;
use std::fmt::Write as _;

pub use folder::{FolderError, Report, check, write};
pub use manifest::MANIFEST;

use crate::artefact::Artefact;
use crate::query::QueryError;
use crate::stack::{routes, stack};
use crate::system::{System, SystemError};

const INDEX: &str = "runbooks/index.html";

/// Everything that is made from a system, in order of paths.
///
/// # Errors
///
/// [`GenerateError::System`] if the system has [faults](System::faults).
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::generate::artefacts;
/// use vitalsigns_kit::system::{Service, System};
///
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// let system = System::new("shop").service(Service::new("shop-api", "api:8080", catalogue));
/// let files = artefacts(&system)?;
/// assert!(files.iter().any(|file| file.path == "compose.yml"));
/// # Ok::<(), vitalsigns_kit::generate::GenerateError>(())
/// ```
pub fn artefacts(system: &System) -> Result<Vec<Artefact>, GenerateError> {
    let faults = system.faults();
    if !faults.is_empty() {
        return Err(GenerateError::System(faults));
    }
    let mut files = stack(system);
    files.push(routes(system, []));
    let has_index = files.iter().any(|file| file.path == INDEX);
    if system.runbooks.is_none() && !has_index {
        files.push(index(system, &files));
    }
    files.sort();
    match files.windows(2).find(|pair| pair[0].path == pair[1].path) {
        Some(pair) => Err(GenerateError::SamePath(pair[0].path.clone())),
        None => Ok(files),
    }
}

/// The page that lists the pages about alerts.
fn index(system: &System, files: &[Artefact]) -> Artefact {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let title = escape(&system.title);
    let mut text = format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Runbooks of {title}</title>\n\
         <h1>Runbooks of {title}</h1>\n<ul>\n"
    );
    let mut pages: Vec<&str> = files
        .iter()
        .filter_map(|file| file.path.strip_prefix("runbooks/")?.strip_suffix(".html"))
        .collect();
    pages.sort_unstable();
    for page in pages {
        let _ = writeln!(text, "<li><a href=\"{page}.html\">{page}</a></li>");
    }
    text.push_str("</ul>\n");
    Artefact::new(INDEX, text)
}

/// Nothing can be made from a system.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::generate::{GenerateError, artefacts};
/// use vitalsigns_kit::system::System;
///
/// let error = artefacts(&System::new("The Shop")).unwrap_err();
/// assert!(matches!(&error, GenerateError::System(faults) if faults[0].place == "system"));
/// assert!(error.to_string().starts_with("`system` is `The Shop`, and it has to be "));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GenerateError {
    /// The system is not as it has to be.
    System(Vec<SystemError>),
    /// A query of an alert or a panel cannot be asked.
    Query(QueryError),
    /// Two files have the same path.
    SamePath(String),
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GenerateError::System(faults) => {
                for (index, fault) in faults.iter().enumerate() {
                    if index > 0 {
                        f.write_str("\n")?;
                    }
                    fault.fmt(f)?;
                }
                Ok(())
            }
            GenerateError::Query(error) => error.fmt(f),
            GenerateError::SamePath(path) => write!(f, "two files are called `{path}`"),
        }
    }
}

impl std::error::Error for GenerateError {}

impl From<QueryError> for GenerateError {
    fn from(error: QueryError) -> Self {
        GenerateError::Query(error)
    }
}
