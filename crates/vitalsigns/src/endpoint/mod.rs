//! The metrics endpoint without a framework: a request in, an answer out.
//!
//! | asked for | answered |
//! |---|---|
//! | `GET`, `HEAD` | `200` and the page: in the format of `Accept`, coded as `Accept-Encoding` says (features `gzip`, `zstd`), only the families of `name[]`, if there are any |
//! | `GET` with `?catalogue` | `200` and the catalogue as JSON (feature `json`), to those who may see the page |
//! | `OPTIONS` | `204` with `Allow` |
//! | another method | `405` with `Allow` |
//! | no token, or a wrong one, where one is needed | `401` with `WWW-Authenticate` |
//! | more at once than there may be | `503` with `Retry-After` |
//! | a collector fails or a family of another library is left out, in strict mode | `500`, and why |
//!
//! A page is written completely before its status is known, so a `200` is never cut off. Those who
//! ask at the same time share a page.

mod access;
mod admitted;
mod answer;
mod coding;
mod judge;
mod pages;
mod request;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use access::{BearerToken, EndpointError};
pub use admitted::Admitted;
pub use answer::{Answer, Body};
#[cfg(all(feature = "gzip", feature = "push"))]
pub(crate) use coding::gzip;
pub use judge::SelfTestError;
pub use request::EndpointRequest;

use crate::exposition::ContentType;
use crate::registry::Registry;
use coding::Coding;
use pages::Pages;

pub(crate) const ALLOW: (&str, &str) = ("allow", "GET, HEAD, OPTIONS");

/// How many pages may be asked for at once, if nothing else is said.
const MOST_AT_ONCE: usize = 64;

/// How long a page may take if the scraper does not say how long it waits: what Prometheus waits
/// if it is not told otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The ready-made metrics endpoint; adapters translate it for their framework.
///
/// A collector that errs, panics or is too slow leaves its families out of the page, and the page
/// says so; how long a page may take follows from the scraper's own timeout.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Endpoint, EndpointRequest, Registry};
///
/// let endpoint = Endpoint::new(&Registry::new());
/// let answer = endpoint.answer(&EndpointRequest::new("GET").header("accept", b"*/*"));
/// assert_eq!(answer.status, 200);
/// assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
/// ```
#[derive(Clone)]
pub struct Endpoint {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    settings: EndpointBuilder,
    access: Option<BearerToken>,
    pages: Pages<(ContentType, Coding), Made>,
}

/// A page.
#[derive(Clone)]
struct Made {
    body: Body,
    coding: Coding,
    /// What could not be read for it, and why.
    failed: Arc<[String]>,
    /// Until when it could wait for collectors, if one with more time might have had more of them.
    cut_short: Option<Instant>,
}

impl Endpoint {
    /// The path at which Prometheus looks for the page if it is not told otherwise.
    pub const PATH: &'static str = "/metrics";

    /// An endpoint that serves `registry` to everybody.
    ///
    /// # Examples
    ///
    /// ```
    /// let endpoint = vitalsigns::Endpoint::new(&vitalsigns::Registry::new());
    /// ```
    pub fn new(registry: &Registry) -> Self {
        Endpoint::with(Endpoint::builder(registry), None)
    }

    /// Chooses how the page is served.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Registry};
    ///
    /// let endpoint = Endpoint::builder(&Registry::new()).bearer_token("a long secret").build()?;
    /// # Ok::<(), vitalsigns::EndpointError>(())
    /// ```
    pub fn builder(registry: &Registry) -> EndpointBuilder {
        EndpointBuilder {
            registry: registry.clone(),
            strict: false,
            most_at_once: MOST_AT_ONCE,
            timeout: TIMEOUT,
            token: None,
        }
    }

    fn with(settings: EndpointBuilder, access: Option<BearerToken>) -> Self {
        settings.registry.scrapes();
        Endpoint {
            inner: Arc::new(Inner {
                registry: settings.registry.clone(),
                settings,
                access,
                pages: Pages::default(),
            }),
        }
    }

    /// The registry whose page this serves.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Registry};
    ///
    /// let endpoint = Endpoint::new(&Registry::new());
    /// assert!(endpoint.registry().catalogue().families.len() > 0);
    /// ```
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// The token that clients must have, if there is one; for what stands beside the page and is for
    /// the same readers.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Registry};
    ///
    /// let endpoint = Endpoint::builder(&Registry::new()).bearer_token("a long secret").build()?;
    /// assert!(endpoint.token().is_some_and(|token| token.allows(Some(b"Bearer a long secret"))));
    /// # Ok::<(), vitalsigns::EndpointError>(())
    /// ```
    pub fn token(&self) -> Option<&BearerToken> {
        self.inner.access.as_ref()
    }

