//! What was found wrong: where, why, and what would be right. Every check of this crate says it in
//! this way.
//!
//! ```
//! use vitalsigns_kit::finding::{Output, Severity, render};
//! use vitalsigns_kit::lint::{Subject, lint};
//!
//! let findings = lint(&Subject::file("page.txt", b"jobs 1\n"));
//! assert_eq!(findings[0].code(), "missing-help");
//! assert_eq!(findings[0].severity(), Severity::Warning);
//! assert!(render(&findings, Output::Text).starts_with("warning[missing-help]: "));
//! ```

mod json;
mod junit;
mod sarif;
mod text;

use std::collections::BTreeMap;
use std::fmt;

/// How much a finding matters.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::finding::Severity;
///
/// assert!(Severity::Error > Severity::Warning);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// It works, but misleads, costs too much or breaks a convention that others rely on.
    Warning,
    /// It does not work, or says what is not so.
    Error,
}

impl Severity {
    /// `error` or `warning`.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_kit::finding::Severity::Error.as_str(), "error");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// What is looked for: a code that stays the same, and what it means.
///
/// # Examples
///
/// ```
/// for rule in vitalsigns_kit::lint::rules() {
///     println!("{} ({}): {}", rule.code, rule.severity.as_str(), rule.summary);
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// The code, as `duplicate-series`.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong where it is found, in one sentence.
    pub summary: &'static str,
}

impl Rule {
    pub(crate) const fn error(code: &'static str, summary: &'static str) -> Self {
        Rule {
            code,
            severity: Severity::Error,
            summary,
        }
    }

    pub(crate) const fn warning(code: &'static str, summary: &'static str) -> Self {
        Rule {
            code,
            severity: Severity::Warning,
            summary,
        }
    }
}

/// Where something was found.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::finding::Place;
///
/// assert_eq!(Place::of("page.txt").at_line(7).to_string(), "page.txt:7");
/// assert_eq!(Place::of("http.json").in_part("panel 3").to_string(), "http.json, panel 3");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Place {
    /// A file or an address.
    pub source: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// A part that has a name: a panel, a rule, a target.
    pub part: Option<String>,
}

impl Place {
    /// The whole of a file or an address.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn of(source: impl Into<String>) -> Self {
        Place {
            source: source.into(),
            line: None,
            part: None,
        }
    }

    /// A line of it, from 1.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// A part of it that has a name.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn in_part(mut self, part: impl Into<String>) -> Self {
        self.part = Some(part.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(part) = &self.part {
            write!(f, ", {part}")?;
        }
        Ok(())
    }
}

/// Something that is wrong.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::lint::{Subject, lint};
///
/// let page = b"# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total -1\n";
/// let findings = lint(&Subject::file("page.txt", page));
/// assert_eq!(findings[0].code(), "negative-counter");
/// assert_eq!(findings[0].place.line, Some(3));
/// println!("{}: {} ({})", findings[0].place, findings[0].cause, findings[0].hint);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What was looked for.
    pub rule: &'static Rule,
    /// Where it was found.
    pub place: Place,
    /// What is wrong.
    pub cause: String,
    /// What would be right.
    pub hint: String,
}

impl Finding {
    /// The code of the rule.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn code(&self) -> &'static str {
        self.rule.code
    }

    /// How much it matters.
    ///
    /// # Examples
    ///
    /// See the [module](self).
    pub fn severity(&self) -> Severity {
        self.rule.severity
    }
}

/// How findings are written.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::finding::Output;
///
/// assert_eq!(Output::from_name("sarif"), Some(Output::Sarif));
/// assert_eq!(Output::from_name("yaml"), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// An object with the list `findings`.
    Json,
    /// A test suite in which each finding is a failure.
    Junit,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

impl Output {
    /// The names of all, for help.
    pub const NAMES: &'static str = "text, json, junit, sarif";

    /// The one of this name.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Output::Text),
            "json" => Some(Output::Json),
            "junit" => Some(Output::Junit),
            "sarif" => Some(Output::Sarif),
            _ => None,
        }
    }
}

/// Writes findings, the same text for the same findings.
///
/// # Examples
///
/// See the [module](self).
pub fn render(findings: &[Finding], output: Output) -> String {
    match output {
        Output::Text => text::render(findings),
        Output::Json => json::render(findings),
        Output::Junit => junit::render(findings),
        Output::Sarif => sarif::render(findings),
    }
}

/// How many findings of a rule are told one by one.
const MOST_OF_A_RULE: usize = 20;

/// Collects findings about one source.
#[derive(Debug)]
pub(crate) struct Report {
    source: String,
    findings: Vec<Finding>,
    numbers: BTreeMap<&'static str, usize>,
}

impl Report {
    pub(crate) fn of(source: &str) -> Self {
        Report {
            source: source.to_owned(),
            findings: Vec::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// Adds what was found at a line, or about the whole.
    pub(crate) fn add(
        &mut self,
        rule: &'static Rule,
        line: impl Into<Option<usize>>,
        cause: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let number = self.numbers.entry(rule.code).or_default();
        *number += 1;
        if *number > MOST_OF_A_RULE {
            return;
        }
        self.findings.push(Finding {
            rule,
            place: Place {
                source: self.source.clone(),
                line: line.into(),
                part: None,
            },
            cause: cause.into(),
            hint: hint.into(),
        });
    }

    /// Everything, in the order of the source.
    pub(crate) fn findings(mut self) -> Vec<Finding> {
        for finding in self.findings.iter_mut().rev() {
            if let Some(number) = self.numbers.remove(finding.rule.code)
                && number > MOST_OF_A_RULE
            {
                let more = number - MOST_OF_A_RULE;
                finding
                    .cause
                    .push_str(&format!(" (and {more} more of these)"));
            }
        }
        let key = |finding: &Finding| (finding.place.clone(), finding.rule.code);
        self.findings.sort_by_key(key);
        self.findings
    }
}
