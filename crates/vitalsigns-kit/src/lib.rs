#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod alert;
#[cfg(feature = "client")]
pub mod client;
pub mod diff;
pub mod finding;
#[cfg(feature = "client")]
pub mod healthcheck;
pub mod lint;
mod nearest;
mod page;
pub mod query;
