//! What was found in a folder, while it is looked through.

use std::collections::BTreeMap;

use crate::finding::{Finding, Place, Rule, Severity};

/// How many findings of a rule are told one by one for a file.
fn most_of(rule: &Rule) -> usize {
    match rule.code {
        // Whoever does not do it does it nowhere.
        "missing-runbook" | "no-memory-limit" | "no-resolved" | "deprecated-match" => 1,
        _ if rule.severity == Severity::Warning => 5,
        _ => 20,
    }
}

/// Collects findings.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    findings: Vec<Finding>,
}

impl Sheet {
    /// Adds what was found, once: what leads to the same words at the same place is the same.
    pub(super) fn add(
        &mut self,
        rule: &'static Rule,
        place: &Place,
        cause: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings.push(Finding {
            rule,
            place: place.clone(),
            cause: cause.into(),
            hint: hint.into(),
        });
    }

    /// Everything, by file and line; of many of a rule in a file only the first ones.
    pub(super) fn findings(mut self) -> Vec<Finding> {
        let key = |finding: &Finding| {
            (
                finding.place.clone(),
                finding.rule.code,
                finding.cause.clone(),
            )
        };
        self.findings.sort_by_cached_key(key);
        self.findings.dedup_by(|next, first| {
            next.rule == first.rule && next.place == first.place && next.cause == first.cause
        });
        let mut numbers: BTreeMap<(String, &'static str), usize> = BTreeMap::new();
        let mut kept: Vec<Finding> = Vec::new();
        let mut dropped: BTreeMap<(String, &'static str), usize> = BTreeMap::new();
        for finding in self.findings {
            let key = (finding.place.source.clone(), finding.rule.code);
            let number = numbers.entry(key.clone()).or_default();
            *number += 1;
            match *number > most_of(finding.rule) {
                true => *dropped.entry(key).or_default() += 1,
                false => kept.push(finding),
            }
        }
        for finding in kept.iter_mut().rev() {
            let key = (finding.place.source.clone(), finding.rule.code);
            if let Some(more) = dropped.remove(&key) {
                finding
                    .cause
                    .push_str(&format!(" (and {more} more of these)"));
            }
        }
        kept
    }
}
