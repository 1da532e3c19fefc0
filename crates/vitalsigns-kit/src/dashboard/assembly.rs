//! Rows and dashboards, of the panels that could be made.

use std::time::Duration;

use super::maker::{Made, Maker};
use super::model::{Dashboard, Row};
use crate::query::{QueryError, Rendering};

impl Maker<'_> {
    /// A row of the panels that can be made of what the system exports; none without any.
    pub(super) fn row(
        &self,
        title: &str,
        panels: impl IntoIterator<Item = Made>,
    ) -> Result<Option<Row>, QueryError> {
        let mut kept = Vec::new();
        for panel in panels {
            match panel {
                Ok(panel) => kept.push(self.watches.limited(panel, self.namespace)),
                Err(error) if is_not_there(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok((!kept.is_empty()).then(|| Row::new(title, kept)))
    }

    /// A dashboard of these rows; none without any.
    pub(super) fn dashboard(
        &self,
        title: &str,
        description: &str,
        rows: impl IntoIterator<Item = Option<Row>>,
    ) -> Result<Option<Dashboard>, QueryError> {
        let title = format!("{} {title}", self.system.title);
        let mut dashboard = Dashboard::new(&self.system.name, title, description);
        dashboard.interval = self.system.interval;
        dashboard.rows = rows.into_iter().flatten().collect();
        if dashboard.rows.is_empty() {
            return Ok(None);
        }
        let vectors = dashboard.panels().flat_map(|panel| &panel.targets);
        let families = vectors.flat_map(|target| self.families_of(target.vector()));
        dashboard.jobs = self.jobs_of(families);
        self.annotated(dashboard).map(Some)
    }

    /// With what happened meanwhile: alerts, and versions that are new.
    fn annotated(&self, dashboard: Dashboard) -> Result<Dashboard, QueryError> {
        let everywhere = Rendering::everywhere();
        let firing = self.gauge("ALERTS")?.with("alertstate", "firing")?;
        let firing = firing.with("system", &self.system.name)?;
        let firing = firing.none_of("severity", &["none"])?.value();
        let firing = firing.max_by(["alertname", "severity", "job"])?;
        let dashboard = dashboard.annotation(
            "Alerts firing",
            "red",
            firing.promql(&everywhere),
            "{{alertname}} {{job}}",
        );
        let Ok(build) = self.info("build_info") else {
            return Ok(dashboard);
        };
        let services = self.system.services.iter();
        let jobs: Vec<&str> = services.map(|service| service.job.as_str()).collect();
        let Ok(build) = build.any_of("job", &jobs) else {
            return Ok(dashboard);
        };
        let versions = build.value().count_by(["job", "version", "revision"])?;
        let before = versions.ago(Duration::from_secs(300))?;
        let new = versions.unless(&before)?;
        Ok(dashboard.annotation(
            "New versions",
            "blue",
            new.promql(&everywhere),
            "{{job}} {{version}} {{revision}}",
        ))
    }
}

/// Whether a panel cannot be made because the system exports nothing like it.
fn is_not_there(error: &QueryError) -> bool {
    matches!(
        error,
        QueryError::UnknownFamily { .. }
            | QueryError::OtherKind { .. }
            | QueryError::UnknownLabel { .. }
            | QueryError::UnknownValue { .. }
            | QueryError::NothingMatches { .. }
            | QueryError::ReservedLabel { .. }
    )
}
