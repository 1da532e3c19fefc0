//! Dashboards of families that no ready one knows: panels by kind, a row for each group.

use std::collections::BTreeSet;

use vitalsigns::{FamilyEntry, Kind};

use super::maker::{Made, Maker};
use super::model::{Colour, Dashboard, Step, Target, Visual, Word, capitalised};
use crate::query::QueryError;

/// What no dashboard knows of what the services have. A group is known whose families are shown;
/// what somebody else calls the same has names that begin otherwise.
pub(super) fn unshown<'s>(maker: &Maker<'s>, dashboards: &[Dashboard]) -> Vec<&'s FamilyEntry> {
    let known: BTreeSet<(&str, &str)> = dashboards
        .iter()
        .flat_map(Dashboard::panels)
        .flat_map(|panel| &panel.targets)
        .flat_map(|target| maker.families_of(target.vector()))
        .map(|family| (family.group.as_str(), subject(maker, family)))
        .collect();
    let families = maker.catalogue.families.iter();
    let of_services = families.filter(|family| {
        let mut services = maker.system.services.iter();
        services.any(|service| service.catalogue.family(&family.name).is_some())
    });
    of_services
        .filter(|family| !known.contains(&(&family.group, subject(maker, family))))
        .collect()
}

/// The first word of the name, behind the namespace.
fn subject<'f>(maker: &Maker<'_>, family: &'f FamilyEntry) -> &'f str {
    let services = maker.system.services.iter();
    let namespaces = services.map(|service| service.catalogue.namespace.as_str());
    let mut named = namespaces.filter(|namespace| !namespace.is_empty());
    let rest = named.find_map(|namespace| {
        let rest = family.name.strip_prefix(namespace)?;
        rest.strip_prefix('_')
    });
    let name = rest.unwrap_or(&family.name);
    name.split_once('_').map_or(name, |(first, _)| first)
}

/// The families of these groups.
pub(super) fn of_groups<'s>(maker: &Maker<'s>, groups: &[&str]) -> Vec<&'s FamilyEntry> {
    let families = maker.catalogue.families.iter();
    families
        .filter(|family| groups.contains(&family.group.as_str()))
        .collect()
}

/// A dashboard of these families.
pub(super) fn dashboard(
    maker: &Maker<'_>,
    title: &str,
    families: &[&FamilyEntry],
) -> Result<Option<Dashboard>, QueryError> {
    let mut groups: Vec<&str> = families
        .iter()
        .map(|family| family.group.as_str())
        .collect();
    groups.sort_unstable();
    groups.dedup();
    let mut rows = Vec::new();
    for group in groups {
        let families = families.iter().filter(|family| family.group == group);
        let panels = families.flat_map(|family| panels(maker, family));
        rows.push(maker.row(&in_words(group), panels)?);
    }
    maker.dashboard(
        title,
        "What the services declare themselves, by the kind of each family.",
        rows,
    )
}

/// The name of a type as a title: `KitchenMetrics` is `Kitchen metrics`.
fn in_words(name: &str) -> String {
    let mut words = String::new();
    let mut last = '_';
    for character in name.chars() {
        if character.is_ascii_uppercase() && last.is_ascii_lowercase() {
            words.push(' ');
            words.push(character.to_ascii_lowercase());
        } else {
            words.push(character);
        }
        last = character;
    }
    words
}

/// The panels of a family.
fn panels(maker: &Maker<'_>, family: &FamilyEntry) -> Vec<Made> {
    let name = family.name.as_str();
    let by: Vec<&str> = by(family);
    let title = title(family);
    let of_all = |suffix: &str| format!("{title}{suffix}");
    let about = format!("{} (`{name}`)", family.help);
    match family.kind {
        Kind::Counter => vec![maker.rate((&title, &about), maker.counter(name), &by)],
        Kind::Gauge | Kind::Unknown if name.ends_with("_timestamp_seconds") => {
            vec![maker.age((&title, &about), maker.gauge(name), &by)]
        }
        // What is counted adds up over the targets; a temperature or a ratio does not.
        Kind::Gauge | Kind::Unknown => match family.unit.as_deref() {
            None | Some("bytes") => {
                vec![maker.level((&title, &about), maker.gauge(name), &by)]
            }
            Some(_) => vec![maker.greatest((&title, &about), maker.gauge(name), &by)],
        },
        Kind::Histogram => vec![
            maker.quantiles((&of_all(": quantiles"), &about), maker.histogram(name)),
            maker.heat((&of_all(": distribution"), &about), maker.histogram(name)),
        ],
        Kind::StateSet => vec![states(maker, name, (&title, &about), &by)],
        Kind::Info => {
            let mut by = vec!["job"];
            by.extend(family.labels.iter().map(|label| label.name.as_str()));
            vec![maker.facts((&title, &about), maker.info(name), &by)]
        }
        _ => Vec::new(),
    }
}

fn states(maker: &Maker<'_>, name: &str, about: (&str, &str), by: &[&str]) -> Made {
    let mut labels = by.to_vec();
    labels.push(name);
    let states = maker.states(name)?.value().max_by(&labels)?;
    let legend: Vec<String> = labels
        .iter()
        .map(|label| format!("{{{{{label}}}}}"))
        .collect();
    let panel = maker.panel(
        Visual::StateTimeline,
        about,
        [Target::new(&states, legend.join(" "))?],
    )?;
    Ok(panel
        .below(Colour::Quiet)
        .steps([Step::new(1.0, Colour::Plain)])
        .words([
            Word::new(0.0, "off", Colour::Quiet),
            Word::new(1.0, "on", Colour::Plain),
        ]))
}

/// The labels that a panel shows apart: those with few values.
fn by(family: &FamilyEntry) -> Vec<&str> {
    const FEW: usize = 12;
    let named = family
        .labels
        .iter()
        .filter(|label| can_be_named(&label.name));
    let few = named.filter(|label| {
        let values = label.values.as_ref().map(Vec::len);
        values.or(label.cap).is_some_and(|values| values <= FEW)
    });
    // More than two are no legend any more.
    few.map(|label| label.name.as_str()).take(2).collect()
}

/// Whether an aggregation can name the label: other libraries have dots in names.
fn can_be_named(label: &str) -> bool {
    let mut characters = label.chars();
    !label.starts_with("__")
        && label != "le"
        && !label.starts_with(|first: char| first.is_ascii_digit())
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// The name in words, without what its kind and unit add.
fn title(family: &FamilyEntry) -> String {
    let mut name = family.name.as_str();
    for ending in [
        "_total",
        "_info",
        "_timestamp_seconds",
        "_seconds",
        "_bytes",
    ] {
        name = name.strip_suffix(ending).unwrap_or(name);
    }
    capitalised(&name.replace('_', " "))
}
