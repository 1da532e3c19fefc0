//! What the service needs to be of use.
//!
//! A tier that is down makes it degraded, not unready: what is asked for is looked for in the
//! others, and events wait in the journal. Without the journal nothing can be accepted.

use std::{path::Path, sync::Arc};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use vitalsigns::{LabelValue, Registry, families::memory::Tier};
use vitalsigns_health::{
    Check, Failure, Group, Health, HealthError,
    checks::{self, DiskSpace, QueueStatus, Responsiveness, TaskQueue},
};

use crate::{
    events::Inbox,
    memory::{Memory, Store, TIERS},
    stores::{Postgres, Redis},
};

/// What is looked at.
pub struct Parts<'a> {
    /// The tiers.
    pub memory: &'a Memory,
    /// The Redis of the hot tier, where there is one.
    pub redis: Option<&'a Redis>,
    /// The PostgreSQL of the warm tier, where there is one.
    pub postgres: Option<&'a Postgres>,
    /// Events that wait.
    pub inbox: &'a Arc<Inbox>,
    /// How many there may be.
    pub most_events: usize,
    /// Who works on them.
    pub workers: &'a TaskTracker,
    /// Where the journal is.
    pub folder: &'a Path,
}

/// Starts the checks, which go on until what is returned is dropped.
///
/// # Errors
///
/// Where another group has taken the names of its families.
pub fn start(registry: &Registry, parts: &Parts<'_>) -> Result<Health, HealthError> {
    let events = {
        let (inbox, workers) = (Arc::clone(parts.inbox), parts.workers.clone());
        move || {
            Ok::<_, Failure>(QueueStatus {
                depth: inbox.undone() as u64,
                oldest: None,
                workers: workers.len() as u64,
            })
        }
    };
    Health::builder(registry)
        .service("auren")
        .version(env!("CARGO_PKG_VERSION"))
        .check(
            Responsiveness::of(Handle::current())
                .check("runtime")
                .groups([Group::Live, Group::Full]),
        )
        .check(
            TaskQueue::new(events)
                .most_depth(parts.most_events as u64 / 2)
                .check("events")
                .critical(),
        )
        .check(DiskSpace::of(parts.folder).check("journal_disk").critical())
        .check(checks::Memory::new().check("memory").groups([Group::Full]))
        .checks(TIERS.map(|tier| of_tier(tier, parts)))
        .build()
}

fn of_tier(tier: Tier, parts: &Parts<'_>) -> Check {
    let name = format!("{}_tier", tier.as_label());
    match (tier, parts.redis, parts.postgres) {
        (Tier::Hot, Some(redis), _) => checks::Redis::new(redis.connection())
            .must_be_writable()
            .check(name),
        (Tier::Warm, _, Some(postgres)) => checks::Postgres::new(postgres.pool()).check(name),
        _ => {
            let store: Arc<dyn Store> = Arc::clone(parts.memory.store(tier));
            let ping = move || {
                let store = Arc::clone(&store);
                async move { store.ping().await }
            };
            Check::new(name, ping)
                .on(Handle::current())
                .component("datastore")
        }
    }
}
