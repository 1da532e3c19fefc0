//! Everything that is made from a system, as files in a folder.
//!
//! [`artefacts`] makes the files, [`write()`] brings a folder up to date without touching what was
//! edited by hand, and [`check`] says whether it is.

mod folder;
mod manifest;

use std::fmt;

pub use folder::{FolderError, Report, check, write};
pub use manifest::MANIFEST;

use crate::alert::alerts;
use crate::artefact::Artefact;
use crate::query::QueryError;
use crate::stack::{routes, stack};
use crate::system::{System, SystemError};
use crate::{dashboard, rules, runbook};

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
    let groups = alerts(system)?;
    let all = groups.iter().flat_map(|group| &group.alerts);
    files.push(routes(system, all));
    files.extend(rules::artefacts(system)?);
    files.extend(runbook::artefacts(system)?);
    files.extend(dashboard::artefacts(system)?);
    files.sort();
    match files.windows(2).find(|pair| pair[0].path == pair[1].path) {
        Some(pair) => Err(GenerateError::SamePath(pair[0].path.clone())),
        None => Ok(files),
    }
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
