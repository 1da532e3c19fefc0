//! Pages and catalogues of running services, and catalogues in files.
//!
//! Over plain HTTP, and with the feature `tls` over HTTPS, with the certificates that the system
//! trusts (or those in the file that `SSL_CERT_FILE` names).

use std::fmt;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::Agent;
use vitalsigns::Catalogue;

/// How long an answer may take, if nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How much is read of an answer: more is no page that anybody scrapes.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Asks services for their pages and catalogues. It follows no redirects and uses no proxy, and
/// blocks its thread while it waits.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use vitalsigns_kit::client::Client;
///
/// let client = Client::new().token_file("/run/secrets/metrics")?.timeout(Duration::from_secs(5));
/// let catalogue = client.catalogue("http://127.0.0.1:8080/metrics")?;
/// println!("{} families", catalogue.families.len());
/// # Ok::<(), vitalsigns_kit::client::ClientError>(())
/// ```
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    token: Option<String>,
    timeout: Duration,
}

/// The token is a secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("has_token", &self.token.is_some())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// What a service has answered.
///
/// # Examples
///
/// ```no_run
/// let answer = vitalsigns_kit::client::Client::new().get("http://127.0.0.1:8080/metrics", "*/*")?;
/// assert_eq!(answer.status, 200);
/// # Ok::<(), vitalsigns_kit::client::ClientError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The content type, if there is one.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client without a token that waits for ten seconds.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new() -> Self {
        let config = Agent::config_builder();
        #[cfg(feature = "tls")]
        let config = config.tls_config(tls());
        let agent = config
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .proxy(None)
            .user_agent(concat!("vitalsigns/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Client {
            agent,
            token: None,
            timeout: TIMEOUT,
        }
    }

    /// Asks with this bearer token.
    ///
    /// # Examples
    ///
    /// ```
    /// let client = vitalsigns_kit::client::Client::new().token("a long secret");
    /// assert!(!format!("{client:?}").contains("secret"));
    /// ```
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Asks with the bearer token in this file.
    ///
    /// # Errors
    ///
    /// [`ClientError::File`] if it cannot be read.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn token_file(self, file: impl AsRef<Path>) -> Result<Self, ClientError> {
        let token = read(file.as_ref())?;
        Ok(self.token(token.trim()))
    }

    /// Waits so long for an answer, its body included.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Asks, naming what would be liked.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unreachable`] if there is no complete answer in time. A status that is no
    /// success is an answer too.
    ///
    /// # Examples
    ///
    /// See [`Answer`].
    pub fn get(&self, url: &str, accept: &str) -> Result<Answer, ClientError> {
        let unreachable = |reason: String| ClientError::Unreachable {
            url: url.to_owned(),
            reason,
        };
        if cfg!(not(feature = "tls")) && url.starts_with("https://") {
            return Err(unreachable(
                "this client speaks plain HTTP; the feature `tls` brings the other".to_owned(),
            ));
        }
        let mut request = self.agent.get(url).header("accept", accept);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.config().timeout_global(Some(self.timeout)).build();
        let mut response = request.call().map_err(|error| unreachable(told(&error)))?;
        let content_type = response.headers().get("content-type");
        let content_type =
            content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let mut body = Vec::new();
        let read = response
            .body_mut()
            .as_reader()
            .take(LIMIT + 1)
            .read_to_end(&mut body);
        if let Err(error) = read {
            return Err(unreachable(format!("the answer broke off: {error}")));
        }
        if body.len() as u64 > LIMIT {
            return Err(unreachable("the answer has more than 64 MiB".to_owned()));
        }
        Ok(Answer {
            status: response.status().as_u16(),
            content_type,
            body,
        })
    }

    /// The catalogue of the service with this metrics endpoint.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unreachable`], [`ClientError::Status`], and [`ClientError::NoCatalogue`] if
    /// what answers is no endpoint of vitalsigns.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn catalogue(&self, url: &str) -> Result<Catalogue, ClientError> {
        let separator = if url.contains('?') { '&' } else { '?' };
        let answer = self.get(&format!("{url}{separator}catalogue"), "application/json")?;
        if answer.status != 200 {
            return Err(ClientError::Status {
                url: url.to_owned(),
                status: answer.status,
                message: first_line(&answer.body),
            });
        }
        let no_catalogue = |reason| ClientError::NoCatalogue {
            source: url.to_owned(),
            reason,
        };
        let content_type = answer.content_type.unwrap_or_default();
        if !content_type.starts_with("application/json") {
            return Err(no_catalogue(format!(
                "it answers with `{content_type}`, as endpoints do that are not of vitalsigns"
            )));
        }
        let text = String::from_utf8_lossy(&answer.body);
        Catalogue::from_json(&text).map_err(|error| no_catalogue(error.to_string()))
    }
}

/// By the certificates of the system.
#[cfg(feature = "tls")]
fn tls() -> ureq::tls::TlsConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    ureq::tls::TlsConfig::builder()
        .provider(ureq::tls::TlsProvider::Rustls)
        .root_certs(ureq::tls::RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(provider)
        .build()
}

impl Default for Client {
    fn default() -> Self {
        Client::new()
    }
}

/// The catalogue in a file, as [`Catalogue::to_json`] writes it.
///
/// # Errors
///
/// [`ClientError::File`], [`ClientError::NoCatalogue`].
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::client::{ClientError, catalogue_in};
///
/// let error = catalogue_in("/nowhere/catalogue.json").unwrap_err();
/// assert!(matches!(error, ClientError::File { .. }));
/// ```
pub fn catalogue_in(file: impl AsRef<Path>) -> Result<Catalogue, ClientError> {
    let file = file.as_ref();
    Catalogue::from_json(&read(file)?).map_err(|error| ClientError::NoCatalogue {
        source: file.display().to_string(),
        reason: error.to_string(),
    })
}

fn read(file: &Path) -> Result<String, ClientError> {
    fs::read_to_string(file).map_err(|error| ClientError::File {
        file: file.to_owned(),
        reason: error.to_string(),
    })
}

/// What an answer says to people, as far as it is text.
fn first_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
    let line = text.lines().next().unwrap_or_default().trim();
    line.chars()
        .filter(|character| !character.is_control())
        .collect()
}

/// The reason of a failure without what everybody knows.
fn told(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// A page or a catalogue could not be had.
///
/// # Examples
///
/// ```
/// let error = vitalsigns_kit::client::catalogue_in("/nowhere").unwrap_err();
/// assert!(error.to_string().starts_with("`/nowhere` cannot be read: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientError {
    /// A file cannot be read.
    #[non_exhaustive]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// There was no complete answer.
    #[non_exhaustive]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// The status is no success.
    #[non_exhaustive]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
        /// What the answer says, its first line.
        message: String,
    },
    /// What was read is no catalogue.
    #[non_exhaustive]
    NoCatalogue {
        /// The address or the file.
        source: String,
        /// Why.
        reason: String,
    },
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::File { file, reason } => {
                write!(f, "`{}` cannot be read: {reason}", file.display())
            }
            ClientError::Unreachable { url, reason } => {
                write!(f, "`{url}` does not answer: {reason}")
            }
            ClientError::Status {
                url,
                status,
                message,
            } => {
                write!(f, "`{url}` answers with status {status}")?;
                if !message.is_empty() {
                    write!(f, " ({message})")?;
                }
                match status {
                    401 | 403 => f.write_str("; it wants a token"),
                    _ => Ok(()),
                }
            }
            ClientError::NoCatalogue { source, reason } => {
                write!(f, "`{source}` has no catalogue: {reason}")
            }
        }
    }
}

impl std::error::Error for ClientError {}
