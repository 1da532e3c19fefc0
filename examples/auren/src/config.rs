//! What can be set about a service.

use std::{fmt, path::PathBuf, time::Duration};

use crate::{memory::Policy, webhooks::Vendor};

/// A text that does not show in a debug print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What the vendors sign with.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// Of the rings.
    pub ring: Secret,
    /// Of the straps.
    pub strap: Secret,
    /// Of the watches.
    pub watch: Secret,
}

impl Secrets {
    /// Random ones, which nobody knows.
    ///
    /// # Errors
    ///
    /// Where the system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let secret = || {
            let mut bytes = [0; 16];
            getrandom::fill(&mut bytes)?;
            Ok(Secret(format!("{:032x}", u128::from_le_bytes(bytes))))
        };
        Ok(Self {
            ring: secret()?,
            strap: secret()?,
            watch: secret()?,
        })
    }

    /// What this vendor signs with.
    pub fn of(&self, vendor: Vendor) -> &[u8] {
        let Secret(secret) = match vendor {
            Vendor::Ring => &self.ring,
            Vendor::Strap => &self.strap,
            Vendor::Watch => &self.watch,
        };
        secret.as_bytes()
    }

    /// Where to set it.
    pub fn of_mut(&mut self, vendor: Vendor) -> &mut Secret {
        match vendor {
            Vendor::Ring => &mut self.ring,
            Vendor::Strap => &mut self.strap,
            Vendor::Watch => &mut self.watch,
        }
    }
}

/// The settings of a service; `Config::default()` is a sound start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the journal and the embedded tiers are; without it, in a fresh temporary folder that
    /// goes with the service.
    pub data_dir: Option<PathBuf>,
    /// The Redis of the hot tier; without it, the memory of the process.
    pub redis: Option<Secret>,
    /// The PostgreSQL of the warm tier; without it, SQLite.
    pub postgres: Option<Secret>,
    /// What the vendors sign with; without it, random.
    pub secrets: Option<Secrets>,
    /// How many events may wait.
    pub queue: usize,
    /// How many of them are worked on at the same time.
    pub workers: usize,
    /// What the agent takes for a minute.
    pub minute: Duration,
    /// What belongs where in the memory.
    pub policy: Policy,
    /// How many items it may have.
    pub most_items: usize,
    /// How long a store may take for an answer.
    pub patience: Duration,
    /// How often the policy is asked.
    pub curate_every: Duration,
    /// How often a store that is in doubt is tried again.
    pub heal_every: Duration,
    /// How old a webhook may be.
    pub freshness: Duration,
    /// For how long the names of events are known, so that they are not taken twice.
    pub window: Duration,
    /// How many names are known at the most.
    pub most_names: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: None,
            redis: None,
            postgres: None,
            secrets: None,
            queue: 1_000,
            workers: 2,
            minute: Duration::from_secs(60),
            policy: Policy::default(),
            most_items: 50_000,
            patience: Duration::from_millis(500),
            curate_every: Duration::from_secs(1),
            heal_every: Duration::from_millis(250),
            freshness: Duration::from_secs(5 * 60),
            window: Duration::from_secs(24 * 60 * 60),
            most_names: 1_000_000,
        }
    }
}

/// The largest request body, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;
/// How long the head of a request, and then its body, may take to come.
pub const SLOWEST: Duration = Duration::from_secs(5);
