//! System Overview of the infrastructure: machines, containers, databases.

use super::rows;
use crate::dashboard::maker::Maker;
use crate::dashboard::model::Dashboard;
use crate::query::QueryError;

pub(super) fn dashboard(maker: &Maker<'_>) -> Result<Option<Dashboard>, QueryError> {
    let core = [
        "node_cpu_seconds_total",
        "container_cpu_usage_seconds_total",
        "pg_up",
        "redis_up",
    ];
    if !core.iter().any(|family| maker.has_exported(family)) {
        return Ok(None);
    }
    maker.dashboard(
        "Infrastructure System Overview",
        "CPU, memory and disk of the machines, their networks and connections, the containers and \
         their restarts, the databases with their connections and queries.",
        [
            rows::machine(maker)?,
            rows::network(maker)?,
            rows::containers(maker)?,
            rows::database_servers(maker)?,
            rows::databases(maker)?,
            rows::redis(maker)?,
            rows::targets(maker, "Exporters")?,
        ],
    )
}
