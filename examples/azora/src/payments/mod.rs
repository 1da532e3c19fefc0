//! Payments: purchases, refunds and chargebacks, each once, whatever happens.
//!
//! A payment is in the database before the provider is asked, as `pending`, under the key that the
//! client gave it. So the same key finds the same payment, and one that the end of the process
//! leaves behind is settled at the next start. A purchase is seen to its end once it was begun,
//! whether or not its client waits.

mod order;
mod provider;
mod record;
mod returned;

use std::{sync::Arc, time::Duration};

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use tokio::{sync::Notify, time::Instant};
use vitalsigns::{
    LabelValue,
    families::payments::{Attempt, Failure},
};

pub use order::Purchase;
pub(crate) use order::key;
pub use provider::{Charge, Provider, Source};
pub use returned::{ChargebackReport, RefundRequest};

use crate::{
    config::Config,
    error::ApiError,
    gateway::Sessions,
    metrics::{Metrics, Plan, ProviderName},
    storage::{Session, Storage, StorageError},
    time::now,
    users::Account,
};
use order::{Order, PRICES};
use record::{COLUMNS, Record, units};

/// How long a request waits for a payment that another one has begun.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the end of a payment is written down before it is left for the next start.
const TRIES: u64 = 5;
/// How many payments a list has.
const LISTED: i64 = 50;

/// The service that takes money.
#[derive(Debug)]
pub struct Payments {
    storage: Arc<Storage>,
    sessions: Arc<Sessions>,
    metrics: Metrics,
    provider: Provider,
    /// Told whenever a payment was settled.
    settled: Notify,
}

/// What there is under a key.
enum Begun {
    New(Record),
    Known(Record),
}

impl Payments {
    /// Gets ready.
    pub fn new(
        config: &Config,
        storage: Arc<Storage>,
        sessions: Arc<Sessions>,
        metrics: Metrics,
    ) -> Self {
        let (latency, deadline) = (config.provider_latency, config.provider_deadline);
        Self {
            storage,
            sessions,
            provider: Provider::new(latency, deadline, metrics.payments.clone()),
            metrics,
            settled: Notify::new(),
        }
    }

    /// The provider.
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// What plans cost.
    pub fn plans() -> Value {
        let of_plan = |plan: Plan| {
            let prices = PRICES.iter().filter(|(known, ..)| *known == plan);
            let prices: Vec<Value> = prices
                .map(|(_, currency, units)| {
                    json!({ "currency": currency.code(), "minor_units": units })
                })
                .collect();
            json!({ "plan": plan.as_label(), "prices": prices })
        };
        let plans = (0..).map_while(Plan::from_index);
        json!({ "plans": plans.map(of_plan).collect::<Vec<_>>() })
    }

    /// Buys something, once for each key.
    pub async fn buy(
        &self,
        account: Account,
        key: String,
        purchase: Purchase,
    ) -> Result<(StatusCode, Value), ApiError> {
        let order = purchase.check()?;
        let begun = self
            .storage
            .write(move |db| begin(db, account, &key, &order))
            .await?;
        let record = match begun {
            Begun::New(record) => {
                let (method, currency) = (record.method, record.amount.currency());
                let attempt = self.metrics.payments.attempt(method, currency);
                self.charge(record, attempt).await?
            }
            Begun::Known(record) => self.end_of(record.id).await?,
        };
        record.answer()
    }

    /// Asks the provider for the money of a pending payment, and settles it.
    async fn charge(
        &self,
        record: Record,
        attempt: Attempt<ProviderName>,
    ) -> Result<Record, ApiError> {
        let charge = self.provider.charge(record.source).await;
        let settled = self.settle(&record, charge).await;
        match (charge, &settled) {
            (_, Err(_)) => attempt.failed(Failure::Internal),
            (Charge::Authorised, Ok(_)) => {
                attempt.authorised(record.amount);
                // What is sold here is there at once, so the money is collected at once.
                self.metrics.payments.captured(record.method, record.amount);
            }
            (Charge::Declined(why), Ok(_)) => attempt.declined(why),
            (Charge::Failed(why), Ok(_)) => attempt.failed(why),
        }
        // Told last, so that who has an answer sees it counted.
        self.settled.notify_waiters();
        settled
    }

    /// Writes down what came of a payment; tried again, for the provider has done its part.
    async fn settle(&self, record: &Record, charge: Charge) -> Result<Record, ApiError> {
        let mut tries = 1;
        let settled = loop {
            let record = record.clone();
            let settled = self.storage.write(move |db| end(db, &record, charge)).await;
            match settled {
                Err(StorageError::Busy) if tries < TRIES => {
                    tokio::time::sleep(Duration::from_millis(100 * tries)).await;
                    tries += 1;
                }
                settled => break settled?,
            }
        };
        if let (Some(user), "plan") = (record.user_id, record.kind.as_str()) {
            self.sessions.forget_account(user);
        }
        Ok(settled)
    }

    /// Waits for the end of a payment that somebody else has begun.
    async fn end_of(&self, id: i64) -> Result<Record, ApiError> {
        let end = Instant::now() + PATIENCE;
        loop {
            // Asked to be told first: what is settled while we read is not missed.
            let settled = self.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            let record = self.find(id).await?.ok_or_else(unknown_payment)?;
            let waited = tokio::time::timeout_at(end, settled);
            if record.state != "pending" || waited.await.is_err() {
                return Ok(record);
            }
        }
    }

