//! What is running: the version, the revision and the compiler, as `build_info`.
//!
//! The sample is always 1 and is there from registration to the end of the process. It says what
//! was built, not what was deployed where: the target's own labels do that. A dashboard joins it to
//! anything by the target: `… * on (instance) group_left (version) build_info`. The name is the same
//! in every service, so it has no namespace.

use crate::{Info, LabelSet, MetricGroup, RegisterError, Registry};

/// What a fact reads that nobody gave.
const UNKNOWN: &str = "unknown";

#[derive(LabelSet)]
struct Facts<'a> {
    #[label(cap = 1)]
    version: &'a str,
    #[label(cap = 1)]
    revision: &'a str,
    #[label(cap = 1)]
    rustc: &'a str,
}

#[derive(MetricGroup)]
#[metrics(namespace = false)]
struct BuildMetrics {
    /// The version, source revision and compiler of the program that is running.
    build_info: Info<Facts<'static>>,
}

/// The facts of a build, on their way to the page.
///
/// Only the program itself knows its version, so it is handed in: `env!("CARGO_PKG_VERSION")` in
/// the crate of the binary. A fact that is not given, or is empty, reads `unknown`; white space
/// around it is cut off, as build scripts leave it behind.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Format, Registry, families::BuildInfo};
///
/// let registry = Registry::new();
/// BuildInfo::new(env!("CARGO_PKG_VERSION"))
///     .revision(option_env!("GIT_REVISION"))
///     .register(&registry)?;
/// assert!(registry.render(Format::Text).contains("\nbuild_info{version="));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the facts are on the page once they are registered"]
pub struct BuildInfo<'a> {
    version: &'a str,
    revision: &'a str,
    rustc: &'a str,
}

impl<'a> BuildInfo<'a> {
    /// A build of this version.
    ///
    /// # Examples
    ///
    /// ```
    /// let build = vitalsigns::families::BuildInfo::new(env!("CARGO_PKG_VERSION"));
    /// ```
    pub fn new(version: &'a str) -> Self {
        BuildInfo {
            version: fact(Some(version)),
            revision: UNKNOWN,
            rustc: UNKNOWN,
        }
    }

    /// The revision of the source, as a commit hash, if it is known.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::families::BuildInfo;
    /// let build = BuildInfo::new("1.4.0").revision("d566938");
    /// let unsure = BuildInfo::new("1.4.0").revision(option_env!("GIT_REVISION"));
    /// ```
    pub fn revision(mut self, revision: impl Into<Option<&'a str>>) -> Self {
        self.revision = fact(revision.into());
        self
    }

    /// The version of the compiler, if it is known; a build script can ask for it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::families::BuildInfo;
    /// let build = BuildInfo::new("1.4.0").rustc(option_env!("RUSTC_VERSION"));
    /// ```
    pub fn rustc(mut self, rustc: impl Into<Option<&'a str>>) -> Self {
        self.rustc = fact(rustc.into());
        self
    }

    /// Puts the facts on the page; those of a later call replace them, so there is one sample.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::BuildInfo};
    /// BuildInfo::new("1.4.0").register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(self, registry: &Registry) -> Result<(), RegisterError> {
        BuildMetrics::register(registry)?.build_info.set(&Facts {
            version: self.version,
            revision: self.revision,
            rustc: self.rustc,
        });
        Ok(())
    }
}

fn fact(text: Option<&str>) -> &str {
    match text.map(str::trim) {
        None | Some("") => UNKNOWN,
        Some(text) => text,
    }
}
