//! Folders of configuration: what is wrong with them, and what is not.

#[cfg(feature = "cli")]
mod command;
mod documents;
mod expressions;
mod files;
mod garbage;
mod generated;
