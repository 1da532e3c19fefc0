//! What can be set about a service.

use std::{fmt, path::PathBuf, time::Duration};

/// How often somebody may ask: so many requests at once, and so many in a second for ever.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// How many requests a rested client has.
    pub burst: f64,
    /// How many come back in a second.
    pub per_second: f64,
}

/// What hashing a password costs (Argon2id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashing {
    /// Memory for one hash, in KiB; at least 8.
    pub memory_kib: u32,
    /// Passes over it; at least 1.
    pub passes: u32,
}

impl Hashing {
    /// The least that is taken for safe today.
    pub const SAFE: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
    };
    /// For tests and the demo, whose passwords protect nothing.
    pub const CHEAP: Self = Self {
        memory_kib: 64,
        passes: 1,
    };
}

/// A text that does not show in a debug print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The settings of a service; `Config::default()` is a sound start.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many threads serve HTTP.
    pub workers: usize,
    /// How many connections read the database at the same time.
    pub readers: usize,
    /// How many writes may wait for the one connection that writes.
    pub writes: usize,
    /// Where the database is; without it, in a fresh temporary folder that goes with the service.
    pub data_dir: Option<PathBuf>,
    /// What hashing a password costs.
    pub hashing: Hashing,
    /// How many wrong passwords in a row lock an account.
    pub lock_after: u32,
    /// How long a locked account stays so.
    pub lock_for: Duration,
    /// How long a login lasts.
    pub token_life: Duration,
    /// How often one address may ask, whoever it is.
    pub per_address: Limit,
    /// How often one account may ask.
    pub per_account: Limit,
    /// What the payment provider shows when it reports a chargeback; without it, a random one.
    pub provider_key: Option<Secret>,
    /// How long the simulated payment provider takes for an answer.
    pub provider_latency: Duration,
    /// How long an answer of the payment provider is waited for, each of two times.
    pub provider_deadline: Duration,
    /// How many faults in a row open the circuit of an upstream.
    pub circuit_after: u32,
    /// How long an open circuit refuses before it tries again.
    pub circuit_for: Duration,
    /// How often active users are counted and old logins are swept away.
    pub count_every: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            workers: 2,
            readers: 4,
            writes: 256,
            data_dir: None,
            hashing: Hashing::SAFE,
            lock_after: 5,
            lock_for: Duration::from_secs(15 * 60),
            token_life: Duration::from_secs(12 * 60 * 60),
            per_address: Limit {
                burst: 400.0,
                per_second: 200.0,
            },
            per_account: Limit {
                burst: 40.0,
                per_second: 20.0,
            },
            provider_key: None,
            provider_latency: Duration::from_millis(40),
            provider_deadline: Duration::from_millis(400),
            circuit_after: 8,
            circuit_for: Duration::from_secs(3),
            count_every: Duration::from_secs(5),
        }
    }
}

/// The largest request body, in bytes.
pub const LARGEST_BODY: usize = 16 * 1024;
