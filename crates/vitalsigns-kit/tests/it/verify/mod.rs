//! Folders of configuration: what is wrong with them, and what is not.

mod documents;
mod expressions;
mod files;
mod garbage;
mod generated;
