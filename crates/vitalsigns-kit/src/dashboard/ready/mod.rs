//! The dashboards that are ready, a module each, and the rows that several of them have.

mod alerts;
mod business;
mod gateway;
mod health;
mod infrastructure;
mod memory;
mod memory_operations;
mod modes;
mod overview;
mod render;
mod rows;
mod webhooks;

use super::maker::Maker;
use super::model::Dashboard;
use crate::query::QueryError;

/// Makes a dashboard, or none where the system exports nothing of what it is about.
type Make = fn(&Maker<'_>) -> Result<Option<Dashboard>, QueryError>;

/// All of them, what users feel before what causes it.
pub(super) const ALL: [Make; 11] = [
    overview::dashboard,
    health::dashboard,
    memory::dashboard,
    memory_operations::dashboard,
    modes::dashboard,
    webhooks::dashboard,
    render::dashboard,
    gateway::dashboard,
    business::dashboard,
    infrastructure::dashboard,
    alerts::dashboard,
];
