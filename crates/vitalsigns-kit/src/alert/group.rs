//! The alerts of a system, by subject.

use std::time::Duration;

use super::{Alert, ready};
use crate::artefact::Artefact;
use crate::query::{QueryError, Rendering};
use crate::system::System;
use crate::{rules, runbook};

/// Alerts of one subject: a file of rules.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
/// use vitalsigns_kit::alert::alerts;
/// use vitalsigns_kit::system::{Service, System};
///
/// let registry = Registry::new();
/// HttpServer::register(&registry)?;
/// let shop = System::new("shop").service(Service::new("api", "api:80", registry.catalogue()));
/// let groups = alerts(&shop)?;
/// let http = groups.iter().find(|group| group.name == "http").unwrap();
/// assert!(http.alerts.iter().any(|alert| alert.name == "HighErrorRate"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AlertGroup {
    /// The subject, in lower case: the name of the file.
    pub name: String,
    /// The alerts; of those with the same name about the same series, the lesser first.
    pub alerts: Vec<Alert>,
    /// Over what time rates are taken that do not say it.
    pub window: Duration,
}

impl AlertGroup {
    /// Alerts that are complete: each says something, has a page, and can be tested.
    ///
    /// # Errors
    ///
    /// [`QueryError::Untested`] for one that has no scenario, or whose scenario does not fit.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use vitalsigns_kit::alert::{Alert, AlertGroup, Scenario, Severity, Track};
    /// use vitalsigns_kit::query::{Queries, QueryError};
    ///
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let down = Queries::new(&catalogue).gauge("up")?.value().max_by(["job"])?.equals(0.0)?;
    /// let alert = Alert::new("Down", down, Severity::Critical)
    ///     .says("{job} is down", "No target of {job} answers.")?;
    /// let window = Duration::from_secs(300);
    /// let untested = AlertGroup::new("own", vec![alert.clone()], window);
    /// assert!(matches!(untested, Err(QueryError::Untested { .. })));
    ///
    /// let target = [("job", "shop"), ("instance", "shop:8080")];
    /// let scenario = Scenario::of([("job", "shop")])
    ///     .series("up", target, Track::Level(0.0), Track::Level(1.0));
    /// AlertGroup::new("own", vec![alert.scenario(scenario)], window)?;
    /// # Ok::<(), QueryError>(())
    /// ```
    pub fn new(
        name: impl Into<String>,
        alerts: Vec<Alert>,
        window: Duration,
    ) -> Result<Self, QueryError> {
        for alert in &alerts {
            check(alert)?;
        }
        Ok(AlertGroup {
            name: name.into(),
            alerts,
            window,
        })
    }

    /// How its expressions are written.
    ///
    /// # Errors
    ///
    /// [`QueryError::BadNumber`] if the window cannot be written.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::alert::AlertGroup;
    /// # use vitalsigns_kit::query::QueryError;
    /// fn expressions(group: &AlertGroup) -> Result<Vec<String>, QueryError> {
    ///     let rendering = group.rendering()?;
    ///     Ok(group.alerts.iter().map(|alert| alert.expression(&rendering)).collect())
    /// }
    /// ```
    pub fn rendering(&self) -> Result<Rendering, QueryError> {
        Rendering::over(self.window)
    }
}

/// Every alert that is ready for what the system exports.
///
/// # Errors
///
/// [`QueryError`] where a family of this name is not what the ready-made one of the name is.
///
/// # Examples
///
/// See [`AlertGroup`].
pub fn alerts(system: &System) -> Result<Vec<AlertGroup>, QueryError> {
    ready::all(system)
}

/// The rules of a system, their tests, and the pages that they link to.
///
/// # Errors
///
/// As [`alerts`].
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::{alert, system::System};
///
/// let files = alert::artefacts(&System::new("shop"))?;
/// assert!(files.iter().any(|file| file.path == "prometheus/rules/scrape.yml"));
/// assert!(files.iter().any(|file| file.path == "prometheus/tests/scrape_test.yml"));
/// assert!(files.iter().any(|file| file.path == "runbooks/Watchdog.html"));
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
pub fn artefacts(system: &System) -> Result<Vec<Artefact>, QueryError> {
    let mut files = rules::artefacts(system)?;
    files.extend(runbook::artefacts(system)?);
    Ok(files)
}

fn check(alert: &Alert) -> Result<(), QueryError> {
    let untested = |reason: String| QueryError::Untested {
        alert: alert.name.clone(),
        reason,
    };
    let (Some(summary), Some(description)) = (&alert.summary, &alert.description) else {
        return Err(untested("it says nothing".to_owned()));
    };
    let Some(scenario) = &alert.scenario else {
        return Err(untested("it has no scenario".to_owned()));
    };
    let labels: Vec<&String> = scenario.labels.keys().collect();
    if labels != alert.condition.labels().iter().collect::<Vec<_>>() {
        return Err(untested(format!(
            "its scenario has the labels {labels:?}, its condition {:?}",
            alert.condition.labels()
        )));
    }
    let read = alert.condition.series();
    for input in &scenario.inputs {
        if !read.contains(&input.name) {
            return Err(untested(format!("it does not read `{}`", input.name)));
        }
        if input.fires == input.below && scenario.inputs.len() == 1 {
            return Err(untested("nothing changes in its scenario".to_owned()));
        }
    }
    let fed = |name: &&String| !scenario.inputs.iter().any(|input| input.name == **name);
    if let Some(name) = read.iter().find(fed) {
        return Err(untested(format!("its scenario has no `{name}`")));
    }
    for (when, name, _) in &scenario.silent {
        if !scenario.inputs.iter().any(|input| input.name == *name) {
            return Err(untested(format!("{when}: its scenario has no `{name}`")));
        }
    }
    let has_value = summary.has_value() || description.has_value();
    if has_value && (scenario.value.is_none() || scenario.fires_on_absence) {
        return Err(untested("it says a value that is not known".to_owned()));
    }
    Ok(())
}
