//! The domain families, each through an hour of its domain.
mod agent;
mod ai;
mod build;
mod cache;
mod counts;
mod database;
mod events;
mod gateway;
mod http;
mod http_client;
mod http_options;
mod http_routes;
mod learning;
mod memory;
mod on;
#[cfg(feature = "payments")]
mod payments;
mod process;
mod queue;
#[cfg(feature = "tokio")]
mod tokio;
mod users;
mod video;
mod webhooks;

/// The samples of a family that are not 0, without its name.
fn nonzero(registry: &vitalsigns::Registry, name: &str) -> Vec<String> {
    vitalsigns::testing::samples(registry, name)
        .lines()
        .filter(|line| !line.ends_with(" 0"))
        .map(|line| line[name.len()..].to_owned())
        .collect()
}
