#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod agreement;
pub mod alert;
pub mod artefact;
#[cfg(feature = "client")]
pub mod client;
pub mod dashboard;
pub mod diff;
pub mod exporters;
pub mod finding;
pub mod generate;
#[cfg(feature = "client")]
pub mod healthcheck;
pub mod lint;
#[cfg(all(feature = "client", feature = "verify"))]
pub mod live;
mod nearest;
mod page;
#[cfg(feature = "verify")]
mod promql;
pub mod query;
pub mod record;
pub mod rules;
pub mod runbook;
pub mod stack;
pub mod system;
mod union;
#[cfg(feature = "verify")]
pub mod verify;
#[cfg(feature = "verify")]
mod yaml;
mod yaml_text;
