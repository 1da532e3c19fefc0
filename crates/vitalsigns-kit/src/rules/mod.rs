//! Alerts as files for Prometheus, and the tests that `promtool test rules` runs on them.
//!
//! The tests are made from the scenario of each alert: it fires with exactly these labels and words;
//! it is silent just below, before its time, and once all is well again; it does not fire where
//! nothing is there, unless that is the point; and a restart changes none of it.

mod file;
mod tests;
mod timeline;

pub(crate) use file::in_lines;

use crate::alert::{AlertGroup, alerts};
use crate::artefact::Artefact;
use crate::query::QueryError;
use crate::system::System;

/// The rules of a system and their tests: `prometheus/rules/GROUP.yml` and
/// `prometheus/tests/GROUP_test.yml`.
///
/// # Errors
///
/// As [`alerts`].
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::{rules, system::System};
///
/// let files = rules::artefacts(&System::new("shop"))?;
/// assert!(files[0].text.contains("- alert: "));
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
pub fn artefacts(system: &System) -> Result<Vec<Artefact>, QueryError> {
    let mut files = Vec::new();
    for group in alerts(system)? {
        files.extend(group_artefacts(system, &group)?);
    }
    Ok(files)
}

/// The rules of one group and their tests.
///
/// # Errors
///
/// [`QueryError::BadNumber`] if the window of the group cannot be written.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::{alert, rules, system::System};
///
/// let shop = System::new("shop");
/// let groups = alert::alerts(&shop)?;
/// let [rules, tests] = rules::group_artefacts(&shop, &groups[0])?;
/// assert!(rules.path.starts_with("prometheus/rules/"));
/// assert!(tests.text.contains("alert_rule_test:"));
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
pub fn group_artefacts(system: &System, group: &AlertGroup) -> Result<[Artefact; 2], QueryError> {
    let name = &group.name;
    Ok([
        Artefact::new(
            format!("prometheus/rules/{name}.yml"),
            file::rules(system, group)?,
        ),
        Artefact::new(
            format!("prometheus/tests/{name}_test.yml"),
            tests::tests(system, group),
        ),
    ])
}
