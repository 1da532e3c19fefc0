//! What somebody wants to know whom an alert has called.

/// What somebody wants to know whom an alert has called.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::alert::Runbook;
///
/// let runbook = Runbook::default();
/// assert!(runbook.questions.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Runbook {
    /// What it means.
    pub meaning: String,
    /// What it does to others.
    pub impact: String,
    /// What to ask first: in words, and as an expression to copy.
    pub questions: Vec<(String, String)>,
    /// What to do, in this order.
    pub mitigation: Vec<String>,
}

/// What is said of an alert: `summary` and `description` are [texts](super::Text) with places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) impact: &'static str,
    pub(crate) mitigation: &'static [&'static str],
}

impl Words {
    /// What the page about the alert says, without the questions.
    pub(crate) fn runbook(&self) -> Runbook {
        Runbook {
            meaning: self.meaning.to_owned(),
            impact: self.impact.to_owned(),
            questions: Vec::new(),
            mitigation: self
                .mitigation
                .iter()
                .map(|step| (*step).to_owned())
                .collect(),
        }
    }
}
