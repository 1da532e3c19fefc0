//! What a user of the crate can rely on.

mod page;
