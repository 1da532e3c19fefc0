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

mod maker;
mod model;
mod own;
mod ready;

pub use model::{Colour, Dashboard, Panel, Row, Step, Target, Visual};

use self::maker::Maker;
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
    let maker = Maker::new(system, &catalogue);
    let mut dashboards = Vec::new();
    for make in ready::ALL {
        dashboards.extend(make(&maker)?);
    }
    let own = own::unshown(&maker, &dashboards);
    dashboards.extend(own::dashboard(&maker, "Own Metrics", &own)?);
    Ok(dashboards)
}

/// A dashboard of some groups of families, by the kinds of their families: all of what they have.
/// None if the system has none of them.
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
/// let http = group_dashboard(&system, "HTTP in full", &["HttpServer"])?.unwrap();
/// assert_eq!(http.rows.len(), 1);
/// assert!(group_dashboard(&system, "Queues", &["WorkQueues"])?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn group_dashboard(
    system: &System,
    title: &str,
    groups: &[&str],
) -> Result<Option<Dashboard>, QueryError> {
    let catalogue = system.catalogue();
    let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
    own::dashboard(&Maker::new(system, &catalogue), title, &groups)
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
