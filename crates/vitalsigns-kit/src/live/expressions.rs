//! Whether what rules and panels ask for is there to be found.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use promql_parser::parser::{Expr, LabelModifier};
use vitalsigns::{Catalogue, FamilyEntry};

use super::api::{Api, list, text};
use super::{Found, Place};
use crate::client::ClientError;
use crate::exporters::Exporter;
use crate::finding::Rule;
use crate::nearest::nearest;
use crate::promql::{Matched, Selected, selectors};
use crate::union;

pub(super) static UNREADABLE: Rule = Rule::error("query-syntax", "An expression cannot be read.");
pub(super) static NO_METRIC: Rule = Rule::error(
    "metric-missing",
    "An expression asks for a metric that nobody exports.",
);
pub(super) static NO_LABEL: Rule = Rule::error(
    "label-missing",
    "An expression asks for a label that no series of the metric has.",
);
pub(super) static NO_VALUE: Rule = Rule::warning(
    "value-missing",
    "An expression asks for a value of a label that no series has.",
);
pub(super) static NEVER_TOGETHER: Rule = Rule::warning(
    "values-never-together",
    "No series satisfies all conditions of a selector, though each is satisfied by some.",
);

/// What is stored, as far as it was asked for.
pub(super) struct Stored<'a> {
    api: &'a Api<'a>,
    /// What services say that they will export, if it was seen or not.
    declared: Catalogue,
    names: Vec<String>,
    labels: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Stored<'a> {
    pub(super) fn new(api: &'a Api<'a>, mut declared: Catalogue) -> Result<Self, ClientError> {
        let data = api.data("label/__name__/values", &[])?;
        let names = list(&data).iter().map(|name| text(name).to_owned());
        let names: Vec<String> = names.collect();
        for exporter in Exporter::ALL {
            // What is not there now may be there later: of a replica, over TLS, after a fault.
            if is_scraped(exporter.catalogue(), &names) {
                union::add(&mut declared, exporter.catalogue());
            }
        }
        Ok(Stored {
            api,
            declared,
            names,
            labels: BTreeMap::new(),
        })
    }

    fn has(&self, name: &str) -> bool {
        // What Prometheus makes of rules is there while they fire.
        let of_rules = ["ALERTS", "ALERTS_FOR_STATE"];
        of_rules.contains(&name) || self.names.iter().any(|known| known == name)
    }

    /// The family that a name belongs to, if a service declares it.
    fn declared(&self, name: &str) -> Option<&FamilyEntry> {
        let parts = ["", "_bucket", "_sum", "_count"];
        let bases = parts.iter().filter_map(|part| name.strip_suffix(part));
        let mut families = bases.filter_map(|base| self.declared.family(base));
        families.next()
    }

    fn labels(&mut self, name: &str) -> &BTreeSet<String> {
        if !self.labels.contains_key(name) {
            let selector = format!("{{__name__=\"{name}\"}}");
            let data = self.api.data("labels", &[("match[]", &selector)]);
            let mut labels: BTreeSet<String> = data
                .as_ref()
                .map(|data| {
                    list(data)
                        .iter()
                        .map(|label| text(label).to_owned())
                        .collect()
                })
                .unwrap_or_default();
            labels.remove("__name__");
            if let Some(family) = self.declared(name) {
                labels.extend(family.labels.iter().map(|label| label.name.clone()));
                labels.extend(["job", "instance"].map(str::to_owned));
            }
            self.labels.insert(name.to_owned(), labels);
        }
        &self.labels[name]
    }

    fn finds(&self, selector: &str) -> bool {
        let found = self
            .api
            .data("series", &[("match[]", selector), ("limit", "1")]);
        // What cannot be asked is not said to be missing.
        found.map_or(true, |data| !list(&data).is_empty())
    }

    /// Looks at all that an expression asks for.
    pub(super) fn look(&mut self, expression: &str, place: &Place, found: &mut Found) {
        let parsed = match promql_parser::parser::parse(expression) {
            Ok(parsed) => parsed,
            Err(error) => {
                let hint = "correct it; `promtool query` tells where";
                found.add(
                    &UNREADABLE,
                    place.clone(),
                    format!("`{expression}`: {error}"),
                    hint,
                );
                return;
            }
        };
        let mut is_known = true;
        for selected in selectors(&parsed) {
            is_known &= self.look_at(&selected, place, found);
        }
        if is_known {
            self.look_at_groups(&parsed, place, found);
        }
    }

    /// Whether the name and the labels are known.
    fn look_at(&mut self, selected: &Selected, place: &Place, found: &mut Found) -> bool {
        let name = selected.name.as_str();
        let is_declared = self.declared(name).is_some();
        if !self.has(name) {
            if is_declared {
                // It has no series yet.
                return true;
            }
            let names = self.names.iter().map(String::as_str);
            let hint = match nearest(name, names) {
                Some(like) => format!("did you mean `{like}`?"),
                None => "export it, or take away what asks for it".to_owned(),
            };
            let cause = format!("nobody exports `{name}`, so this never has a result");
            found.add(&NO_METRIC, place.clone(), cause, hint);
            return false;
        }
        if is_declared || self.finds(&selected.text()) {
            return self.look_for_labels(selected, place, found);
        }
        if !self.look_for_labels(selected, place, found) {
            return false;
        }
        let lacking = |matched: &&Matched| !self.finds(&selected.with(&[matched]));
        let (rule, cause) = match selected.matchers.iter().find(lacking) {
            Some(matched) => (
                &NO_VALUE,
                format!("no series of `{name}` has {}", matched.text),
            ),
            None => (
                &NEVER_TOGETHER,
                format!("no series satisfies all of `{}`", selected.text()),
            ),
        };
        let hint =
            "it is found once such a series is there; if it never will be, correct the value";
        found.add(rule, place.clone(), cause, hint);
        true
    }

    fn look_for_labels(&mut self, selected: &Selected, place: &Place, found: &mut Found) -> bool {
        let known = self.labels(&selected.name);
        let is_missing =
            |matched: &&Matched| !matched.is_empty_fine && !known.contains(&matched.label);
        let missing = selected.matchers.iter().find(is_missing);
        let missing = missing.map(|matched| matched.label.clone());
        match missing {
            Some(label) => {
                self.tell_label(&label, slice::from_ref(&selected.name), place, found);
                false
            }
            None => true,
        }
    }

    fn tell_label(&mut self, label: &str, names: &[String], place: &Place, found: &mut Found) {
        let mut known = BTreeSet::new();
        for name in names {
            known.extend(self.labels(name).iter().cloned());
        }
        let hint = match nearest(label, known.iter().map(String::as_str)) {
            Some(like) => format!("did you mean `{like}`?"),
            None => format!(
                "there are {}",
                known.into_iter().collect::<Vec<_>>().join(", ")
            ),
        };
        let of = names.join("`, `");
        let cause = format!("no series of `{of}` has a label `{label}`");
        found.add(&NO_LABEL, place.clone(), cause, hint);
    }

    /// Whether the labels that are kept by an aggregation are there.
    fn look_at_groups(&mut self, expression: &Expr, place: &Place, found: &mut Found) {
        match expression {
            Expr::Aggregate(aggregate) => {
                self.look_at_groups(&aggregate.expr, place, found);
                let Some(LabelModifier::Include(labels)) = &aggregate.modifier else {
                    return;
                };
                if makes_labels(&aggregate.expr) {
                    return;
                }
                let names = selectors(&aggregate.expr)
                    .into_iter()
                    .map(|selected| selected.name);
                let names: Vec<String> = names.collect();
                for label in &labels.labels {
                    let mut has = |name: &String| self.labels(name).contains(label);
                    if !names.is_empty() && !names.iter().any(&mut has) {
                        self.tell_label(label, &names, place, found);
                    }
                }
            }
            Expr::Unary(unary) => self.look_at_groups(&unary.expr, place, found),
            Expr::Binary(binary) => {
                self.look_at_groups(&binary.lhs, place, found);
                self.look_at_groups(&binary.rhs, place, found);
            }
            Expr::Paren(paren) => self.look_at_groups(&paren.expr, place, found),
            Expr::Subquery(subquery) => self.look_at_groups(&subquery.expr, place, found),
            Expr::Call(call) => {
                for argument in &call.args.args {
                    self.look_at_groups(argument, place, found);
                }
            }
            _ => {}
        }
    }
}

