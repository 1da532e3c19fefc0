//! Every alert that is ready, by subject. Each is made where the system exports what it reads.

mod business;
mod container;
mod escalation;
mod exporters;
mod gpu;
mod health;
mod http;
mod machine;
mod media;
mod memory;
mod messages;
mod monitoring;
mod objectives;
mod own;
mod patterns;
mod scope;
mod scrape;
mod storage;
mod trends;
mod work;

use scope::Scope;

use super::{Alert, AlertGroup};
use crate::query::QueryError;
use crate::system::System;

/// The alerts of a subject.
type Made = Result<Vec<Alert>, QueryError>;

/// A subject, the name of its file, and for what its alerts are made.
struct Subject {
    name: &'static str,
    per: Per,
    make: fn(&Scope<'_>) -> Made,
}

enum Per {
    /// Once, over everything.
    System,
    /// For each namespace that services have.
    Namespace,
}

const fn subject(name: &'static str, per: Per, make: fn(&Scope<'_>) -> Made) -> Subject {
    Subject { name, per, make }
}

const SUBJECTS: &[Subject] = &[
    subject("scrape", Per::System, scrape::alerts),
    subject("exporters", Per::System, exporters::alerts),
    subject("escalation", Per::System, escalation::alerts),
    subject("own", Per::System, own::alerts),
    subject("health", Per::Namespace, health::alerts),
    subject("http", Per::Namespace, http::alerts),
    subject("media", Per::Namespace, media::alerts),
    subject("trends", Per::Namespace, trends::alerts),
    subject("work", Per::Namespace, work::alerts),
    subject("memory", Per::Namespace, memory::alerts),
    subject("messages", Per::Namespace, messages::alerts),
    subject("business", Per::Namespace, business::alerts),
    subject("storage", Per::Namespace, storage::alerts),
    subject("backends", Per::System, storage::exported),
    subject("machines", Per::System, machine::alerts),
    subject("containers", Per::System, container::alerts),
    subject("gpus", Per::System, gpu::alerts),
    subject("monitoring", Per::System, monitoring::alerts),
    subject("jobs", Per::System, own::jobs),
    subject("probes", Per::System, monitoring::probes),
    subject("functions", Per::Namespace, own::functions),
    subject("objectives", Per::Namespace, objectives::alerts),
];

/// The alerts of all subjects of which the system has something.
pub(super) fn all(system: &System) -> Result<Vec<AlertGroup>, QueryError> {
    let catalogue = system.catalogue();
    let mut groups = Vec::new();
    for subject in SUBJECTS {
        let namespaces = match subject.per {
            Per::System => vec![String::new()],
            Per::Namespace => scope::namespaces(system),
        };
        let mut alerts = Vec::new();
        let mut window = Default::default();
        for namespace in namespaces {
            let scope = Scope::new(system, &catalogue, &namespace)?;
            window = scope.window();
            for mut alert in (subject.make)(&scope)? {
                if !namespace.is_empty() {
                    alert = alert.label("namespace", &namespace);
                }
                alerts.push(
                    alert
                        .label("system", &system.name)
                        .label("team", &system.team),
                );
            }
        }
        if !alerts.is_empty() {
            groups.push(AlertGroup::new(subject.name, alerts, window)?);
        }
    }
    Ok(groups)
}
