//! SARIF 2.1.0, for what shows findings beside code.

use serde_json::{Value, json};

use super::{Finding, Rule};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn render(findings: &[Finding]) -> String {
    let mut rules: Vec<&Rule> = findings.iter().map(|finding| finding.rule).collect();
    rules.sort_by_key(|rule| rule.code);
    rules.dedup();
    let described: Vec<Value> = rules.iter().map(|rule| describe(rule)).collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, &rules))
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "vitalsigns",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": described,
                },
            },
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn describe(rule: &Rule) -> Value {
    json!({
        "id": rule.code,
        "shortDescription": { "text": rule.summary },
        "defaultConfiguration": { "level": rule.severity.as_str() },
    })
}

fn result(finding: &Finding, rules: &[&Rule]) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": uri(&finding.place.source) } });
    if let Some(line) = finding.place.line {
        place["region"] = json!({ "startLine": line });
    }
    let mut location = json!({ "physicalLocation": place });
    if let Some(part) = &finding.place.part {
        location["logicalLocations"] = json!([{ "name": part }]);
    }
    json!({
        "ruleId": finding.code(),
        "ruleIndex": rules.iter().position(|rule| rule.code == finding.code()),
        "level": finding.severity().as_str(),
        "message": { "text": format!("{}. Hint: {}", finding.cause, finding.hint) },
        "locations": [location],
    })
}

/// A file or an address as a reference of RFC 3986.
fn uri(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    for byte in source.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/:?#[]@!$&'()*+,;=%".contains(&byte);
        match is_plain {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
