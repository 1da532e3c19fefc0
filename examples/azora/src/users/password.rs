//! Passwords: only their Argon2id hashes are kept.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use vitalsigns::{Registry, instrument_metrics};

use crate::{config::Hashing, error::ApiError};

/// The shortest password, in characters.
pub const SHORTEST: usize = 8;
/// The longest password, in bytes.
pub const LONGEST: usize = 128;

/// Hashes passwords on threads that may block, a few at a time: each takes memory.
#[derive(Clone, Debug)]
pub struct Passwords {
    argon2: Argon2<'static>,
    room: Arc<Semaphore>,
    /// What a password is compared with that belongs to nobody.
    nobody: Arc<str>,
    registry: Registry,
}

// Hashing is what a login waits for, and what a service runs out of cores with.
#[instrument_metrics(registry = self.registry)]
impl Passwords {
    /// Gets ready for hashes of this cost.
    ///
    /// # Errors
    ///
    /// If the cost is none that Argon2 can have.
    #[instrument_metrics(skip)]
    pub fn new(cost: Hashing, registry: &Registry) -> Result<Self, String> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None);
        let params = params.map_err(|error| error.to_string())?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let room = std::thread::available_parallelism().map_or(2, usize::from);
        let nobody = hash(&argon2, "")?.into();
        Ok(Self {
            argon2,
            room: Arc::new(Semaphore::new(room)),
            nobody,
            registry: registry.clone(),
        })
    }

    /// The hash of a new password, with its salt and its cost.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        let argon2 = self.argon2.clone();
        let hashed = self.run(move || hash(&argon2, &password)).await?;
        hashed.map_err(|_| ApiError::internal())
    }

    /// Whether this is the password of a hash. Without a hash it is not, and to find that out
    /// takes as long.
    #[instrument_metrics(
        registry = self.registry,
        slo = "password-check", success = 99.9, latency = (500ms, 99),
    )]
    pub async fn is_right(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        let argon2 = self.argon2.clone();
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        self.run(move || {
            let is_equal = PasswordHash::new(&hash)
                .is_ok_and(|hash| argon2.verify_password(password.as_bytes(), &hash).is_ok());
            is_equal && known
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let Ok(_room) = self.room.acquire().await else {
            return Err(ApiError::internal());
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| ApiError::internal())
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String, String> {
    let hash = argon2.hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string())
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_for_its_own_hash_only() {
        let passwords = Passwords::new(Hashing::CHEAP, &Registry::new()).unwrap();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        let is_right = async |password: &str, hash: Option<&str>| {
            let hash = hash.map(str::to_owned);
            passwords.is_right(password.into(), hash).await.unwrap()
        };
        assert!(is_right("correct horse", Some(&hash)).await);
        assert!(!is_right("correct horsf", Some(&hash)).await);
        assert!(!is_right("", None).await);
        assert!(!is_right("correct horse", Some("no hash")).await);
        let again = passwords.hash("correct horse".into()).await.unwrap();
        assert_ne!(hash, again, "the salt differs");
    }

    #[test]
    fn an_impossible_cost_is_refused() {
        let cost = Hashing {
            memory_kib: 0,
            passes: 0,
        };
        assert!(Passwords::new(cost, &Registry::new()).is_err());
    }
}
