//! Whether a page says what its catalogue says: both ways, since what is declared and not exported
//! is as wrong as what is exported and not declared.

use std::collections::BTreeSet;

use vitalsigns::{Catalogue, FamilyEntry, Kind};

use crate::finding::{Finding, Report, Rule};
use crate::lint::Subject;
use crate::nearest::nearest;
use crate::page::{Dialect, Family, Page};

static NOT_EXPORTED: Rule = Rule::error(
    "declared-not-exported",
    "A family of the catalogue is not on the page.",
);
static NOT_DECLARED: Rule = Rule::error(
    "exported-not-declared",
    "A family of the page is not in the catalogue.",
);
static OTHER_KIND: Rule = Rule::error(
    "kind-differs",
    "A family is of another kind on the page than in the catalogue.",
);
static OTHER_UNIT: Rule = Rule::error(
    "unit-differs",
    "A family has another unit on the page than in the catalogue.",
);
static OTHER_LABELS: Rule = Rule::error(
    "labels-differ",
    "Series of the page have other labels than the catalogue says.",
);
static OTHER_VALUE: Rule = Rule::error(
    "value-not-declared",
    "A closed label has a value on the page that the catalogue does not list.",
);
static OTHER_BOUNDS: Rule = Rule::error(
    "bounds-differ",
    "A histogram has other bounds on the page than in the catalogue.",
);

/// What is looked for, by code.
///
/// # Examples
///
/// ```
/// let rules = vitalsigns_kit::agreement::rules();
/// assert!(rules.iter().any(|rule| rule.code == "kind-differs"));
/// ```
pub fn rules() -> Vec<&'static Rule> {
    vec![
        &OTHER_BOUNDS,
        &NOT_EXPORTED,
        &NOT_DECLARED,
        &OTHER_KIND,
        &OTHER_LABELS,
        &OTHER_UNIT,
        &OTHER_VALUE,
    ]
}

/// Everything in which a page and its catalogue differ.
///
/// What cannot be read of the page is for [`lint`](crate::lint::lint()) to tell.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Format, Registry, families::HttpServer};
/// use vitalsigns_kit::agreement::agreement;
/// use vitalsigns_kit::lint::Subject;
///
/// let registry = Registry::new();
/// let before = registry.catalogue();
/// HttpServer::register(&registry)?;
/// let page = registry.render(Format::OpenMetrics);
/// let page = Subject::file("page", page.as_bytes());
/// assert_eq!(agreement(&registry.catalogue(), &page), []);
/// assert_eq!(agreement(&before, &page)[0].code(), "exported-not-declared");
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub fn agreement(catalogue: &Catalogue, page: &Subject<'_>) -> Vec<Finding> {
    let mut report = Report::of(page.source());
    let mut unread = Report::of(page.source());
    if let Some(page) = page.read(&mut unread) {
        compare(catalogue, &page, &mut report);
    }
    report.findings()
}

fn compare(catalogue: &Catalogue, page: &Page, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for family in &page.families {
        match declared(catalogue, family, page.dialect) {
            Some(entry) => {
                seen.insert(entry.name.as_str());
                compare_family(entry, family, page.dialect, report);
            }
            None => {
                let names = catalogue.families.iter().map(|entry| entry.name.as_str());
                let like = nearest(&family.name, names);
                report.add(
                    &NOT_DECLARED,
                    family.line,
                    format!("`{}` is on the page and not in the catalogue", family.name),
                    match like {
                        Some(like) => format!("declare it; is it `{like}`?"),
                        None => "declare it, or attach the registry that it comes from".to_owned(),
                    },
                );
            }
        }
    }
    for entry in &catalogue.families {
        if !seen.contains(entry.name.as_str()) {
            report.add(
                &NOT_EXPORTED,
                None,
                format!(
                    "`{}` is in the catalogue and not on the page: what asks for it finds nothing",
                    entry.name
                ),
                "take catalogue and page from the same version of the service",
            );
        }
    }
}

/// What the catalogue says of a family of the page.
fn declared<'c>(
    catalogue: &'c Catalogue,
    family: &Family,
    dialect: Dialect,
) -> Option<&'c FamilyEntry> {
    let is_open = dialect == Dialect::OpenMetrics;
    let by_kind = match family.kind() {
        "counter" if is_open => catalogue.family(&format!("{}_total", family.name)),
        "info" if is_open => catalogue.family(&format!("{}_info", family.name)),
        _ => None,
    };
    by_kind.or_else(|| catalogue.family(&family.name))
}

