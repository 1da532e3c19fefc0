//! The files of a monitoring stack: Prometheus, Alertmanager and Grafana with what they look at, in
//! containers.
//!
//! Each file is made from a [`System`] and from nothing else, the same for the same system. What is
//! to be otherwise belongs into the system, not into the files.

mod alertmanager;
mod compose;
mod containers;
mod grafana;
mod notifications;
mod prometheus;
mod routes;
mod secrets;

pub use grafana::DATASOURCE_UID;
pub(crate) use prometheus::timeouts;
pub use routes::{receivers_of, routes};

use std::time::Duration;

use crate::artefact::Artefact;
use crate::exporters::Exporter;
use crate::system::{Service, System};
use crate::yaml_text::is_special;

/// The files of the stack of a system, other than rules and dashboards; in order of their paths.
///
/// The system has to have no [faults](System::faults).
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
/// use vitalsigns_kit::stack::stack;
/// use vitalsigns_kit::system::{Service, System};
///
/// let registry = Registry::new();
/// HttpServer::register(&registry)?;
/// let shop = Service::new("shop-api", "api:8080", registry.catalogue());
/// let files = stack(&System::new("shop").service(shop));
/// assert!(files.iter().any(|file| file.path == "prometheus/prometheus.yml"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn stack(system: &System) -> Vec<Artefact> {
    let mut files = vec![
        Artefact::new(".env", compose::environment(system)),
        Artefact::new("alertmanager/alertmanager.yml", alertmanager::text(system)),
        Artefact::new(
            "alertmanager/templates/notifications.tmpl",
            notifications::TEMPLATES,
        ),
        Artefact::new("compose.yml", compose::text(system)),
        Artefact::new("prometheus/prometheus.yml", prometheus::text(system)),
        Artefact::new(
            "prometheus/templates/federation.yml",
            prometheus::federation(system),
        ),
        Artefact::new(
            "prometheus/templates/remote-write.yml",
            prometheus::remote_write_template(system),
        ),
        Artefact::new("secrets/.gitignore", secrets::IGNORED),
        Artefact::new("secrets/README.md", secrets::readme(system)),
    ];
    files.extend(grafana::files(system));
    if system.exporters.contains(&Exporter::Blackbox) {
        files.push(Artefact::new(
            "blackbox/blackbox.yml",
            prometheus::blackbox(system),
        ));
    }
    for Service { job, catalogue, .. } in &system.services {
        let text = format!("{}\n", catalogue.to_json());
        files.push(Artefact::new(format!("catalogue/{job}.json"), text));
    }
    files.sort();
    files
}

/// What stands at the head of each file.
fn head(system: &System, about: &str) -> String {
    format!(
        "{about} of {}.\n\
         Made by `vitalsigns generate` from the description of the system: what is to be otherwise\n\
         belongs there, not here.",
        one_line(&system.title),
    )
}

/// Text for a comment, in which some readers see the end of a line where others see none.
fn one_line(text: &str) -> String {
    text.replace(is_special, " ")
}

/// A time as Prometheus and Alertmanager write it.
pub(crate) fn duration(time: Duration) -> String {
    let millis = time.as_millis();
    for (unit, length) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] {
        if millis > 0 && millis.is_multiple_of(length) {
            return format!("{}{unit}", millis / length);
        }
    }
    format!("{millis}ms")
}
