//! Accounts: registration, login, logout, the end of an account.

mod entered;
pub mod password;
pub mod token;

use std::sync::Arc;

use rusqlite::Row;
use serde_json::{Value, json};
use vitalsigns::{
    LabelValue, Registry,
    families::{
        gateway::{AuthMethod, Refusal},
        users::{Login, Method, Registration as Outcome},
    },
};

pub use entered::{Confirmation, Credentials, Registration};

use crate::{
    config::{Config, Secret},
    error::ApiError,
    gateway::Sessions,
    metrics::{Metrics, Plan},
    storage::{Storage, StorageError},
    time::{millis, now, seconds_to_wait},
};
use password::Passwords;
use token::TokenHash;

/// How many logins an account can have open; the oldest gives way.
const MOST_LOGINS: i64 = 20;

/// An account that a request is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: i64,
    /// What it pays for.
    pub plan: Plan,
    /// When its login ends.
    pub expires_at: i64,
    /// When it was last noted that it does something.
    pub seen_at: i64,
    /// The login itself.
    pub token: TokenHash,
}

/// What a password is compared with.
struct Stored {
    id: i64,
    hash: String,
    locked_until: i64,
}

impl Stored {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            hash: row.get(1)?,
            locked_until: row.get(2)?,
        })
    }
}

/// The service that knows accounts.
#[derive(Debug)]
pub struct Users {
    storage: Arc<Storage>,
    sessions: Arc<Sessions>,
    metrics: Metrics,
    passwords: Passwords,
    lock_after: u32,
    lock_for: i64,
    token_life: i64,
}

impl Users {
    /// Gets ready.
    ///
    /// # Errors
    ///
    /// If passwords cannot be hashed at the cost that is wanted.
    pub fn new(
        config: &Config,
        storage: Arc<Storage>,
        sessions: Arc<Sessions>,
        metrics: Metrics,
        registry: &Registry,
    ) -> Result<Self, String> {
        Ok(Self {
            storage,
            sessions,
            metrics,
            passwords: Passwords::new(config.hashing, registry)?,
            lock_after: config.lock_after,
            lock_for: millis(config.lock_for),
            token_life: millis(config.token_life),
        })
    }

    /// Checks a password that is nobody's, so that what is promised of logins is in the catalogue
    /// before the first of them.
    ///
    /// # Errors
    ///
    /// If it cannot be checked.
    pub async fn try_out(&self) -> Result<(), ApiError> {
        self.passwords.is_right(String::new(), None).await?;
        Ok(())
    }

    /// Makes an account.
    pub async fn register(&self, entered: Registration) -> Result<Value, ApiError> {
        let result = self.try_register(entered).await;
        let outcome = match &result {
            Ok(_) => Outcome::Success,
            Err(error) if error.status() == 422 => Outcome::Invalid,
            Err(error) if error.status() == 409 => Outcome::Duplicate,
            Err(_) => Outcome::Failed,
        };
        self.metrics.users.registered(Method::Password, outcome);
        result
    }

    async fn try_register(&self, entered: Registration) -> Result<Value, ApiError> {
        let applicant = entered.check()?;
        let Secret(password) = applicant.password;
        let hash = self.passwords.hash(password).await?;
        let (email, name) = (applicant.email, applicant.name);
        let plan = Plan::Free.as_label();
        let user = json!({ "email": email, "name": name, "plan": plan });
        let id: Option<i64> = self
            .storage
            .write(move |db| {
                db.one(
                    "INSERT INTO users (email, name, password, plan, created_at, seen_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                     ON CONFLICT (email) DO NOTHING RETURNING id",
                    (email, name, hash, plan, now()),
                    |row| row.get(0),
                )
            })
            .await
            .map_err(|error: StorageError| ApiError::from(error))?;
        let Some(id) = id else {
            let message = "there is an account with this e-mail address already";
            return Err(ApiError::new(409, "email_taken", message));
        };
        let mut user = user;
        user["id"] = json!(id);
        Ok(user)
    }

    /// Lets somebody in who knows the password, and gives a token for the requests that follow.
    pub async fn log_in(&self, entered: Credentials) -> Result<Value, ApiError> {
        let attempt = self.metrics.gateway.authenticate(AuthMethod::Password);
        let result = self.try_log_in(entered).await;
        let outcome = match &result {
            Ok(_) => {
                attempt.succeed();
                Login::Success
            }
            Err(error) if error.status() == 401 => {
                attempt.refuse(Refusal::Invalid);
                Login::BadCredentials
            }
            Err(error) if error.status() == 423 => {
                attempt.refuse(Refusal::Blocked);
                Login::Locked
            }
            Err(_) => {
                attempt.fail();
                Login::Failed
            }
        };
        self.metrics.users.logged_in(Method::Password, outcome);
        result
    }

