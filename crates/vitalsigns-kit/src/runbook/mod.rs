//! The pages that alerts link to: what each means, what it does to others, what to ask first, what
//! to do.

mod page;

use std::collections::BTreeMap;

use crate::alert::{Alert, AlertGroup, alerts};
use crate::artefact::Artefact;
use crate::query::QueryError;
use crate::system::System;

/// The pages about the alerts of a system, `runbooks/ALERT.html`, and `runbooks/index.html`: plain
/// files that any server of files can serve.
///
/// # Errors
///
/// As [`alerts`].
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::{runbook, system::System};
///
/// let pages = runbook::artefacts(&System::new("shop"))?;
/// assert!(pages.iter().any(|page| page.path == "runbooks/index.html"));
/// let watchdog = pages.iter().find(|page| page.path == "runbooks/Watchdog.html").unwrap();
/// assert!(watchdog.text.contains("<h2>Meaning</h2>"));
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
pub fn artefacts(system: &System) -> Result<Vec<Artefact>, QueryError> {
    let groups = alerts(system)?;
    let mut pages: BTreeMap<&str, Vec<(&AlertGroup, &Alert)>> = BTreeMap::new();
    for group in &groups {
        for alert in &group.alerts {
            pages.entry(&alert.name).or_default().push((group, alert));
        }
    }
    let mut files = vec![Artefact::new(
        "runbooks/index.html",
        page::index(system, &pages),
    )];
    for (name, alerts) in &pages {
        let text = page::page(system, name, alerts)?;
        files.push(Artefact::new(format!("runbooks/{name}.html"), text));
    }
    Ok(files)
}
