#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod alert;
pub mod artefact;
#[cfg(feature = "client")]
pub mod client;
pub mod diff;
pub mod exporters;
pub mod finding;
#[cfg(feature = "client")]
pub mod healthcheck;
pub mod lint;
mod nearest;
mod page;
pub mod query;
pub mod system;
#[cfg(feature = "verify")]
pub mod verify;
#[cfg(feature = "verify")]
mod yaml;
