//! Whether a service answers: for containers that have no curl.

use std::fmt;

use crate::client::{Client, ClientError};

/// Asks for `url` and judges the answer: its status is 2xx and its body has `expected`, if
/// something is expected.
///
/// # Errors
///
/// [`HealthcheckError`] says what is wrong.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use vitalsigns_kit::client::Client;
/// use vitalsigns_kit::healthcheck::healthcheck;
///
/// let client = Client::new().timeout(Duration::from_secs(3));
/// healthcheck(&client, "http://127.0.0.1:8080/health", Some("healthy"))?;
/// # Ok::<(), vitalsigns_kit::healthcheck::HealthcheckError>(())
/// ```
pub fn healthcheck(
    client: &Client,
    url: &str,
    expected: Option<&str>,
) -> Result<(), HealthcheckError> {
    let answer = client
        .get(url, "*/*")
        .map_err(HealthcheckError::Unreachable)?;
    if !(200..300).contains(&answer.status) {
        return Err(HealthcheckError::Status {
            url: url.to_owned(),
            status: answer.status,
        });
    }
    match expected {
        Some(expected) if !String::from_utf8_lossy(&answer.body).contains(expected) => {
            Err(HealthcheckError::Content {
                url: url.to_owned(),
                expected: expected.to_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// A service is not well.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::client::Client;
/// use vitalsigns_kit::healthcheck::{HealthcheckError, healthcheck};
///
/// let error = healthcheck(&Client::new(), "http://127.0.0.1:9/", None).unwrap_err();
/// assert!(matches!(error, HealthcheckError::Unreachable(_)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthcheckError {
    /// It does not answer.
    Unreachable(ClientError),
    /// The status is not 2xx.
    #[non_exhaustive]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// The body lacks what was expected.
    #[non_exhaustive]
    Content {
        /// The address.
        url: String,
        /// What was expected.
        expected: String,
    },
}

impl fmt::Display for HealthcheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HealthcheckError::Unreachable(error) => error.fmt(f),
            HealthcheckError::Status { url, status } => {
                write!(f, "`{url}` answers with status {status} in place of 2xx")
            }
            HealthcheckError::Content { url, expected } => {
                write!(f, "the answer of `{url}` lacks `{expected}`")
            }
        }
    }
}

impl std::error::Error for HealthcheckError {}
