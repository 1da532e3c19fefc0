//! What can be bought, and what it costs.

use serde::Deserialize;
use vitalsigns::{
    LabelValue,
    families::payments::{Amount, Currency, Method},
};

use super::provider::Source;
use crate::{error::ApiError, metrics::Plan, storage::Session};

/// What plans cost, in minor units.
pub(super) const PRICES: [(Plan, Currency, i64); 8] = [
    (Plan::Pro, Currency::EUR, 1999),
    (Plan::Pro, Currency::USD, 2199),
    (Plan::Pro, Currency::JPY, 3000),
    (Plan::Pro, Currency::KWD, 6500),
    (Plan::Team, Currency::EUR, 9900),
    (Plan::Team, Currency::USD, 10900),
    (Plan::Team, Currency::JPY, 15000),
    (Plan::Team, Currency::KWD, 32500),
];

/// The longest idempotency key, in bytes.
const LONGEST_KEY: usize = 64;

/// The body of `POST /payments`: a course or a plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purchase {
    course: Option<String>,
    plan: Option<String>,
    currency: Option<String>,
    method: Option<String>,
    source: String,
}

/// What is bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Course(String),
    Plan(Plan),
}

impl Item {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Course(_) => "course",
            Self::Plan(_) => "plan",
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Course(course) => course,
            Self::Plan(plan) => plan.as_label(),
        }
    }
}

/// An order that can be understood; whether it can be paid is not said.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) item: Item,
    pub(super) currency: Option<Currency>,
    pub(super) method: Method,
    pub(super) source: Source,
}

/// A key that makes asking again harmless.
pub(crate) fn key(header: Option<&str>) -> Result<String, ApiError> {
    let Some(key) = header else {
        let message = "this needs a header Idempotency-Key, another one for each payment";
        return Err(ApiError::new(400, "missing_idempotency_key", message));
    };
    let is_plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > LONGEST_KEY || !is_plain {
        let message = format!("an idempotency key has 1 to {LONGEST_KEY} letters, digits or signs");
        return Err(ApiError::new(400, "invalid_idempotency_key", message));
    }
    Ok(key.to_owned())
}

impl Purchase {
    pub(super) fn check(self) -> Result<Order, ApiError> {
        let item = match (self.course, self.plan) {
            (Some(course), None) => Item::Course(course),
            (None, Some(plan)) => match Plan::from_label(&plan) {
                Some(plan) if plan != Plan::Free => Item::Plan(plan),
                _ => {
                    let message = "the plans to be bought are pro and team";
                    return Err(ApiError::invalid("unknown_plan", message));
                }
            },
            _ => {
                let message = "a payment is for a `course` or for a `plan`";
                return Err(ApiError::invalid("invalid_item", message));
            }
        };
        let currency = match self.currency {
            Some(code) => Some(Currency::from_code(&code).map_err(|_| {
                let message = "the currency is none of ISO 4217";
                ApiError::invalid("unknown_currency", message)
            })?),
            None => None,
        };
        let method = self.method.as_deref().unwrap_or("card");
        let method = Method::from_label(method).ok_or_else(|| {
            let message = format!("the methods are {}", Method::VALUES.join(", "));
            ApiError::invalid("unknown_method_of_payment", message)
        })?;
        let source = Source::from_label(&self.source).ok_or_else(|| {
            let message = format!("the sources are {}", Source::VALUES.join(", "));
            ApiError::invalid("unknown_source", message)
        })?;
        Ok(Order {
            item,
            currency,
            method,
            source,
        })
    }
}

impl Order {
    /// What it costs; the price is the service's to say, never the client's.
    pub(super) fn price(&self, db: &Session<'_>) -> Result<Amount, ApiError> {
        let (currency, units) = match &self.item {
            Item::Plan(plan) => {
                let wanted = self.currency.unwrap_or(Currency::EUR);
                let price = PRICES
                    .iter()
                    .find(|(known, currency, _)| known == plan && *currency == wanted);
                let Some((_, currency, units)) = price else {
                    return Err(other_currency());
                };
                (*currency, *units)
            }
            Item::Course(course) => {
                let sql = "SELECT currency, price FROM courses WHERE slug = ?1";
                let course = db.one(sql, [course], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
                })?;
                let (code, units) = course.ok_or_else(unknown_course)?;
                let currency = Currency::from_code(&code).map_err(|_| ApiError::internal())?;
                if self.currency.is_some_and(|wanted| wanted != currency) {
                    return Err(other_currency());
                }
                (currency, units)
            }
        };
        if units == 0 {
            let message = "this course costs nothing: enrol in it";
            return Err(ApiError::new(409, "course_is_free", message));
        }
        Amount::from_minor_units(currency, units).map_err(|_| ApiError::internal())
    }
}

fn other_currency() -> ApiError {
    ApiError::invalid("other_currency", "it is not sold in this currency")
}

fn unknown_course() -> ApiError {
    ApiError::invalid("unknown_course", "there is no such course")
}
