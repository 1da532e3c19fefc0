//! For programs of one's own.

use serde_json::{Value, json};

use super::Finding;

pub(super) fn render(findings: &[Finding]) -> String {
    let findings: Vec<Value> = findings.iter().map(finding).collect();
    let mut out = format!("{:#}", json!({ "findings": findings }));
    out.push('\n');
    out
}

fn finding(finding: &Finding) -> Value {
    json!({
        "code": finding.code(),
        "severity": finding.severity().as_str(),
        "source": finding.place.source,
        "line": finding.place.line,
        "part": finding.place.part,
        "cause": finding.cause,
        "hint": finding.hint,
    })
}