    async fn try_log_in(&self, entered: Credentials) -> Result<Value, ApiError> {
        let wrong = || {
            let message = "e-mail address or password is wrong";
            ApiError::new(401, "bad_credentials", message)
        };
        let email = entered::email(&entered.email).map_err(|_| wrong())?;
        let stored = self
            .storage
            .read(move |db| {
                let sql = "SELECT id, password, locked_until FROM users WHERE email = ?1";
                db.one(sql, [email], Stored::read)
            })
            .await
            .map_err(|error: StorageError| ApiError::from(error))?;
        let id = self
            .verify(stored, entered.password)
            .await?
            .ok_or_else(wrong)?;
        let (token, hash) = token::new().map_err(|_| ApiError::internal())?;
        let life = self.token_life;
        let gave_way = self
            .storage
            .write(move |db| {
                let now = now();
                // Guesses that were on their way when the account was locked are too late.
                let sql = "UPDATE users SET failures = 0, locked_until = 0, seen_at = ?2
                           WHERE id = ?1 AND locked_until <= ?2";
                if db.execute(sql, (id, now))? == 0 {
                    return Err(locked(1));
                }
                let sql = "INSERT INTO tokens (hash, user_id, created_at, expires_at)
                           VALUES (?1, ?2, ?3, ?4)";
                db.execute(sql, (hash, id, now, now.saturating_add(life)))?;
                let sql = "DELETE FROM tokens WHERE user_id = ?1 AND hash NOT IN (
                               SELECT hash FROM tokens WHERE user_id = ?1
                               ORDER BY created_at DESC, hash LIMIT ?2)";
                Ok(db.execute(sql, (id, MOST_LOGINS))?)
            })
            .await?;
        if gave_way > 0 {
            self.sessions.forget_account(id);
        }
        Ok(json!({ "token": token, "user": id, "expires_in": life / 1000 }))
    }

    /// Compares a password; gives whose it is, or nothing if it is wrong, which is counted.
    async fn verify(
        &self,
        stored: Option<Stored>,
        password: String,
    ) -> Result<Option<i64>, ApiError> {
        let until = stored.as_ref().map_or(0, |stored| stored.locked_until);
        let left = until - now();
        if left > 0 {
            return Err(locked(left));
        }
        let (id, hash) = stored.map(|stored| (stored.id, stored.hash)).unzip();
        if self.passwords.is_right(password, hash).await? {
            return Ok(id);
        }
        if let Some(id) = id {
            let (after, until) = (self.lock_after, now().saturating_add(self.lock_for));
            self.storage
                .write(move |db| {
                    db.execute(
                        "UPDATE users SET
                             failures = (failures + 1) % ?2,
                             locked_until = iif(failures + 1 >= ?2, ?3, locked_until)
                         WHERE id = ?1",
                        (id, after.max(1), until),
                    )
                })
                .await
                .map_err(|error: StorageError| ApiError::from(error))?;
        }
        Ok(None)
    }

    /// What an account may know of itself.
    pub async fn show(&self, account: Account) -> Result<Value, ApiError> {
        let user = self
            .storage
            .read(move |db| {
                let sql = "SELECT email, name, plan, created_at FROM users WHERE id = ?1";
                db.one(sql, [account.id], |row| {
                    Ok(json!({
                        "id": account.id,
                        "email": row.get::<_, String>(0)?,
                        "name": row.get::<_, String>(1)?,
                        "plan": row.get::<_, String>(2)?,
                        "created_at": row.get::<_, i64>(3)?,
                    }))
                })
            })
            .await
            .map_err(|error: StorageError| ApiError::from(error))?;
        user.ok_or_else(no_account)
    }

    /// Ends the login that the request was made with.
    pub async fn log_out(&self, account: Account) -> Result<(), ApiError> {
        self.storage
            .write(move |db| db.execute("DELETE FROM tokens WHERE hash = ?1", [account.token]))
            .await
            .map_err(|error: StorageError| ApiError::from(error))?;
        self.sessions.forget_account(account.id);
        Ok(())
    }

    /// Removes an account and everything of it but its payments, if the password is right.
    pub async fn delete(&self, account: Account, entered: Confirmation) -> Result<(), ApiError> {
        let attempt = self.metrics.gateway.authenticate(AuthMethod::Password);
        let stored = self
            .storage
            .read(move |db| {
                let sql = "SELECT id, password, locked_until FROM users WHERE id = ?1";
                db.one(sql, [account.id], Stored::read)
            })
            .await
            .map_err(|error: StorageError| ApiError::from(error));
        let verified = match stored {
            Ok(stored) => self.verify(stored, entered.password).await,
            Err(error) => Err(error),
        };
        match verified {
            Ok(Some(_)) => attempt.succeed(),
            Ok(None) => {
                attempt.refuse(Refusal::Invalid);
                let message = "the password is wrong";
                return Err(ApiError::new(403, "wrong_password", message));
            }
            Err(error) if error.status() == 423 => {
                attempt.refuse(Refusal::Blocked);
                return Err(error);
            }
            Err(error) => {
                attempt.fail();
                return Err(error);
            }
        }
        self.storage
            .write(move |db| db.execute("DELETE FROM users WHERE id = ?1", [account.id]))
            .await
            .map_err(|error: StorageError| ApiError::from(error))?;
        self.sessions.forget_account(account.id);
        Ok(())
    }
}

/// An account that takes no password for so many milliseconds.
fn locked(left: i64) -> ApiError {
    let message = "there were too many wrong passwords; try again later";
    ApiError::new(423, "account_locked", message).retry_after(seconds_to_wait(left))
}

/// The account has ended while the request was on its way.
pub(crate) fn no_account() -> ApiError {
    ApiError::new(401, "invalid_token", "this login is not valid (any more)")
}
