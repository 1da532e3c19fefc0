//! Rows that several dashboards have.

mod host;
mod http;
mod resources;
mod stores;
mod targets;
mod work;

pub(super) use host::{containers, gpus, machine, network};
pub(super) use http::{clients, details, requests};
pub(super) use resources::{processes, runtime};
pub(super) use stores::{caches, database_servers, databases, redis};
pub(super) use targets::targets;
pub(super) use work::{functions, queues};

use crate::dashboard::model::Row;
use crate::query::QueryError;

/// A row, if the system exports what it is about.
pub(super) type MaybeRow = Result<Option<Row>, QueryError>;
