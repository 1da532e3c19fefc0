//! What Prometheus tells about itself.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::client::{Client, ClientError};

const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// Asks a Prometheus, or what speaks its language.
#[derive(Debug)]
pub(super) struct Api<'c> {
    client: &'c Client,
    base: String,
}

impl<'c> Api<'c> {
    pub(super) fn new(client: &'c Client, base: &str) -> Self {
        Api {
            client,
            base: base.trim_end_matches('/').to_owned(),
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What it answers under `/api/v1/`.
    pub(super) fn data(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, ClientError> {
        let words = query
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, KEPT)));
        let words: Vec<String> = words.collect();
        let url = self.url(&format!("/api/v1/{path}?{}", words.join("&")));
        let mut answer = json(self.client, url.trim_end_matches('?'))?;
        Ok(answer["data"].take())
    }

    /// The samples of an expression: labels and value.
    pub(super) fn query(&self, expression: &str) -> Result<Vec<(Value, f64)>, ClientError> {
        let data = self.data("query", &[("query", expression)])?;
        let samples = list(&data["result"]).iter().filter_map(|sample| {
            let value = sample["value"][1].as_str()?.parse().ok()?;
            Some((sample["metric"].clone(), value))
        });
        Ok(samples.collect())
    }
}

/// An answer that has to be JSON.
pub(super) fn json(client: &Client, url: &str) -> Result<Value, ClientError> {
    let answer = client.get(url, "application/json")?;
    let said = || {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match body["error"].as_str() {
            Some(error) => error.to_owned(),
            None => String::from_utf8_lossy(&answer.body)
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
        }
    };
    if answer.status != 200 {
        return Err(ClientError::Status {
            url: url.to_owned(),
            status: answer.status,
            message: said(),
        });
    }
    serde_json::from_slice(&answer.body).map_err(|_| ClientError::Unreachable {
        url: url.to_owned(),
        reason: "what answers speaks no JSON, so it is something else".to_owned(),
    })
}

/// The items of a list; none if it is something else.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A text; empty if it is something else.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
