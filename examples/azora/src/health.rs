//! What the service needs to be of use: its database, and room for it.

use std::sync::Arc;

use tokio::runtime::Handle;
use vitalsigns::Registry;
use vitalsigns_health::{
    Check, Group, Health, HealthError, Outcome,
    checks::{DiskSpace, Memory, Responsiveness},
};

use crate::storage::Storage;

/// Starts the checks, which go on until what is returned is dropped.
///
/// # Errors
///
/// Where another group has taken the names of its families.
pub fn start(registry: &Registry, storage: &Arc<Storage>) -> Result<Health, HealthError> {
    let database = {
        let storage = Arc::clone(storage);
        move || {
            let storage = Arc::clone(&storage);
            async move {
                let read = storage.read(|session| session.number("SELECT 1", []));
                read.await.map(|_| Outcome::up())
            }
        }
    };
    Health::builder(registry)
        .service("azora")
        .version(env!("CARGO_PKG_VERSION"))
        .check(
            Responsiveness::of(Handle::current())
                .check("runtime")
                .groups([Group::Live, Group::Full]),
        )
        .check(
            Check::new("database", database)
                .on(Handle::current())
                .groups([Group::Startup, Group::Ready, Group::Full])
                .component("datastore")
                .critical(),
        )
        .check(
            DiskSpace::of(storage.folder())
                .check("database_disk")
                .critical(),
        )
        .check(Memory::new().check("memory").groups([Group::Full]))
        .build()
}
