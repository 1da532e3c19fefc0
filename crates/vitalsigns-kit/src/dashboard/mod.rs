//! Dashboards for Grafana, made from what a system exports.
//!
//! [`dashboards`] makes those that the families of a system allow, ready to be provisioned: a panel
//! whose families nobody exports is left out, and so is a dashboard without its subject. What has
//! no ready dashboard gets one by the kinds of its families. Each expression is a typed query, so
//! that no panel can ask for what nobody exports.
//!
//! A panel tells silence from blindness. What is counted is 0, and what is known of it "no
//! traffic", while the targets that export it answer; where they do not, the panel says which job
//! to look at.
//!
//! ```
//! use vitalsigns::{Registry, families::HttpServer};
//! use vitalsigns_kit::dashboard::dashboards;
//! use vitalsigns_kit::system::{Service, System};
//!
//! let registry = Registry::new();
//! HttpServer::register(&registry)?;
//! let api = Service::new("shop-api", "api:8080", registry.catalogue());
//! let system = System::new("shop").title("Shop").service(api);
//!
//! let dashboards = dashboards(&system)?;
//! assert_eq!(dashboards[0].title, "Shop System Overview");
//! assert_eq!(dashboards[0].uid, "shop-system-overview");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod assembly;
mod maker;
mod model;
mod own;
mod ready;
mod watches;

pub use model::{Colour, Dashboard, Panel, Row, Step, Target, Visual};

use std::collections::BTreeSet;

use self::maker::Maker;
use self::watches::Watches;
use crate::artefact::Artefact;
use crate::query::QueryError;
use crate::system::System;

/// The dashboards of a system; none of a system that exports nothing.
///
/// # Errors
///
/// [`QueryError`] if an expression over a family means nothing. That a family, a label or a value
/// is not there is no error: its panel is left out.
///
/// # Examples
///
/// See the [module](self).
pub fn dashboards(system: &System) -> Result<Vec<Dashboard>, QueryError> {
    let catalogue = system.catalogue();
    let watches = Watches::of(system, &catalogue)?;
    let namespaces = namespaces(system);
    let makers = namespaces
        .iter()
        .map(|namespace| Maker::new(system, &catalogue, &watches, namespace));
    let makers: Vec<Maker<'_>> = makers.collect();
    let mut dashboards: Vec<Dashboard> = Vec::new();
    for make in ready::ALL {
        let mut whole: Option<Dashboard> = None;
        for maker in &makers {
            let made = make(maker)?;
            whole = match (whole, made) {
                (Some(whole), Some(more)) => Some(whole.joined(more, maker.namespace)),
                (whole, made) => whole.or(made),
            };
        }
        dashboards.extend(whole);
    }
    let own = own::unshown(&makers[0], &dashboards);
    dashboards.extend(own::dashboard(&makers[0], "Own Metrics", &own)?);
    link_down(&mut dashboards);
    Ok(dashboards)
}

/// The namespaces of the services, each once; one without a name if there is no service.
fn namespaces(system: &System) -> Vec<String> {
    let services = system.services.iter();
    let mut namespaces: Vec<String> = services
        .map(|service| service.catalogue.namespace.clone())
        .collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    if namespaces.is_empty() {
        namespaces.push(String::new());
    }
    namespaces
}

/// From the rows of the first dashboard, which is the overview, to those that have more of the
/// same.
fn link_down(dashboards: &mut [Dashboard]) {
    let Some((overview, rest)) = dashboards.split_first_mut() else {
        return;
    };
    for panel in overview.rows.iter_mut().flat_map(|row| &mut row.panels) {
        let shown = series(panel);
        for other in rest.iter() {
            let has_more = other
                .panels()
                .any(|panel| !shown.is_disjoint(&series(panel)));
            if has_more {
                panel.add_link(&other.title, &other.address());
            }
        }
    }
}

/// The series that a panel reads, but for those that Prometheus has of every target.
fn series(panel: &Panel) -> BTreeSet<String> {
    let vectors = panel.targets.iter().map(Target::vector);
    let mut names: BTreeSet<String> = vectors.flat_map(|vector| vector.series_names()).collect();
    names.remove("up");
    names
}

/// A dashboard of some groups of families, as the catalogue names them, by the kinds of their
/// families: all of what they have. None if the system has none of them.
///
/// # Errors
///
/// As [`dashboards`].
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
/// use vitalsigns_kit::dashboard::group_dashboard;
/// use vitalsigns_kit::system::{Service, System};
///
/// let registry = Registry::new();
/// HttpServer::register(&registry)?;
/// let api = Service::new("shop-api", "api:8080", registry.catalogue());
/// let system = System::new("shop").service(api);
/// let http = group_dashboard(&system, "HTTP in full", &["HttpMetrics"])?.unwrap();
/// assert_eq!(http.rows.len(), 1);
/// assert!(group_dashboard(&system, "Queues", &["QueueMetrics"])?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn group_dashboard(
    system: &System,
    title: &str,
    groups: &[&str],
) -> Result<Option<Dashboard>, QueryError> {
    let catalogue = system.catalogue();
    let watches = Watches::of(system, &catalogue)?;
    let maker = Maker::new(system, &catalogue, &watches, "");
    own::dashboard(&maker, title, &own::of_groups(&maker, groups))
}

/// The dashboards of a system as files, for Grafana to be provisioned with.
///
/// # Errors
///
/// As [`dashboards`].
///
/// # Examples
///
/// ```
/// use vitalsigns::Registry;
/// use vitalsigns_kit::dashboard::artefacts;
/// use vitalsigns_kit::system::{Service, System};
///
/// let api = Service::new("shop-api", "api:8080", Registry::new().catalogue());
/// let files = artefacts(&System::new("shop").service(api))?;
/// assert_eq!(files[0].path, "grafana/dashboards/shop-system-overview.json");
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
pub fn artefacts(system: &System) -> Result<Vec<Artefact>, QueryError> {
    let dashboards = dashboards(system)?;
    let files = dashboards.iter().map(|dashboard| {
        let path = format!("grafana/dashboards/{}.json", dashboard.slug);
        Artefact::new(path, dashboard.to_json())
    });
    Ok(files.collect())
}