    /// Answers a request.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, EndpointRequest, Registry};
    ///
    /// let endpoint = Endpoint::new(&Registry::new());
    /// let request = EndpointRequest::new("GET")
    ///     .header("accept", b"application/openmetrics-text; version=1.0.0");
    /// assert!(endpoint.answer(&request).body.ends_with(b"# EOF\n"));
    /// ```
    pub fn answer(&self, request: &EndpointRequest) -> Answer {
        self.admit(request.clone())
            .map_or_else(|refused| refused, Admitted::answer)
    }

    /// Judges a request before anything is done for it: its method, its token, and whether there is
    /// room for one more. Who is admitted has a place until it is answered, or dropped.
    ///
    /// It waits for nothing, so async code calls it as it is, and sees from
    /// [`Admitted::waits`] where to ask for the answer.
    ///
    /// # Errors
    ///
    /// The answer for who is not admitted.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, EndpointRequest, Registry};
    ///
    /// let endpoint = Endpoint::builder(&Registry::new()).most_at_once(1).build()?;
    /// let first = endpoint.admit(EndpointRequest::new("GET")).map_err(|_| "refused")?;
    /// let second = endpoint.admit(EndpointRequest::new("GET"));
    /// assert_eq!(second.unwrap_err().status, 503);
    /// assert_eq!(first.answer().status, 200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn admit(&self, request: EndpointRequest) -> Result<Admitted, Answer> {
        Admitted::new(self.clone(), request)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("registry", &self.inner.registry)
            .field("strict", &self.inner.settings.strict)
            .field("access", &self.inner.access)
            .finish_non_exhaustive()
    }
}

/// Chooses how the page is served; see [`Endpoint::builder`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns::{Endpoint, Registry};
///
/// let endpoint = Endpoint::builder(&Registry::new())
///     .strict()
///     .most_at_once(8)
///     .timeout(Duration::from_secs(5))
///     .build()?;
/// # Ok::<(), vitalsigns::EndpointError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "there is no endpoint before `build`"]
pub struct EndpointBuilder {
    registry: Registry,
    strict: bool,
    most_at_once: usize,
    timeout: Duration,
    token: Option<Token>,
}

/// Where the token is.
#[derive(Clone)]
enum Token {
    Text(String),
    File(PathBuf),
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Text(_) => f.write_str("a text"),
            Token::File(file) => file.fmt(f),
        }
    }
}

impl EndpointBuilder {
    /// Answers `500` in place of a page that lacks what a collector should have read, or a family
    /// of another library that has no place on it. Without it, such a page is served, and says what
    /// it lacks.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// How many may ask at once, 64 if nothing is said; further ones get `503`. One at least.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn most_at_once(mut self, most: usize) -> Self {
        self.most_at_once = most.max(1);
        self
    }

    /// How long scrapers wait that do not say so: ten seconds if nothing is said. Prometheus says
    /// so. A tenth is kept for the way; the rest is what collectors may take altogether.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Serves the page to clients with this bearer token only.
    ///
    /// The token is compared in constant time. It passes in clear text over HTTP: between machines,
    /// let a proxy in front speak TLS.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, EndpointRequest, Registry};
    ///
    /// let endpoint = Endpoint::builder(&Registry::new()).bearer_token("a long secret").build()?;
    /// assert_eq!(endpoint.answer(&EndpointRequest::new("GET")).status, 401);
    /// let allowed = EndpointRequest::new("GET").header("authorization", b"Bearer a long secret");
    /// assert_eq!(endpoint.answer(&allowed).status, 200);
    /// # Ok::<(), vitalsigns::EndpointError>(())
    /// ```
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Token::Text(token.into()));
        self
    }

    /// Serves the page to clients with the bearer token in this file only. The file is read again
    /// every ten seconds, so a new token needs no restart.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Registry};
    ///
    /// let endpoint = Endpoint::builder(&Registry::new()).bearer_token_file("/nowhere/token");
    /// let error = endpoint.build().unwrap_err();
    /// assert!(error.to_string().ends_with("cannot be read: entity not found"));
    /// ```
    pub fn bearer_token_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.token = Some(Token::File(file.into()));
        self
    }

    /// The endpoint.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] if there should be a token and there is none.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn build(self) -> Result<Endpoint, EndpointError> {
        let access = match &self.token {
            None => None,
            Some(Token::Text(token)) => Some(BearerToken::new(token)?),
            Some(Token::File(file)) => Some(BearerToken::file(file.clone())?),
        };
        Ok(Endpoint::with(self, access))
    }
}
