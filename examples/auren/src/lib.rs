//! auren: an AI agent with a tiered memory.
//!
//! Devices send what they measure as webhooks. An agent watches it and changes between modes; what
//! it learns goes into a memory of three tiers, and a policy decides what belongs where.
//!
//! [`Server::start`] runs it on a socket. All state belongs to the service and is handed on
//! explicitly, so that any number of services can run in one process.

pub mod agent;
pub mod api;
pub mod config;
pub mod demo;
pub mod error;
pub mod events;
pub mod health;
pub mod journal;
pub mod memory;
pub mod metrics;
pub mod program;
pub mod server;
pub mod service;
pub mod stores;
pub mod webhooks;

pub use config::Config;
pub use server::Server;
pub use service::{Service, StartError};
