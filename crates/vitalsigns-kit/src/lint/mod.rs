//! A page by itself: whether it can be read, whether it means what it says, and what would hurt
//! whoever asks questions of it.
//!
//! It finds everything that `promtool check metrics` finds, in OpenMetrics too, and what that lets
//! pass: series twice, buckets that shrink, a placeholder in place of a page, identifiers in labels.

mod cardinality;
mod document;
mod families;
mod histograms;
mod names;
mod series;

use crate::finding::{Finding, Report, Rule};
use crate::page::{self, Dialect, Page};

/// A page with what is known of where it comes from.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::lint::{Subject, lint};
///
/// let placeholder = Subject::answer(
///     "http://localhost:8080/metrics",
///     Some("application/json"),
///     b"{\"message\": \"metrics come soon\"}",
/// );
/// let findings = lint(&placeholder);
/// assert_eq!(findings[0].code(), "content-type");
/// assert_eq!(findings[1].code(), "not-a-page");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    source: &'a str,
    body: &'a [u8],
    content_type: ContentType<'a>,
}

#[derive(Clone, Copy, Debug)]
enum ContentType<'a> {
    /// Nothing is to be said of it: a file has none.
    None,
    /// As it was answered; nothing, if it was not.
    Answered(Option<&'a str>),
}

impl<'a> Subject<'a> {
    /// A page that was stored in a file: OpenMetrics if it ends as such pages do, or else text.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::lint::{Subject, lint};
    ///
    /// let page = b"# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total 1\n# EOF\n";
    /// assert_eq!(lint(&Subject::file("page.txt", page)), []);
    /// ```
    pub fn file(source: &'a str, body: &'a [u8]) -> Self {
        Subject {
            source,
            body,
            content_type: ContentType::None,
        }
    }

    /// A page that a service answered with, and its content type.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn answer(source: &'a str, content_type: Option<&'a str>, body: &'a [u8]) -> Self {
        Subject {
            source,
            body,
            content_type: ContentType::Answered(content_type),
        }
    }

    pub(crate) fn source(&self) -> &'a str {
        self.source
    }

    /// The page, if it is one.
    pub(crate) fn read(&self, report: &mut Report) -> Option<Page> {
        let dialect = self.dialect();
        let text = document::check(self.body, dialect, report)?;
        Some(page::read(text, dialect, report))
    }

    fn dialect(&self) -> Dialect {
        match self.content_type {
            ContentType::Answered(Some(content_type)) => document::dialect_of(content_type),
            _ if self.body.ends_with(b"# EOF\n") || self.body.ends_with(b"# EOF") => {
                Dialect::OpenMetrics
            }
            _ => Dialect::Text0,
        }
    }
}

/// Everything that is wrong with a page, in the order of its lines.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Format, Registry, families::HttpServer};
/// use vitalsigns_kit::lint::{Subject, lint};
///
/// let registry = Registry::new();
/// HttpServer::register(&registry)?;
/// let page = registry.render(Format::OpenMetrics);
/// assert_eq!(lint(&Subject::file("our own", page.as_bytes())), []);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub fn lint(subject: &Subject<'_>) -> Vec<Finding> {
    let mut report = Report::of(subject.source);
    if let ContentType::Answered(content_type) = subject.content_type {
        document::check_content_type(content_type, &mut report);
    }
    if let Some(page) = subject.read(&mut report) {
        for check in CHECKS {
            check(&page, &mut report);
        }
    }
    report.findings()
}

/// What is looked for, by code.
///
/// # Examples
///
/// ```
/// let rules = vitalsigns_kit::lint::rules();
/// assert!(rules.iter().any(|rule| rule.code == "bucket-not-cumulative"));
/// ```
pub fn rules() -> Vec<&'static Rule> {
    let mut rules = vec![
        &page::SYNTAX,
        &page::DUPLICATE_METADATA,
        &page::METADATA_ORDER,
    ];
    let more = [
        document::RULES,
        families::RULES,
        names::RULES,
        series::RULES,
        histograms::RULES,
        cardinality::RULES,
    ];
    rules.extend(more.into_iter().flatten());
    rules.sort_by_key(|rule| rule.code);
    rules
}

/// Whether a page in which this was found is refused as a whole.
#[cfg(all(feature = "client", feature = "verify"))]
pub(crate) fn prevents_scrapes(finding: &Finding) -> bool {
    let of_document = document::RULES.contains(&finding.rule);
    of_document || finding.rule == &page::SYNTAX
}

type Check = fn(&Page, &mut Report);

/// One check, one function.
const CHECKS: &[Check] = &[
    families::metadata,
    families::torn,
    families::parts,
    families::units,
    names::total,
    names::reserved_suffixes,
    names::reserved_labels,
    names::base_units,
    names::abbreviations,
    names::percentages,
    names::type_in_name,
    names::colons,
    names::camel_case,
    names::mixed_units,
    series::duplicates,
    series::label_sets,
    series::counters,
    series::facts,
    series::timestamps,
    series::exemplars,
    histograms::bounds,
    histograms::buckets,
    histograms::counts,
    histograms::layouts,
    histograms::quantiles,
    cardinality::identifying_labels,
    cardinality::identifying_values,
    cardinality::derived_labels,
    cardinality::many_series,
];
