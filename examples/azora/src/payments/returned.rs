//! Money that goes back: refunds by the service, chargebacks by a bank.

use serde::Deserialize;
use serde_json::{Value, json};
use vitalsigns::{
    LabelValue,
    families::payments::{Amount, Chargeback},
};

use super::{
    Payments, find,
    record::{COLUMNS, Record},
    unknown_payment,
};
use crate::{
    error::ApiError,
    metrics::Plan,
    storage::{Session, StorageError},
    time::now,
    users::Account,
};

/// The body of `POST /payments/{id}/refunds`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundRequest {
    /// How much; without it, all that is left.
    minor_units: Option<u64>,
}

/// The body of `POST /provider/chargebacks`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargebackReport {
    payment: i64,
    reason: String,
}

/// A refund as the database has it.
#[derive(Clone, Debug)]
struct Refund {
    id: i64,
    amount: i64,
    state: String,
}

impl Refund {
    fn to_json(&self, payment: &Record) -> Value {
        json!({ "refund": {
            "id": self.id,
            "payment": payment.id,
            "currency": payment.amount.currency().code(),
            "minor_units": self.amount,
            "state": self.state,
        }})
    }
}

impl Payments {
    /// Gives money back, once for each key.
    pub async fn refund(
        &self,
        account: Account,
        payment: i64,
        key: String,
        request: RefundRequest,
    ) -> Result<Value, ApiError> {
        let (record, refund, is_new) = self
            .storage
            .write(move |db| begin(db, account, payment, &key, request.minor_units))
            .await?;
        let refund = if is_new {
            self.give_back(&record, refund).await?
        } else {
            refund
        };
        match refund.state.as_str() {
            "refunded" => Ok(refund.to_json(&record)),
            "failed" => {
                let message = "the payment provider does not give this money back";
                Err(ApiError::new(502, "refund_failed", message))
            }
            _ => {
                let message = "this refund is still on its way; ask again with the same key";
                Err(ApiError::new(409, "refund_pending", message).retry_after(1))
            }
        }
    }

    async fn give_back(&self, record: &Record, mut refund: Refund) -> Result<Refund, ApiError> {
        let is_given = self.provider.refund(record.source).await;
        let state = if is_given { "refunded" } else { "failed" };
        let (id, payment) = (refund.id, record.id);
        self.storage
            .write(move |db| {
                let sql = "UPDATE refunds SET state = ?2, settled_at = ?3 WHERE id = ?1";
                db.execute(sql, (id, state, now()))?;
                take_back(db, payment)
            })
            .await
            .map_err(|error: StorageError| ApiError::from(error))?;
        self.changed(record);
        let currency = record.amount.currency();
        let metrics = &self.metrics.payments;
        match Amount::from_minor_units(currency, refund.amount) {
            Ok(amount) if is_given => metrics.refunded(record.method, amount),
            _ => metrics.refund_failed(record.method, currency),
        }
        refund.state = state.to_owned();
        Ok(refund)
    }

    /// Gives back what an earlier process was about to.
    pub(super) async fn refund_left_behind(&self) -> Result<(), ApiError> {
        let pending = self
            .storage
            .read(|db| {
                let sql = "SELECT payment_id, id, amount, state FROM refunds
                           WHERE state = 'pending'";
                let refunds = db.all(sql, [], |row| {
                    let (id, amount, state) = (row.get(1)?, row.get(2)?, row.get(3)?);
                    Ok((row.get::<_, i64>(0)?, Refund { id, amount, state }))
                })?;
                let mut pending = Vec::new();
                for (payment, refund) in refunds {
                    pending.extend(find(db, payment)?.map(|record| (record, refund)));
                }
                Ok(pending)
            })
            .await
            .map_err(|error: StorageError| ApiError::from(error))?;
        for (record, refund) in pending {
            self.give_back(&record, refund).await?;
        }
        Ok(())
    }

