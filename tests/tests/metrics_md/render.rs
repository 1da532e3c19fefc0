//! From the catalogue to the page.

use std::collections::BTreeSet;
use std::fmt::Write;

use vitalsigns::{FamilyEntry, LabelEntry, Registry};

use crate::modules::{EXAMPLE, MODULES, Module, OWN};

/// A closed label with more values than these is told by the first few.
const SHOWN: usize = 24;

const HEAD: &str = "\
# Metrics

<!-- Written by the test `metrics_md` from the catalogue of a registry: do not edit. -->

Every family that vitalsigns has ready, as the catalogue of a registry lists it in which all of them
are registered, without a namespace. With the namespace `shop`, `queue_depth` is `shop_queue_depth`; the names of `build`,
`process` and `tokio` are the same in every service.
A service registers those that it needs.

- **Unit**: the base unit, if it has one.
- **Labels**: a closed label lists its values; `≤ 100` is a label of free text that keeps so many
  values, and what comes beyond them shares the value `other`.
- *The service's own* values: the family is generic over an enum with `derive(LabelValue)` of the
  service. (Here it was registered with an enum of one value, `example`.)
- **Buckets**: the upper bounds; `+Inf` comes with every histogram. A histogram has the series
  `_bucket`, `_sum` and `_count`.

What the documents that described these services before called each metric is said below each
table; item by item, it is in [docs/coverage.md](docs/coverage.md).
";

pub(crate) fn page() -> String {
    let registry = Registry::new();
    for module in MODULES.iter().filter(|module| module.name == OWN) {
        (module.register)(&registry).unwrap_or_else(|error| panic!("{OWN}: {error}"));
    }
    let own = names(&registry);
    let mut page = HEAD.to_owned();
    for module in MODULES {
        let registry = Registry::new();
        (module.register)(&registry).unwrap_or_else(|error| panic!("{}: {error}", module.name));
        let families = registry.catalogue().families;
        let is_its = |family: &&FamilyEntry| (module.name == OWN) == own.contains(&family.name);
        section(&mut page, module, families.iter().filter(is_its));
    }
    page
}

fn names(registry: &Registry) -> BTreeSet<String> {
    let families = registry.catalogue().families;
    families.into_iter().map(|family| family.name).collect()
}

fn section<'a>(
    page: &mut String,
    module: &Module,
    families: impl Iterator<Item = &'a FamilyEntry>,
) {
    let types = module.types.iter().map(|name| format!("`{name}`"));
    let types = types.collect::<Vec<_>>().join(", ");
    let _ = write!(page, "\n## {}\n\n{}", module.name, module.about);
    if !types.is_empty() {
        let _ = write!(page, " Registered by {types}.");
    }
    let _ = write!(
        page,
        "\n\n- **Starts:** {}\n- **Ends:** {}\n- **Not seen:** {}\n",
        module.starts, module.ends, module.unseen
    );
    let rows: Vec<String> = families.map(row).collect();
    if !rows.is_empty() {
        page.push_str(
            "\n| name | kind | unit | labels | buckets | help |\n|---|---|---|---|---|---|\n",
        );
        page.push_str(&rows.concat());
    }
    if !module.replaces.is_empty() {
        page.push_str("\n| replaces | by |\n|---|---|\n");
        for (documented, here) in module.replaces {
            let _ = writeln!(page, "| {documented} | {here} |");
        }
    }
}

fn row(family: &FamilyEntry) -> String {
    let mut labels: Vec<String> = family.labels.iter().map(label).collect();
    if let Some(states) = &family.states {
        labels.push(format!("states: {}", values(states)));
    }
    let buckets = family.buckets.iter().flatten().map(f64::to_string);
    format!(
        "| `{}` | {} | {} | {} | {} | {} |\n",
        family.name,
        family.kind,
        family.unit.as_deref().unwrap_or_default(),
        labels.join("<br>"),
        buckets.collect::<Vec<_>>().join(", "),
        family.help.replace('|', "\\|").replace('\n', " "),
    )
}

fn label(label: &LabelEntry) -> String {
    match (&label.values, label.cap) {
        (Some(closed), _) => format!("`{}`: {}", label.name, values(closed)),
        (None, Some(cap)) => format!("`{}`: ≤ {cap}", label.name),
        (None, None) => format!("`{}`", label.name),
    }
}

fn values(values: &[String]) -> String {
    if values == [EXAMPLE] {
        return "*the service's own*".to_owned();
    }
    let shown = if values.len() > SHOWN {
        3
    } else {
        values.len()
    };
    let mut text = values[..shown].join(", ");
    if shown < values.len() {
        let _ = write!(text, ", … ({} values)", values.len());
    }
    text
}
