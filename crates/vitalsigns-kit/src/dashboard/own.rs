//! Dashboards of families that no ready one knows: panels by kind, a row for each group.

use vitalsigns::{FamilyEntry, Kind};

use super::maker::{Made, Maker};
use super::model::{Colour, Dashboard, Step, Target, Visual, Word, capitalised};
use crate::query::QueryError;

/// The groups of the services of which no dashboard shows anything, sorted.
pub(super) fn unshown(maker: &Maker<'_>, dashboards: &[Dashboard]) -> Vec<String> {
    let shown: Vec<&str> = dashboards
        .iter()
        .flat_map(Dashboard::panels)
        .flat_map(|panel| &panel.targets)
        .flat_map(|target| maker.families_of(target.vector()))
        .map(|family| family.group.as_str())
        .collect();
    let services = maker.system.services.iter();
    let families = services.flat_map(|service| &service.catalogue.families);
    let groups = families.map(|family| &family.group);
    let mut groups: Vec<String> = groups
        .filter(|group| !shown.contains(&group.as_str()))
        .cloned()
        .collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// A dashboard of these groups.
pub(super) fn dashboard(
    maker: &Maker<'_>,
    title: &str,
    groups: &[String],
) -> Result<Option<Dashboard>, QueryError> {
    let mut rows = Vec::new();
    for group in groups {
        let families = maker.catalogue.families.iter();
        let families = families.filter(|family| family.group == *group);
        let panels = families.flat_map(|family| panels(maker, family));
        rows.push(maker.row(group, panels)?);
    }
    maker.dashboard(
        title,
        "What the services declare themselves, by the kind of each family.",
        rows,
    )
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
        Kind::Gauge | Kind::Unknown => {
            vec![maker.level((&title, &about), maker.gauge(name), &by)]
        }
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
    let few = family.labels.iter().filter(|label| {
        let values = label.values.as_ref().map(Vec::len);
        values.or(label.cap).is_some_and(|values| values <= FEW)
    });
    // More than two are no legend any more.
    few.map(|label| label.name.as_str()).take(2).collect()
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
