//! The page as a whole: whether it is one.

use vitalsigns::ContentType;

use crate::finding::{Report, Rule};
use crate::page::Dialect;

static CONTENT_TYPE: Rule = Rule::error(
    "content-type",
    "The answer has no content type, or one that Prometheus 3 refuses.",
);
static NOT_A_PAGE: Rule = Rule::error(
    "not-a-page",
    "The answer is something else than a page of metrics: HTML, JSON or other data.",
);
static EMPTY_PAGE: Rule = Rule::error(
    "empty-page",
    "The page has no samples, and Prometheus takes that for success.",
);
static NOT_UTF_8: Rule = Rule::error("not-utf8", "The page is not UTF-8.");
static MISSING_NEWLINE: Rule = Rule::error(
    "missing-newline",
    "The last line has no end, so it may be cut off.",
);
static MISSING_EOF: Rule = Rule::error(
    "missing-eof",
    "A page in OpenMetrics does not end with `# EOF`.",
);

pub(super) const RULES: &[&Rule] = &[
    &CONTENT_TYPE,
    &NOT_A_PAGE,
    &EMPTY_PAGE,
    &NOT_UTF_8,
    &MISSING_NEWLINE,
    &MISSING_EOF,
];

/// What language a content type announces; text, if it is none that is known.
pub(super) fn dialect_of(content_type: &str) -> Dialect {
    let lower = content_type.to_ascii_lowercase();
    let mut parts = lower.split(';').map(str::trim);
    match parts.next() {
        Some("application/openmetrics-text") => Dialect::OpenMetrics,
        Some("text/plain") if parts.any(|part| part == "version=1.0.0") => Dialect::Text1,
        _ => Dialect::Text0,
    }
}

pub(super) fn check_content_type(content_type: Option<&str>, report: &mut Report) {
    let hint = format!(
        "answer with `{}`, or with the one for OpenMetrics",
        vitalsigns::Format::Text.content_type()
    );
    let Some(content_type) = content_type else {
        report.add(
            &CONTENT_TYPE,
            None,
            "the answer has no content type, which Prometheus 3 refuses",
            hint,
        );
        return;
    };
    let media = content_type.split(';').next().unwrap_or_default().trim();
    let is_text = media.eq_ignore_ascii_case("text/plain");
    let is_open_metrics = media.eq_ignore_ascii_case("application/openmetrics-text");
    let is_protobuf = content_type == ContentType::PROTOBUF.as_str();
    if !is_text && !is_open_metrics && !is_protobuf {
        report.add(
            &CONTENT_TYPE,
            None,
            format!("the content type is `{content_type}`, which Prometheus 3 refuses"),
            hint,
        );
    }
}

/// The text of the page, if it is worth reading.
pub(super) fn check<'a>(body: &'a [u8], dialect: Dialect, report: &mut Report) -> Option<&'a str> {
    let text = match std::str::from_utf8(body) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let before = &body[..error.valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            report.add(
                &NOT_UTF_8,
                line,
                "the page is not UTF-8 from here on",
                "labels from outside need to be made UTF-8 before they are recorded; if the page is \
                 compressed or protobuf, ask for text",
            );
            return None;
        }
    };
    if let Some(what) = something_else(text) {
        report.add(
            &NOT_A_PAGE,
            1,
            format!("this is {what}, not a page of metrics"),
            "a placeholder or another handler is in place of the endpoint; mount the endpoint of \
             the metrics library there",
        );
        return None;
    }
    let is_comment = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if text.lines().all(is_comment) {
        report.add(
            &EMPTY_PAGE,
            None,
            "the page has no samples, and a scrape of it counts as a success",
            "serve the registry that the program records into; a process has metrics of its own at \
             least",
        );
    }
    if !text.is_empty() && !text.ends_with('\n') {
        report.add(
            &MISSING_NEWLINE,
            text.lines().count(),
            "the last line does not end, so it may be cut off",
            "every line ends in a line feed, the last one too",
        );
    }
    let last = text.lines().last().unwrap_or_default();
    if dialect == Dialect::OpenMetrics && !text.lines().any(|line| line == "# EOF") {
        report.add(
            &MISSING_EOF,
            text.lines().count().max(1),
            format!("the page ends with `{}`", shortened(last)),
            "end it with the line `# EOF`; without it a page that was cut off looks whole",
        );
    }
    Some(text)
}

/// What a text is that is no page, if it looks like it.
fn something_else(text: &str) -> Option<&'static str> {
    let start = text.trim_start();
    let lower: String = start
        .chars()
        .take(200)
        .collect::<String>()
        .to_ascii_lowercase();
    if lower.starts_with("<!doctype") || lower.starts_with("<html") || lower.starts_with("<?xml") {
        return Some("HTML or XML");
    }
    let is_json = (start.starts_with('{') || start.starts_with('['))
        && serde_json::from_str::<serde_json::Value>(start).is_ok();
    // A scalar can be the answer of a handler that hands out text as JSON.
    let is_scalar =
        start.starts_with('"') && serde_json::from_str::<serde_json::Value>(start).is_ok();
    if is_json || is_scalar {
        return Some("JSON");
    }
    None
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
