//! The metrics endpoint without a framework: a request in, an answer out.
//!
//! | asked for | answered |
//! |---|---|
//! | `GET`, `HEAD` | `200` and the page: in the format of `Accept`, coded as `Accept-Encoding` says (features `gzip`, `zstd`), only the families of `name[]`, if there are any |
//! | `OPTIONS` | `204` with `Allow` |
//! | another method | `405` with `Allow` |
//! | no token, or a wrong one, where one is needed | `401` with `WWW-Authenticate` |
//! | more at once than there may be | `503` with `Retry-After` |
//! | a collector fails or a family of another library is left out, in strict mode | `500`, and why |
//!
//! A page is written completely before its status is known, so a `200` is never cut off. Those who
//! ask at the same time share a page.

mod access;
mod answer;
mod coding;
mod judge;
mod pages;
mod request;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use access::EndpointError;
pub use answer::{Answer, Body};
#[cfg(all(feature = "gzip", feature = "push"))]
pub(crate) use coding::gzip;
pub use judge::SelfTestError;
pub use request::EndpointRequest;

use crate::exposition::{ContentType, Format};
use crate::registry::{Asked, Registry};
use access::Access;
use coding::Coding;
use pages::Pages;
use request::Method;

pub(crate) const ALLOW: (&str, &str) = ("allow", "GET, HEAD, OPTIONS");

/// How many pages may be asked for at once, if nothing else is said.
const MOST_AT_ONCE: usize = 64;

/// How long a page may take if the scraper does not say how long it waits: what Prometheus waits
/// if it is not told otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Longer than that, nobody waits for a page, whatever it says.
const LONGEST: Duration = Duration::from_secs(3600);

/// A page of so many bytes is not written between two requests of a runtime: it takes about a
/// millisecond.
const LONG_PAGE: usize = 512 * 1024;

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
    access: Option<Access>,
    pages: Pages<(ContentType, Coding), Made>,
}

/// A page, or why there is none.
#[derive(Clone)]
struct Made {
    body: Result<Body, String>,
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

    fn with(settings: EndpointBuilder, access: Option<Access>) -> Self {
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
        let started = Instant::now();
        // Nothing is known that panics here. Whoever asks gets an answer nevertheless.
        let answer = catch_unwind(AssertUnwindSafe(|| self.judged(request, started)));
        let answer = answer.unwrap_or_else(|_| Answer::told(500, "writing the page panicked"));
        if !request.is_internal {
            let registry = &self.inner.registry;
            let took = started.elapsed();
            let bytes = registry.last_length();
            registry.scrapes().answered(answer.status, took, bytes);
        }
        answer
    }

    fn judged(&self, request: &EndpointRequest, started: Instant) -> Answer {
        let settings = &self.inner.settings;
        match request.method {
            Method::Read => {}
            Method::Options => return Answer::new(204, &[ALLOW], Body::default()),
            Method::Other => {
                return Answer::told(405, "metrics are read with GET").with(ALLOW.0, ALLOW.1);
            }
        }
        let is_allowed = match &self.inner.access {
            Some(access) if !request.is_internal => access.allows(request.authorization.as_deref()),
            _ => true,
        };
        if !is_allowed {
            return Answer::told(401, "these metrics are for clients with a token")
                .with("www-authenticate", "Bearer realm=\"metrics\"");
        }
        let most = match request.is_internal {
            true => usize::MAX,
            false => settings.most_at_once,
        };
        let Some(_entered) = self.inner.pages.enter(most) else {
            return Answer::told(503, "too many ask for this page at the same time")
                .with("retry-after", "1");
        };
        let content_type = ContentType::negotiate(request.accept.as_deref().unwrap_or("*/*"));
        let coding = Coding::negotiate(request.accept_encoding.as_deref());
        let until = started + limit(request.timeout.unwrap_or(settings.timeout));
        let write = || self.write(content_type, coding, &request.names, until);
        let suits = |page: &Made| page.cut_short.is_none_or(|end| end >= until);
        // Within a collector, who writes the page waits for who asks for it.
        let is_shared = request.names.is_empty() && !self.inner.registry.is_within_collector();
        let page = if is_shared {
            self.inner
                .pages
                .shared((content_type, coding), until, suits, write)
        } else {
            write()
        };
        let body = match page.body {
            Ok(body) => body,
            Err(why) => return Answer::told(500, why),
        };
        let answer = Answer::new(
            200,
            &[
                ("content-type", content_type.as_str()),
                ("vary", "accept, accept-encoding"),
                ("cache-control", "no-store"),
                ("x-content-type-options", "nosniff"),
            ],
            body,
        );
        match coding.header() {
            Some(name) => answer.with("content-encoding", name),
            None => answer,
        }
    }

    fn write(
        &self,
        content_type: ContentType,
        coding: Coding,
        names: &[String],
        until: Instant,
    ) -> Made {
        let written = self
            .inner
            .registry
            .write(content_type, Asked { names, until });
        let body = if self.inner.settings.strict && !written.failed.is_empty() {
            Err(format!(
                "the page would lack what comes from these, and it has to be complete: {}",
                written.failed.join(", ")
            ))
        } else {
            Ok(Body::from(coding.encode(written.page)))
        };
        Made {
            body,
            cut_short: written.cut_short,
        }
    }

    /// Whether an answer may take so long that an adapter in async code asks for it on another
    /// thread: it waits for code that is not ours, for collectors or metrics of other libraries, or
    /// the page is long.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Registry};
    ///
    /// assert!(!Endpoint::new(&Registry::new()).waits());
    /// ```
    pub fn waits(&self) -> bool {
        let registry = &self.inner.registry;
        registry.waits() || registry.last_length() > LONG_PAGE
    }

    /// Asks itself for the page in each format and judges it, as [`judge`](Self::judge) does: for a
    /// check of readiness. It says nothing of the way to the endpoint, which the self-test of an
    /// adapter goes.
    ///
    /// # Errors
    ///
    /// [`SelfTestError`] says what is wrong.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Registry};
    ///
    /// Endpoint::new(&Registry::new()).check()?;
    /// # Ok::<(), vitalsigns::SelfTestError>(())
    /// ```
    pub fn check(&self) -> Result<(), SelfTestError> {
        let texts = [Format::Text, Format::TextV1, Format::OpenMetrics];
        let texts = texts.into_iter().map(ContentType::from);
        for content_type in texts.chain([ContentType::PROTOBUF]) {
            let request = EndpointRequest::new("GET").internal();
            let answer = self.answer(&request.header("accept", content_type.as_str().as_bytes()));
            self.judge(answer.status, answer.header("content-type"), &answer.body)?;
        }
        Ok(())
    }
}

/// How much of a scraper's timeout a page may take: a tenth is for the way there and back. What is
/// longer than a day is as good as a day; times far off cannot be told.
fn limit(timeout: Duration) -> Duration {
    timeout.min(LONGEST).mul_f64(0.9)
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
            Some(Token::Text(token)) => Some(Access::token(token)?),
            Some(Token::File(file)) => Some(Access::file(file.clone())?),
        };
        Ok(Endpoint::with(self, access))
    }
}
