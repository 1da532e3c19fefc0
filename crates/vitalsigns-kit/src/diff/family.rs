//! What has changed about one family.

use vitalsigns::{FamilyEntry, LabelEntry};

use super::Changes;

pub(super) fn compare(old: &FamilyEntry, new: &FamilyEntry, changes: &mut Changes) {
    let name = &old.name;
    if old.kind != new.kind {
        changes.breaking(
            "kind-changed",
            name,
            format!("`{name}` was a {}, and is a {} now", old.kind, new.kind),
        );
    }
    if old.unit != new.unit {
        let told = |unit: &Option<String>| unit.clone().unwrap_or_else(|| "no unit".to_owned());
        changes.breaking(
            "unit-changed",
            name,
            format!(
                "`{name}` was in {}, and is in {} now",
                told(&old.unit),
                told(&new.unit)
            ),
        );
    }
    labels(old, new, changes);
    constants(old, new, changes);
    buckets(old, new, changes);
    states(old, new, changes);
    if old.help != new.help {
        changes.compatible(
            "help-changed",
            name,
            format!("`{name}` says of itself: {}", new.help),
        );
    }
    if old.exemplars != new.exemplars {
        let what = if new.exemplars { "keeps" } else { "keeps no" };
        changes.compatible(
            "exemplars-changed",
            name,
            format!("`{name}` {what} exemplars"),
        );
    }
}

fn find<'a>(labels: &'a [LabelEntry], name: &str) -> Option<&'a LabelEntry> {
    labels.iter().find(|label| label.name == name)
}

fn labels(old: &FamilyEntry, new: &FamilyEntry, changes: &mut Changes) {
    let name = &old.name;
    for before in &old.labels {
        match find(&new.labels, &before.name) {
            None => changes.breaking(
                "label-removed",
                name,
                format!("`{name}` has no label `{}` any more", before.name),
            ),
            Some(after) => values(name, before, after, changes),
        }
    }
    for after in &new.labels {
        if find(&old.labels, &after.name).is_none() {
            changes.breaking(
                "label-added",
                name,
                format!(
                    "`{name}` has a label `{}` now, by which joins and alerts on single series are \
                     divided",
                    after.name
                ),
            );
        }
    }
}

fn values(family: &str, old: &LabelEntry, new: &LabelEntry, changes: &mut Changes) {
    let label = &old.name;
    match (&old.values, &new.values) {
        (Some(before), Some(after)) => {
            for value in before.iter().filter(|value| !after.contains(value)) {
                changes.breaking(
                    "value-removed",
                    family,
                    format!("`{label}` of `{family}` never has the value `{value}` any more"),
                );
            }
            for value in after.iter().filter(|value| !before.contains(value)) {
                changes.compatible(
                    "value-added",
                    family,
                    format!("`{label}` of `{family}` can have the value `{value}`"),
                );
            }
        }
        (Some(_), None) => changes.compatible(
            "label-opened",
            family,
            format!("`{label}` of `{family}` can have values that are not listed"),
        ),
        (None, Some(after)) => changes.breaking(
            "label-closed",
            family,
            format!(
                "`{label}` of `{family}` has these values alone: {}",
                after.join(", ")
            ),
        ),
        (None, None) if old.cap != new.cap => changes.compatible(
            "cap-changed",
            family,
            format!("`{label}` of `{family}` keeps another number of values"),
        ),
        (None, None) => {}
    }
}

fn constants(old: &FamilyEntry, new: &FamilyEntry, changes: &mut Changes) {
    let name = &old.name;
    let find = |family: &FamilyEntry, label: &str| {
        let mut labels = family.constant_labels.iter();
        let found = labels.find(|(known, _)| known == label);
        found.map(|(_, value)| value.clone())
    };
    for (label, before) in &old.constant_labels {
        match find(new, label) {
            None => changes.breaking(
                "label-removed",
                name,
                format!("`{name}` has no label `{label}` any more"),
            ),
            Some(after) if after != *before => changes.breaking(
                "constant-changed",
                name,
                format!("`{label}` of `{name}` was `{before}`, and is `{after}` now"),
            ),
            Some(_) => {}
        }
    }
    for (label, _) in &new.constant_labels {
        if find(old, label).is_none() {
            changes.breaking(
                "label-added",
                name,
                format!("every series of `{name}` has a label `{label}` now"),
            );
        }
    }
}

fn buckets(old: &FamilyEntry, new: &FamilyEntry, changes: &mut Changes) {
    let name = &old.name;
    match (&old.buckets, &new.buckets) {
        (Some(before), Some(after)) => {
            for bound in before.iter().filter(|bound| !after.contains(bound)) {
                changes.bound_removed(
                    name,
                    *bound,
                    format!(
                        "`{name}` has no bucket up to {bound} any more: queries with `le=\"{}\"` \
                         find nothing",
                        FamilyEntry::le(*bound)
                    ),
                );
            }
            for bound in after.iter().filter(|bound| !before.contains(bound)) {
                changes.compatible(
                    "bound-added",
                    name,
                    format!("`{name}` has a bucket up to {bound}"),
                );
            }
        }
        (Some(_), None) => changes.breaking(
            "buckets-removed",
            name,
            format!("`{name}` has no classic buckets any more, so there is no `{name}_bucket`"),
        ),
        (None, Some(_)) if old.native => changes.compatible(
            "buckets-added",
            name,
            format!("`{name}` has classic buckets too"),
        ),
        _ => {}
    }
    if old.native && !new.native {
        changes.breaking(
            "native-removed",
            name,
            format!("`{name}` is no native histogram any more"),
        );
    }
    if !old.native && new.native {
        changes.compatible(
            "native-added",
            name,
            format!("`{name}` is a native histogram too"),
        );
    }
}

fn states(old: &FamilyEntry, new: &FamilyEntry, changes: &mut Changes) {
    let name = &old.name;
    let before = old.states.as_deref().unwrap_or_default();
    let after = new.states.as_deref().unwrap_or_default();
    for state in before.iter().filter(|state| !after.contains(state)) {
        changes.breaking(
            "state-removed",
            name,
            format!("`{name}` has no state `{state}` any more"),
        );
    }
    for state in after.iter().filter(|state| !before.contains(state)) {
        changes.compatible("state-added", name, format!("`{name}` can be `{state}`"));
    }
}
