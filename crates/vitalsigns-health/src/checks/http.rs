//! Services that speak HTTP.

use std::error::Error;
use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::http::uri::Scheme;
use hyper::{Method, Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::check::Check;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::state::{Cause, State};

#[cfg(feature = "https")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "https"))]
type Connector = HttpConnector;

/// A service that speaks HTTP: the status that it answers a `GET` with, and how long it took.
///
/// | found | state |
/// |---|---|
/// | a status of 2xx, or the [expected](Self::expect) one | up |
/// | the same, and slower than its [budget](Self::budget) | degraded, `limit` |
/// | 401, 403; 429; 5xx; another status | down: `auth`; `limit`; `unavailable`; `mismatch` |
/// | no connection, no answer, an error | down, for its cause |
///
/// Redirects are not followed, and the body is not read. With the address of the program itself it
/// measures the program's own response time, from the outside; [`Responsiveness`] does so from the
/// inside.
///
/// [`Responsiveness`]: super::Responsiveness
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns_health::checks::Http;
///
/// let check = Http::get("http://search.internal:9200/_cluster/health")?
///     .budget(Duration::from_millis(300))
///     .check("search");
/// # Ok::<(), vitalsigns_health::checks::UrlError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked before `check`"]
pub struct Http {
    uri: Uri,
    method: Method,
    expected: Option<u16>,
    budget: Option<Duration>,
}

impl Http {
    /// Asks with `GET`.
    ///
    /// # Errors
    ///
    /// [`UrlError`] if it is no URL of a service, or one of `https` without the feature, or if it
    /// has a password in it: those belong in nobody's log.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn get(url: &str) -> Result<Self, UrlError> {
        Http::with(Method::GET, url)
    }

    /// Asks with `HEAD`.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get).
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::checks::Http;
    /// let check = Http::head("http://files.internal/")?.check("files");
    /// # Ok::<(), vitalsigns_health::checks::UrlError>(())
    /// ```
    pub fn head(url: &str) -> Result<Self, UrlError> {
        Http::with(Method::HEAD, url)
    }

    fn with(method: Method, url: &str) -> Result<Self, UrlError> {
        let uri: Uri = url.parse().map_err(|_| UrlError(()))?;
        let is_spoken = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => true,
            Some(scheme) if *scheme == Scheme::HTTPS => cfg!(feature = "https"),
            _ => false,
        };
        let has_password = uri
            .authority()
            .is_some_and(|host| host.as_str().contains('@'));
        if !is_spoken || has_password {
            return Err(UrlError(()));
        }
        Ok(Http {
            uri,
            method,
            expected: None,
            budget: None,
        })
    }

    /// The status that is right, in place of any 2xx.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_health::checks::Http;
    /// let check = Http::get("http://search.internal/")?.expect(204).check("search");
    /// # Ok::<(), vitalsigns_health::checks::UrlError>(())
    /// ```
    pub fn expect(mut self, status: u16) -> Self {
        self.expected = Some(status);
        self
    }

    /// The time above which it is degraded.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn budget(mut self, time: Duration) -> Self {
        self.budget = Some(time);
        self
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        let client = connector().map(|connector| {
            let mut builder = Client::builder(TokioExecutor::new());
            // A connection for each run: one that is kept says nothing of the next one.
            builder.pool_max_idle_per_host(0).timer(TokioTimer::new());
            builder.build::<_, Empty<Bytes>>(connector)
        });
        let check = Check::new(name, move || {
            let (http, client) = (self.clone(), client.clone());
            async move {
                let client = client.ok_or(Failure::new(Cause::Tls))?;
                http.ask(&client).await
            }
        });
        check.component("component")
    }

    async fn ask(&self, client: &Client<Connector, Empty<Bytes>>) -> Result<Outcome, Failure> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        let begun = Instant::now();
        let response = client.request(request).await?;
        let took = begun.elapsed();
        Ok(self
            .judge(&response, took)
            .detail("status", response.status().as_u16())
            .detail("milliseconds", took.as_millis() as u64))
    }

    fn judge<B: hyper::body::Body>(&self, response: &Response<B>, took: Duration) -> Outcome {
        let status = response.status();
        let is_right = match self.expected {
            Some(expected) => status.as_u16() == expected,
            None => status.is_success(),
        };
        if is_right {
            return match self.budget.is_some_and(|budget| took > budget) {
                true => Outcome::because(State::Degraded, Cause::Limit),
                false => Outcome::up(),
            };
        }
        let cause = match status.as_u16() {
            401 | 403 => Cause::Auth,
            429 => Cause::Limit,
            500.. => Cause::Unavailable,
            _ => Cause::Mismatch,
        };
        Outcome::because(State::Down, cause)
    }
}

#[cfg(feature = "https")]
fn connector() -> Option<Connector> {
    let provider = rustls::crypto::ring::default_provider();
    let builder = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider)
        .ok()?;
    Some(builder.https_or_http().enable_http1().build())
}

#[cfg(not(feature = "https"))]
fn connector() -> Option<Connector> {
    Some(HttpConnector::new())
}

/// The cause of an error of the client.
pub(crate) fn known(error: &(dyn Error + 'static)) -> Option<Cause> {
    #[cfg(feature = "https")]
    if error.is::<rustls::Error>() {
        return Some(Cause::Tls);
    }
    let error = error.downcast_ref::<hyper::Error>()?;
    match () {
        () if error.is_timeout() => Some(Cause::Timeout),
        () if error.is_parse() => Some(Cause::Protocol),
        () if error.is_incomplete_message() => Some(Cause::Unreachable),
        // It may have a source that says more.
        () => None,
    }
}

/// The URL is none that can be asked, or has a password in it. It is not repeated here.
///
/// # Examples
///
/// ```
/// use vitalsigns_health::checks::Http;
///
/// let error = Http::get("http://app:secret@search.internal/").unwrap_err();
/// assert!(!error.to_string().contains("secret"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlError(());

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match cfg!(feature = "https") {
            true => "a URL of a check begins with `http://` or `https://`, and has no password",
            false => {
                "a URL of a check begins with `http://` (`https://` takes the feature `https`), \
                 and has no password"
            }
        })
    }
}

impl Error for UrlError {}
