//! What is made from catalogues, and what is said of pages.

mod queries;
mod random;
mod ui;
