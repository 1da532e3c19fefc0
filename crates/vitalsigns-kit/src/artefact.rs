//! A file that is made from a system.

/// A file that is made from a system: where it goes, and what is in it.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::artefact::Artefact;
///
/// let rules = Artefact::new("prometheus/rules/azora.yml", "groups: []\n");
/// assert_eq!(rules.path, "prometheus/rules/azora.yml");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Artefact {
    /// Where it goes, below the folder that everything goes into, with `/`.
    pub path: String,
    /// What is in it, the same for the same system.
    pub text: String,
}

impl Artefact {
    /// A file.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Artefact {
            path: path.into(),
            text: text.into(),
        }
    }
}