/// Whether most of what a program exports is stored.
fn is_scraped(catalogue: &Catalogue, names: &[String]) -> bool {
    let stored: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let is_stored = |family: &&FamilyEntry| {
        let of_histogram = format!("{}_count", family.name);
        stored.contains(family.name.as_str()) || stored.contains(of_histogram.as_str())
    };
    let there = catalogue.families.iter().filter(is_stored).count();
    2 * there > catalogue.families.len()
}

/// Whether labels come from elsewhere than from the series.
fn makes_labels(expression: &Expr) -> bool {
    match expression {
        Expr::Aggregate(aggregate) => {
            matches!(aggregate.op.to_string().as_str(), "count_values")
                || makes_labels(&aggregate.expr)
        }
        Expr::Unary(unary) => makes_labels(&unary.expr),
        Expr::Binary(binary) => makes_labels(&binary.lhs) || makes_labels(&binary.rhs),
        Expr::Paren(paren) => makes_labels(&paren.expr),
        Expr::Subquery(subquery) => makes_labels(&subquery.expr),
        Expr::Call(call) => {
            matches!(
                call.func.name,
                "label_replace" | "label_join" | "info" | "vector"
            ) || call.args.args.iter().any(|argument| makes_labels(argument))
        }
        _ => false,
    }
}
