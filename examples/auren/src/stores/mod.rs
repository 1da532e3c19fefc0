//! What tiers can be kept in: nothing to install for each of them, and the real thing for two.

mod archive;
mod epoch;
mod in_process;
mod postgres;
mod redis;
mod sqlite;

pub use archive::Archive;
pub use in_process::InProcess;
pub use postgres::Postgres;
pub use redis::Redis;
pub use sqlite::Sqlite;

pub(crate) use sqlite::open as open_sqlite;
