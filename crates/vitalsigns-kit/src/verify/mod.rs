//! Whether what monitors a system can work: rules, dashboards and configuration, judged together
//! and against what is exported.
//!
//! ```
//! use vitalsigns::{Registry, families::HttpServer};
//! use vitalsigns_kit::artefact::Artefact;
//! use vitalsigns_kit::verify::{Folder, Knowledge, verify};
//!
//! let registry = Registry::new();
//! HttpServer::register(&registry)?;
//! let rules = Artefact::new("rules.yml", r#"
//! groups:
//!   - name: api
//!     rules:
//!       - alert: HighErrorRate
//!         expr: rate(http_requests_total{status=~"5.."}[5m]) / rate(http_requests_total[5m]) > 0.05
//!         for: 5m
//!         labels: {severity: critical}
//!         annotations: {summary: Errors., runbook_url: "https://example.org/errors"}
//! "#);
//! let knowledge = Knowledge::new().job("api", &registry.catalogue());
//! let findings = verify(&Folder::of([rules]), &knowledge);
//! let codes: Vec<&str> = findings.iter().map(|finding| finding.code()).collect();
//! assert_eq!(codes, ["no-watchdog", "self-division"]);
//! assert_eq!(findings[1].place.to_string(), "rules.yml:6, alert `HighErrorRate`");
//! # Ok::<(), vitalsigns::RegisterError>(())
//! ```

mod alertmanager;
mod asked;
mod catalogues;
mod compose;
mod dashboards;
pub(crate) mod duration;
mod environment;
mod folder;
mod keys;
mod knowledge;
mod passwords;
mod prometheus;
mod promql;
mod rules;
mod scripts;
mod sheet;
mod wiring;

#[cfg(feature = "client")]
pub(crate) use self::asked::asked;
pub(crate) use self::asked::expressions;
use self::folder::{Content, File};
pub use self::folder::{Folder, files};
pub use self::knowledge::Knowledge;
pub(crate) use self::promql::is_variable;
use self::sheet::Sheet;
use self::wiring::Wiring;
use crate::finding::{Finding, Place, Rule};

/// What an expression is for.
///
/// # Examples
///
/// See [`expression`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// It is the condition of an alert.
    Alert,
    /// It is recorded under another name.
    Record,
    /// It is shown.
    Panel,
}

/// What is wrong with an expression, all at `place`.
///
/// Variables of Grafana are understood.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::finding::Place;
/// use vitalsigns_kit::verify::{Knowledge, Purpose, expression};
///
/// let place = Place::of("http.json").in_part("panel `Up`");
/// let findings = expression("rate(up[5m])", &Knowledge::new(), &place, Purpose::Panel);
/// assert_eq!(findings[0].code(), "rate-of-gauge");
/// ```
pub fn expression(
    text: &str,
    knowledge: &Knowledge,
    place: &Place,
    purpose: Purpose,
) -> Vec<Finding> {
    let mut sheet = Sheet::default();
    promql::judge(text, knowledge, place, purpose, &mut sheet);
    sheet.findings()
}

/// Everything that is wrong with a folder, by file and line.
///
/// What the folder itself says of what is exported (`catalogue/<job>.json`, jobs that are exporters,
/// recording rules) is added to what is known.
///
/// # Examples
///
/// See the [module](self).
pub fn verify(folder: &Folder, knowledge: &Knowledge) -> Vec<Finding> {
    let mut sheet = Sheet::default();
    let wiring = Wiring::of(folder);
    let mut knowledge = knowledge.clone();
    wiring.teach(folder, &mut knowledge);
    rules::learn(folder, &mut knowledge);
    rules::check(folder, &wiring, &knowledge, &mut sheet);
    prometheus::check_targets(folder, &wiring, &knowledge, &mut sheet);
    compose::check(&wiring, &mut sheet);
    dashboards::check(folder, &knowledge, &mut sheet);
    for file in &folder.files {
        check_file(file, folder, &mut sheet);
    }
    sheet.findings()
}

/// What can be said of a file by itself.
fn check_file(file: &File, folder: &Folder, sheet: &mut Sheet) {
    match &file.content {
        Content::Prometheus(root) => prometheus::check_file(file, root, folder, sheet),
        Content::Alertmanager(root) => alertmanager::check(file, root, folder, sheet),
        Content::Catalogue(catalogue) => catalogues::check(file, catalogue, sheet),
        Content::Script => scripts::shell(file, sheet),
        Content::Python => scripts::python(file, sheet),
        Content::Environment => environment::check(file, sheet),
        Content::Broken(error) => sheet.add(
            &UNREADABLE,
            &file.at(error.line),
            format!("it cannot be read: {}", error.reason),
            "correct it: whatever else is wrong in it was not looked for",
        ),
        _ => {}
    }
}

static UNREADABLE: Rule = Rule::error("unreadable", "A file is neither YAML nor JSON.");

/// What is looked for, by code.
///
/// # Examples
///
/// ```
/// let rules = vitalsigns_kit::verify::rules();
/// assert!(rules.iter().any(|rule| rule.code == "unknown-metric"));
/// ```
pub fn rules() -> Vec<&'static Rule> {
    let all = [
        &[&UNREADABLE][..],
        promql::RULES,
        rules::RULES,
        prometheus::RULES,
        alertmanager::RULES,
        compose::RULES,
        dashboards::RULES,
        scripts::RULES,
        catalogues::RULES,
    ];
    let mut rules: Vec<&Rule> = all.into_iter().flatten().copied().collect();
    rules.sort_by_key(|rule| rule.code);
    rules
}
