//! For people.

use super::{Finding, Severity};

pub(super) fn render(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        out.push_str(&format!(
            "{}[{}]: {}\n  --> {}\n  hint: {}\n",
            finding.severity().as_str(),
            finding.code(),
            visible(&finding.cause),
            visible(&finding.place.to_string()),
            visible(&finding.hint),
        ));
    }
    let number = |severity| {
        let of = findings
            .iter()
            .filter(|finding| finding.severity() == severity);
        of.count()
    };
    if !findings.is_empty() {
        out.push_str(&format!(
            "{}, {}\n",
            counted(number(Severity::Error), "error"),
            counted(number(Severity::Warning), "warning")
        ));
    }
    out
}

fn counted(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

/// What was found may come from anywhere: nothing of it commands the terminal.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            character if character.is_control() => out.extend(character.escape_default()),
            character => out.push(character),
        }
    }
    out
}