    async fn find(&self, id: i64) -> Result<Option<Record>, ApiError> {
        let found = self.storage.read(move |db| find(db, id)).await;
        found.map_err(|error: StorageError| ApiError::from(error))
    }

    /// A payment of an account.
    pub async fn show(&self, account: Account, id: i64) -> Result<Value, ApiError> {
        let record = self.find(id).await?;
        let own = record.filter(|record| record.user_id == Some(account.id));
        Ok(json!({ "payment": own.ok_or_else(unknown_payment)?.to_json() }))
    }

    /// The latest payments of an account.
    pub async fn list(&self, account: Account) -> Result<Value, ApiError> {
        let records = self
            .storage
            .read(move |db| {
                let sql = format!(
                    "SELECT {COLUMNS} FROM payments WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2"
                );
                db.all(&sql, (account.id, LISTED), Record::read)
            })
            .await
            .map_err(|error: StorageError| ApiError::from(error))?;
        let payments: Vec<Value> = records.iter().map(Record::to_json).collect();
        Ok(json!({ "payments": payments }))
    }

    /// Settles what an earlier process has left behind: asks the provider again, by the same
    /// references.
    pub async fn settle_left_behind(&self) -> Result<(), ApiError> {
        let pending = self
            .storage
            .read(|db| {
                let sql = format!("SELECT {COLUMNS} FROM payments WHERE state = 'pending'");
                db.all(&sql, [], Record::read)
            })
            .await
            .map_err(|error: StorageError| ApiError::from(error))?;
        for record in pending {
            let (method, currency) = (record.method, record.amount.currency());
            let attempt = self.metrics.payments.attempt(method, currency);
            self.charge(record, attempt).await?;
        }
        self.refund_left_behind().await
    }
}

fn find(db: &Session<'_>, id: i64) -> Result<Option<Record>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE id = ?1");
    db.one(&sql, [id], Record::read)
}

fn begin(db: &Session<'_>, account: Account, key: &str, order: &Order) -> Result<Begun, ApiError> {
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE user_id = ?1 AND key = ?2");
    if let Some(known) = db.one(&sql, (account.id, key), Record::read)? {
        let is_same = known.kind == order.item.kind()
            && known.item == order.item.name()
            && known.method == order.method
            && known.source == order.source
            && order
                .currency
                .is_none_or(|currency| currency == known.amount.currency());
        if is_same {
            return Ok(Begun::Known(known));
        }
        let message = "this idempotency key was used for another payment";
        return Err(ApiError::invalid("idempotency_key_reused", message));
    }
    let amount = order.price(db)?;
    let (kind, item) = (order.item.kind(), order.item.name());
    let sql = format!(
        "SELECT {COLUMNS} FROM payments WHERE user_id = ?1 AND kind = ?2 AND item = ?3
         AND state IN ('pending', 'authorised')"
    );
    let others = db.all(&sql, (account.id, kind, item), Record::read)?;
    if others.iter().any(|other| other.state == "pending") {
        let message = "another payment for this is still on its way";
        return Err(ApiError::new(409, "payment_pending", message).retry_after(1));
    }
    // A plan is paid for again and again, a course once.
    if kind == "course" && others.iter().any(|other| other.left() > 0) {
        return Err(ApiError::new(
            409,
            "already_bought",
            "this is paid for already",
        ));
    }
    let sql = "INSERT INTO payments
                   (user_id, key, kind, item, method, source, currency, amount, state, created_at)
               SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', ?9 FROM users WHERE id = ?1
               RETURNING id";
    let (method, source) = (order.method.as_label(), order.source.as_label());
    let (code, units) = (amount.currency().code(), units(amount));
    let values = (
        account.id,
        key,
        kind,
        item,
        method,
        source,
        code,
        units,
        now(),
    );
    let id: Option<i64> = db.one(sql, values, |row| row.get(0))?;
    let id = id.ok_or_else(crate::users::no_account)?;
    let record = find(db, id)?.ok_or_else(ApiError::internal)?;
    Ok(Begun::New(record))
}

/// Writes down what came of a payment, with what is bought by it.
fn end(db: &Session<'_>, record: &Record, charge: Charge) -> Result<Record, StorageError> {
    let (state, reason) = match charge {
        Charge::Authorised => ("authorised", None),
        Charge::Declined(why) => ("declined", Some(why.as_label())),
        Charge::Failed(why) => ("failed", Some(why.as_label())),
    };
    let sql = "UPDATE payments SET state = ?2, reason = ?3, settled_at = ?4
               WHERE id = ?1 AND state = 'pending'";
    db.execute(sql, (record.id, state, reason, now()))?;
    if charge == Charge::Authorised && record.kind == "plan" {
        let sql = "UPDATE users SET plan = ?2
                   WHERE id = (SELECT user_id FROM payments WHERE id = ?1)";
        db.execute(sql, (record.id, &record.item))?;
    }
    find(db, record.id)?.ok_or(StorageError::Lost)
}

/// A payment that there is not, or that is somebody else's.
fn unknown_payment() -> ApiError {
    ApiError::new(404, "unknown_payment", "there is no such payment")
}
