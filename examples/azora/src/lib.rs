//! azora: a small education platform behind a gateway.
//!
//! Learners register and log in, buy a plan or a course from a simulated payment provider, enrol,
//! and complete lessons. Everything that was answered is in a SQLite database.
//!
//! [`Server::start`] runs it on a socket. All state belongs to the service and is handed on
//! explicitly, so that any number of services can run in one process.

pub mod api;
pub mod config;
pub mod demo;
pub mod error;
pub mod gateway;
pub mod health;
pub mod lessons;
pub mod metrics;
pub mod payments;
pub mod program;
pub mod server;
pub mod service;
pub mod storage;
pub mod time;
pub mod users;
pub mod watch;

pub use config::Config;
pub use server::Server;
pub use service::{Service, StartError};
