//! A payment as the database has it.

use actix_web::http::StatusCode;
use rusqlite::{Row, types::Type};
use serde_json::{Value, json};
use vitalsigns::{
    LabelValue,
    families::payments::{Amount, Currency, Failure, Method},
};

use super::provider::Source;
use crate::error::ApiError;

/// The columns that [`Record::read`] reads, in its order.
pub(super) const COLUMNS: &str = "payments.id, payments.user_id, kind, item, method, source, \
    currency, payments.amount, payments.state, reason, chargeback, \
    (SELECT coalesce(sum(amount), 0) FROM refunds \
     WHERE payment_id = payments.id AND state = 'refunded')";

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(super) id: i64,
    pub(super) user_id: Option<i64>,
    pub(super) kind: String,
    pub(super) item: String,
    pub(super) method: Method,
    pub(super) source: Source,
    pub(super) amount: Amount,
    pub(super) state: String,
    pub(super) reason: Option<String>,
    pub(super) chargeback: Option<String>,
    pub(super) refunded: i64,
}

/// A label that was stored, read back.
fn label<T: LabelValue>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    let unknown = || format!("`{text}` is not known").into();
    T::from_label(&text)
        .ok_or_else(|| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, unknown()))
}

impl Record {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let currency: Currency = label(row, 6)?;
        let wrong = |error| rusqlite::Error::FromSqlConversionFailure(7, Type::Integer, error);
        let amount = Amount::from_minor_units(currency, row.get::<_, i64>(7)?);
        Ok(Self {
            id: row.get(0)?,
            user_id: row.get(1)?,
            kind: row.get(2)?,
            item: row.get(3)?,
            method: label(row, 4)?,
            source: label(row, 5)?,
            amount: amount.map_err(|error| wrong(Box::new(error)))?,
            state: row.get(8)?,
            reason: row.get(9)?,
            chargeback: row.get(10)?,
            refunded: row.get(11)?,
        })
    }

    /// How many minor units of it can still be given or taken back.
    pub(super) fn left(&self) -> i64 {
        if self.state != "authorised" || self.chargeback.is_some() {
            return 0;
        }
        units(self.amount).saturating_sub(self.refunded)
    }

    /// As users see it.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "item": { "kind": self.kind, "name": self.item },
            "method": self.method.as_label(),
            "currency": self.amount.currency().code(),
            "minor_units": self.amount.minor_units(),
            "state": self.state,
            "reason": self.reason,
            "refunded_minor_units": self.refunded,
            "chargeback": self.chargeback,
        })
    }

    /// The status and the body that tell what came of it: the same each time it is asked for.
    pub(super) fn answer(&self) -> Result<(StatusCode, Value), ApiError> {
        let (status, code, message) = match self.state.as_str() {
            "authorised" => {
                return Ok((StatusCode::CREATED, json!({ "payment": self.first() })));
            }
            "declined" => (
                StatusCode::PAYMENT_REQUIRED,
                "payment_declined",
                "the payment was declined",
            ),
            "failed" if self.reason.as_deref() == Some(Failure::Timeout.as_label()) => (
                StatusCode::GATEWAY_TIMEOUT,
                "provider_timeout",
                "the payment provider did not answer in time",
            ),
            "failed" => (
                StatusCode::BAD_GATEWAY,
                "provider_failed",
                "the payment provider did not answer as it should",
            ),
            _ => {
                let message = "this payment is still on its way; ask again with the same key";
                return Err(ApiError::new(409, "payment_pending", message).retry_after(1));
            }
        };
        let error = json!({ "code": code, "message": message, "reason": self.reason });
        Ok((status, json!({ "error": error, "payment": self.first() })))
    }

    /// As it was when it was settled, whatever was given back since.
    fn first(&self) -> Value {
        let mut first = self.to_json();
        first["refunded_minor_units"] = json!(0);
        first["chargeback"] = Value::Null;
        first
    }
}

/// The minor units of an amount as the database has them.
pub(super) fn units(amount: Amount) -> i64 {
    // The largest amount is 2^53.
    i64::try_from(amount.minor_units()).unwrap_or(i64::MAX)
}
