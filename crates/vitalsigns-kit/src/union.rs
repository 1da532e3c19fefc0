//! What several catalogues have in common and what each adds.

use vitalsigns::{Catalogue, FamilyEntry, LabelEntry};

/// A catalogue of nothing.
pub(crate) fn nothing() -> Catalogue {
    let mut catalogue = vitalsigns::Registry::new().catalogue();
    catalogue.families.clear();
    catalogue
}

/// Adds the families of `more`: a family that both have can have the labels and values of both, and
/// the bounds that both have, so that what is true of the result is true of each.
pub(crate) fn add(all: &mut Catalogue, more: &Catalogue) {
    for family in &more.families {
        match all
            .families
            .iter_mut()
            .find(|known| known.name == family.name)
        {
            Some(known) => join(known, family),
            None => all.families.push(family.clone()),
        }
    }
    for objective in &more.objectives {
        if !all.objectives.contains(objective) {
            all.objectives.push(objective.clone());
        }
    }
}

fn join(known: &mut FamilyEntry, other: &FamilyEntry) {
    for label in &other.labels {
        match known
            .labels
            .iter_mut()
            .find(|known| known.name == label.name)
        {
            Some(known) => join_label(known, label),
            None => known.labels.push(label.clone()),
        }
    }
    // What is constant in one service may be something else in the next.
    let is_shared = |constant: &(String, String)| other.constant_labels.contains(constant);
    let (shared, own): (Vec<_>, Vec<_>) = known.constant_labels.drain(..).partition(is_shared);
    known.constant_labels = shared;
    for (name, _) in own {
        if !known.labels.iter().any(|label| label.name == name)
            && let Some(label) = open(&name)
        {
            known.labels.push(label);
        }
    }
    known.buckets = match (known.buckets.take(), &other.buckets) {
        (Some(mut bounds), Some(others)) => {
            bounds.retain(|bound| others.contains(bound));
            Some(bounds)
        }
        (bounds, others) => bounds.or_else(|| others.clone()),
    };
    if let (Some(states), Some(others)) = (&mut known.states, &other.states) {
        let new = others.iter().filter(|state| !states.contains(state));
        let new: Vec<String> = new.cloned().collect();
        states.extend(new);
    }
}

fn join_label(known: &mut LabelEntry, other: &LabelEntry) {
    match (&mut known.values, &other.values) {
        (Some(values), Some(others)) => {
            let new = others.iter().filter(|value| !values.contains(value));
            let new: Vec<String> = new.cloned().collect();
            values.extend(new);
        }
        _ => {
            known.values = None;
            known.cap = known.cap.max(other.cap);
        }
    }
}

/// A label of which nothing is known but its name.
fn open(name: &str) -> Option<LabelEntry> {
    let entry = serde_json::json!({"name": name, "values": null, "cap": null});
    serde_json::from_value(entry).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(families: &str) -> Catalogue {
        let text = format!(r#"{{"namespace": "", "families": [{families}]}}"#);
        Catalogue::from_json(&text).unwrap()
    }

    fn family(labels: &str, buckets: &str) -> String {
        format!(
            r#"{{"name": "x_seconds", "kind": "histogram", "unit": "seconds", "help": "X.",
                "labels": [{labels}], "constant_labels": [], "buckets": {buckets},
                "max_series": null, "states": null, "group": "X"}}"#
        )
    }

    #[test]
    fn what_both_have_is_true_of_both() {
        let label = |name: &str, values: &str| {
            format!(r#"{{"name": "{name}", "values": {values}, "cap": null}}"#)
        };
        let one = family(&label("queue", r#"["a","b"]"#), "[1.0, 2.0]");
        let labels = [label("queue", r#"["b","c"]"#), label("kind", "null")].join(",");
        let other = family(&labels, "[2.0, 4.0]");
        let mut all = catalogue(&one);
        add(&mut all, &catalogue(&other));
        let joined = &all.families[0];
        assert_eq!(joined.buckets.as_deref(), Some(&[2.0][..]));
        assert_eq!(joined.labels[0].values.as_ref().unwrap().join(""), "abc");
        assert_eq!(joined.labels[1].name, "kind");
    }
}
