#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod cell;
mod check;
mod failure;
mod health;
mod metrics;
mod outcome;
mod probes;
mod request;
mod runner;
mod shape;
mod standing;
mod state;

pub mod checks;

pub use check::{Check, Group};
pub use failure::Failure;
pub use health::{Health, HealthBuilder, HealthError};
pub use outcome::{IntoOutcome, Outcome};
pub use probes::{CheckStatus, GroupStatus, Probes};
pub use request::ProbeRequest;
pub use shape::Shape;
pub use state::{Cause, State};