fn compare_family(entry: &FamilyEntry, family: &Family, dialect: Dialect, report: &mut Report) {
    let kind = match (entry.kind, dialect) {
        (kind, Dialect::OpenMetrics) => kind.as_str(),
        (Kind::Info | Kind::StateSet, _) => "gauge",
        (Kind::Unknown, _) => "untyped",
        (kind, _) => kind.as_str(),
    };
    if family.kind() != kind && entry.kind != Kind::Unknown {
        report.add(
            &OTHER_KIND,
            family.line,
            format!(
                "`{}` is a {} on the page and a {} in the catalogue",
                entry.name,
                family.kind(),
                entry.kind
            ),
            "one of both is of another version; what asks by the catalogue asks wrongly",
        );
        return;
    }
    let unit = family.unit.as_deref().filter(|unit| !unit.is_empty());
    if let Some(unit) = unit
        && entry.unit.as_deref() != Some(unit)
    {
        let declared = entry.unit.as_deref().unwrap_or("none");
        report.add(
            &OTHER_UNIT,
            family.line,
            format!(
                "`{}` has the unit `{unit}` on the page, and in the catalogue {declared}",
                entry.name
            ),
            "a dashboard would print the wrong unit; make both from the same version",
        );
    }
    compare_labels(entry, family, report);
    if let (Some(bounds), false) = (&entry.buckets, entry.native) {
        compare_bounds(entry, bounds, family, report);
    }
}

fn compare_labels(entry: &FamilyEntry, family: &Family, report: &mut Report) {
    let mut told = BTreeSet::new();
    for sample in &family.samples {
        for (name, value) in &sample.labels {
            let is_own = entry.kind == Kind::Histogram && name == "le"
                || entry.kind == Kind::StateSet && *name == entry.name;
            if is_own {
                continue;
            }
            let constant = entry
                .constant_labels
                .iter()
                .find(|(known, _)| known == name);
            let label = entry.labels.iter().find(|label| label.name == *name);
            let (rule, cause) = match (constant, label) {
                (Some((_, known)), _) if known == value => continue,
                (Some((_, known)), _) => (
                    &OTHER_VALUE,
                    format!("`{name}` is always `{known}` by the catalogue, and here `{value}`"),
                ),
                (None, None) => (
                    &OTHER_LABELS,
                    format!(
                        "`{}` has a label `{name}` that the catalogue lacks",
                        entry.name
                    ),
                ),
                (None, Some(label)) => match &label.values {
                    Some(values) if !values.contains(value) => (
                        &OTHER_VALUE,
                        format!(
                            "`{name}` of `{}` is `{value}`, and the catalogue lists {}",
                            entry.name,
                            values.join(", ")
                        ),
                    ),
                    _ => continue,
                },
            };
            if told.insert((name.clone(), value.clone())) {
                let hint = "queries by the catalogue do not find these series";
                report.add(rule, sample.line, cause, hint);
            }
        }
        let lacks = entry
            .labels
            .iter()
            .find(|label| sample.label(&label.name).is_none());
        if let Some(label) = lacks
            && label.cap.or(label.values.as_ref().map(Vec::len)).is_some()
            && told.insert((label.name.clone(), String::new()))
        {
            report.add(
                &OTHER_LABELS,
                sample.line,
                format!(
                    "a series of `{}` lacks the label `{}`",
                    entry.name, label.name
                ),
                "queries that sum by it put these series together under nothing",
            );
        }
    }
}

fn compare_bounds(entry: &FamilyEntry, bounds: &[f64], family: &Family, report: &mut Report) {
    let found = family.samples.iter().filter_map(|sample| {
        let bound: f64 = sample.label("le")?.parse().ok()?;
        bound.is_finite().then_some((sample.line, bound))
    });
    let found: Vec<(usize, f64)> = found.collect();
    if found.is_empty() {
        return;
    }
    let strange = found.iter().find(|(_, bound)| !bounds.contains(bound));
    let missing = bounds
        .iter()
        .find(|bound| !found.iter().any(|(_, known)| known == *bound));
    let (line, cause) = match (strange, missing) {
        (Some((line, bound)), _) => (*line, format!("the bound {bound} is not in the catalogue")),
        (None, Some(bound)) => (family.line, format!("the bound {bound} is not on the page")),
        (None, None) => return,
    };
    report.add(
        &OTHER_BOUNDS,
        line,
        format!("`{}`: {cause}", entry.name),
        "a threshold has to be a bound; make both from the same version",
    );
}
