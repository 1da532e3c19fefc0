//! For what shows the results of tests: each finding is a failed test.

use super::{Finding, Severity};

pub(super) fn render(findings: &[Finding]) -> String {
    // A suite without tests is an error to some readers.
    let tests = findings.len().max(1);
    let failures = findings.len();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites tests=\"{tests}\" failures=\"{failures}\">\n  \
         <testsuite name=\"vitalsigns\" tests=\"{tests}\" failures=\"{failures}\">\n"
    );
    if findings.is_empty() {
        out.push_str("    <testcase classname=\"vitalsigns\" name=\"no findings\"/>\n");
    }
    for finding in findings {
        let kind = match finding.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        out.push_str(&format!(
            "    <testcase classname=\"{}\" name=\"{}\">\n      \
             <failure type=\"{kind}\" message=\"{}\">{}</failure>\n    </testcase>\n",
            escaped(&finding.place.source),
            escaped(&format!("{} at {}", finding.code(), finding.place)),
            escaped(&finding.cause),
            escaped(&finding.hint),
        ));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// Text as XML has it, in elements and attributes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // No other control character can be written in XML 1.0, in no way.
            '\n' | '\r' | '\t' => out.push_str(&format!("&#{};", u32::from(character))),
            character if character.is_control() || "\u{fffe}\u{ffff}".contains(character) => {
                out.push('\u{fffd}');
            }
            character => out.push(character),
        }
    }
    out
}