    /// Notes that a bank has taken money back. Told twice, it is noted once.
    pub async fn charge_back(&self, report: ChargebackReport) -> Result<Value, ApiError> {
        let Some(reason) = Chargeback::from_label(&report.reason) else {
            let message = format!("the reasons are {}", Chargeback::VALUES.join(", "));
            return Err(ApiError::invalid("unknown_reason", message));
        };
        let (record, left) = self
            .storage
            .write(move |db| {
                let record = find(db, report.payment)?.ok_or_else(unknown_payment)?;
                let left = record.left();
                if record.chargeback.is_none() && left == 0 {
                    let message = "there is nothing of this payment to be taken back";
                    return Err(ApiError::new(409, "nothing_to_charge_back", message));
                }
                if left > 0 {
                    let sql = "UPDATE payments SET chargeback = ?2 WHERE id = ?1";
                    db.execute(sql, (record.id, reason.as_label()))?;
                    take_back(db, record.id)?;
                }
                let record = find(db, report.payment)?.ok_or_else(unknown_payment)?;
                Ok((record, left))
            })
            .await?;
        if left > 0 {
            self.changed(&record);
            let amount = Amount::from_minor_units(record.amount.currency(), left);
            let amount = amount.map_err(|_| ApiError::internal())?;
            let metrics = &self.metrics.payments;
            metrics.charged_back(record.method, amount, reason);
        }
        Ok(json!({ "payment": record.to_json() }))
    }

    /// The plan of the payer may be another one now.
    fn changed(&self, record: &Record) {
        if let Some(user) = record.user_id {
            self.sessions.forget_account(user);
        }
    }
}

fn begin(
    db: &Session<'_>,
    account: Account,
    payment: i64,
    key: &str,
    wanted: Option<u64>,
) -> Result<(Record, Refund, bool), ApiError> {
    let own = find(db, payment)?.filter(|record| record.user_id == Some(account.id));
    let record = own.ok_or_else(unknown_payment)?;
    let sql = "SELECT id, amount, state FROM refunds WHERE payment_id = ?1 AND key = ?2";
    let known = db.one(sql, (payment, key), |row| {
        let (id, amount, state) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Refund { id, amount, state })
    })?;
    if let Some(refund) = known {
        if wanted.is_some_and(|wanted| i64::try_from(wanted) != Ok(refund.amount)) {
            let message = "this idempotency key was used for another refund";
            return Err(ApiError::invalid("idempotency_key_reused", message));
        }
        return Ok((record, refund, false));
    }
    let sql = "SELECT coalesce(sum(amount), 0) FROM refunds
               WHERE payment_id = ?1 AND state = 'pending'";
    let left = record.left() - db.number(sql, [payment])?;
    if left <= 0 {
        let message = "there is nothing of this payment to be given back";
        return Err(ApiError::new(409, "nothing_to_refund", message));
    }
    let amount = wanted.map_or(Ok(left), i64::try_from).unwrap_or(i64::MAX);
    if amount == 0 || amount > left {
        let message = format!("from 1 to {left} minor units can be given back");
        return Err(ApiError::invalid("invalid_amount", message));
    }
    let sql = "INSERT INTO refunds (payment_id, key, amount, state, created_at)
               VALUES (?1, ?2, ?3, 'pending', ?4)";
    db.execute(sql, (payment, key, amount, now()))?;
    let id = db.number("SELECT last_insert_rowid()", [])?;
    let state = "pending".to_owned();
    Ok((record, Refund { id, amount, state }, true))
}

/// Takes back what was bought, once nothing of its price is left.
fn take_back(db: &Session<'_>, payment: i64) -> Result<(), StorageError> {
    let Some(record) = find(db, payment)?.filter(|record| record.left() == 0) else {
        return Ok(());
    };
    let Some(user) = record.user_id else {
        return Ok(());
    };
    if record.kind == "course" {
        let sql = "DELETE FROM enrolments WHERE user_id = ?1 AND course = ?2";
        db.execute(sql, (user, &record.item))?;
        return Ok(());
    }
    // Another payment for a plan may be valid still.
    let sql = format!(
        "SELECT {COLUMNS} FROM payments WHERE user_id = ?1 AND kind = 'plan'
         AND state = 'authorised' ORDER BY id DESC"
    );
    let plans = db.all(&sql, [user], Record::read)?;
    let valid = plans.iter().find(|record| record.left() > 0);
    let plan = valid.map_or(Plan::Free.as_label(), |record| &record.item);
    db.execute("UPDATE users SET plan = ?2 WHERE id = ?1", (user, plan))?;
    Ok(())
}
