//! What is made from catalogues, and what is said of pages and of catalogues that change.

mod agreement;
mod alerts;
mod command;
mod dashboard_json;
mod dashboard_lint;
mod dashboards;
#[cfg(feature = "verify")]
mod description;
mod diff;
#[cfg(feature = "cli")]
mod generate;
mod lint;
mod pages;
mod queries;
mod random;
mod ready;
mod record;
mod systems;
mod tls;
mod ui;
#[cfg(feature = "verify")]
mod verify;
