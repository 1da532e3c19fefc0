//! System Overview: what users feel of each service, and what is promised.

use vitalsigns::ObjectiveEntry;

use super::rows;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Colour, Dashboard, Step, Target, Visual};
use crate::query::{Counter, QueryError, Selector};

pub(super) fn dashboard(maker: &Maker<'_>) -> Result<Option<Dashboard>, QueryError> {
    if maker.system.services.is_empty() {
        return Ok(None);
    }
    maker.dashboard(
        "System Overview",
        "What users feel of each service: how many requests, how many fail, how long they take; \
         what is left of what is promised, which alerts fire, which versions run.",
        [
            maker.row("Alerts", [firing(maker), firing_list(maker)])?,
            rows::requests(maker, "Requests: rate, errors, durations")?,
            objectives(maker)?,
            rows::clients(maker)?,
            rows::functions(maker)?,
            rows::targets(maker, "Targets and versions")?,
        ],
    )
}

fn firing(maker: &Maker<'_>) -> Made {
    let firing = super::alerts::of_system(maker, "firing")?.count_by(["severity"])?;
    let target = Target::new(&firing, "{{severity}}")?;
    let everywhere = crate::query::Rendering::everywhere();
    let panel = maker.panel(
        Visual::Stat,
        (
            "Alerts firing",
            "How many alerts fire, by how much they matter. Begin with the critical ones, and \
             with those of the services in front.",
        ),
        [target.rendered(everywhere)],
    )?;
    let mut panel = panel.size(8, 8).steps([Step::new(1.0, Colour::Bad)]);
    panel.no_value = "none fires".to_owned();
    Ok(panel)
}

fn firing_list(maker: &Maker<'_>) -> Made {
    super::alerts::list(maker).map(|panel| panel.size(16, 8))
}

/// What is promised of functions, and what is left of it.
fn objectives(maker: &Maker<'_>) -> rows::MaybeRow {
    let mut names: Vec<&str> = Vec::new();
    for objective in &maker.catalogue.objectives {
        if !names.contains(&objective.name.as_str()) {
            names.push(&objective.name);
        }
    }
    names.sort_unstable();
    let mut panels = Vec::new();
    for name in names {
        let entries = maker.catalogue.objectives.iter();
        let entries: Vec<&ObjectiveEntry> = entries.filter(|entry| entry.name == name).collect();
        let promised = entries.iter().filter_map(|entry| entry.success_ratio);
        if let Some(promised) = promised.max_by(f64::total_cmp) {
            panels.push(budget(maker, name, &entries, promised));
        }
    }
    maker.row("What is promised", panels)
}

/// The share of failures over the time that is shown, beside what is allowed.
fn budget(maker: &Maker<'_>, name: &str, entries: &[&ObjectiveEntry], promised: f64) -> Made {
    let calls = of_functions(maker, entries)?.none_of("outcome", &["cancelled"])?;
    let bad = calls.any_of("outcome", &["error", "panicked"])?;
    let (bad, all) = (bad.increase().sum()?, calls.increase().sum()?);
    bad.ratio_to(&all)?;
    let share = bad.or_none_of(&all)?.ratio_to(&all)?;
    let title = format!("Failures of {name}");
    let about = format!(
        "Which share of the calls failed in the time that is shown; {}% are promised to succeed. \
         From red on, more is lost than was promised: hold back new versions and mend first.",
        rounded(promised * 100.0),
    );
    let target = maker.quality(&share, name)?;
    let target = target.rendered(crate::query::Rendering::dashboard().shown());
    let panel = maker.panel(Visual::Stat, (&title, &about), [target])?;
    let allowed = rounded(1.0 - promised);
    Ok(panel
        .not_a_number("no calls")
        .limits(rounded(allowed / 2.0), allowed))
}

fn of_functions(
    maker: &Maker<'_>,
    entries: &[&ObjectiveEntry],
) -> Result<Selector<Counter>, QueryError> {
    let mut functions: Vec<&str> = entries
        .iter()
        .map(|entry| entry.function.as_str())
        .collect();
    let mut modules: Vec<&str> = entries.iter().map(|entry| entry.module.as_str()).collect();
    for list in [&mut functions, &mut modules] {
        list.sort_unstable();
        list.dedup();
    }
    let calls = maker.counter("function_calls_total")?;
    calls
        .any_of("function", &functions)?
        .any_of("module", &modules)
}

/// Without the dust of binary fractions.
fn rounded(ratio: f64) -> f64 {
    (ratio * 1e9).round() / 1e9
}
