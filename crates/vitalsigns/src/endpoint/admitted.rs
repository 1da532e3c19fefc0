//! A request that is answered with a page.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::answer::{Answer, Body};
use super::coding::Coding;
use super::pages::Entered;
use super::request::{EndpointRequest, Method};
use super::{ALLOW, Endpoint, Made};
use crate::exposition::ContentType;
use crate::registry::{Asked, Registry};

/// Longer than that, nobody waits for a page, whatever it says.
const LONGEST: Duration = Duration::from_secs(3600);

/// A page of so many bytes is not written between two requests of a runtime: it takes about a
/// millisecond.
const LONG_PAGE: usize = 512 * 1024;

/// A request that [`Endpoint::admit`] has judged and that is to be answered with a page.
///
/// It has one of the places of those who ask at once until it is answered, or dropped.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Endpoint, EndpointRequest, Registry};
///
/// let endpoint = Endpoint::new(&Registry::new());
/// let answer = match endpoint.admit(EndpointRequest::new("GET")) {
///     Ok(admitted) if admitted.waits() => std::thread::spawn(|| admitted.answer()).join().unwrap(),
///     Ok(admitted) => admitted.answer(),
///     Err(refused) => refused,
/// };
/// assert_eq!(answer.status, 200);
/// ```
#[must_use = "nothing is answered before `answer`"]
pub struct Admitted {
    endpoint: Endpoint,
    request: EndpointRequest,
    started: Instant,
    /// Its place, given back when this is dropped.
    _entered: Entered,
}

impl Admitted {
    pub(super) fn new(endpoint: Endpoint, request: EndpointRequest) -> Result<Self, Answer> {
        let started = Instant::now();
        match enter(&endpoint, &request) {
            Ok(entered) => Ok(Admitted {
                endpoint,
                request,
                started,
                _entered: entered,
            }),
            Err(refused) => {
                count(&endpoint, &request, started, refused.status);
                Err(refused)
            }
        }
    }

    /// Whether the answer may take so long that an adapter in async code asks for it on another
    /// thread: it waits for code that is not ours, for collectors or metrics of other libraries, or
    /// the page is long.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn waits(&self) -> bool {
        if self.request.is_catalogue {
            return false;
        }
        let registry = &self.endpoint.inner.registry;
        let asked = Asked::new(&self.request.names, self.started);
        registry.waits(&asked) || registry.last_length() > LONG_PAGE
    }

    /// The answer.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn answer(self) -> Answer {
        // Nothing is known that panics here. Whoever asks gets an answer nevertheless.
        let answer = catch_unwind(AssertUnwindSafe(|| self.page()));
        let answer = answer.unwrap_or_else(|_| Answer::told(500, "writing the page panicked"));
        count(&self.endpoint, &self.request, self.started, answer.status);
        answer
    }

    fn page(&self) -> Answer {
        let inner = &self.endpoint.inner;
        let request = &self.request;
        if request.is_catalogue {
            return catalogue(&inner.registry);
        }
        let content_type = ContentType::negotiate(request.accept.as_deref().unwrap_or("*/*"));
        let coding = Coding::negotiate(request.accept_encoding.as_deref());
        let until = self.started + limit(request.timeout.unwrap_or(inner.settings.timeout));
        let write = || self.write(content_type, coding, until);
        let suits = |page: &Made| page.cut_short.is_none_or(|end| end >= until);
        // Within a collector, who writes the page waits for who asks for it.
        let is_shared = request.names.is_empty() && !inner.registry.is_within_collector();
        let page = if is_shared {
            inner
                .pages
                .shared((content_type, coding), until, suits, write)
        } else {
            write()
        };
        // What the process asks itself is about the endpoint, not about what it reads from.
        if inner.settings.strict && !request.is_internal && !page.failed.is_empty() {
            let why = format!(
                "the page would lack what comes from these, and it has to be complete: {}",
                page.failed.join(", ")
            );
            return Answer::told(500, why);
        }
        let answer = Answer::new(
            200,
            &[
                ("content-type", content_type.as_str()),
                ("vary", "accept, accept-encoding"),
                ("cache-control", "no-store"),
                ("x-content-type-options", "nosniff"),
            ],
            page.body,
        );
        match page.coding.header() {
            Some(name) => answer.with("content-encoding", name),
            None => answer,
        }
    }

    fn write(&self, content_type: ContentType, coding: Coding, until: Instant) -> Made {
        let asked = Asked::new(&self.request.names, until);
        let written = self.endpoint.inner.registry.write(content_type, asked);
        let (coding, page) = coding.encode(written.page);
        Made {
            body: Body::from(page),
            coding,
            failed: Arc::from(written.failed),
            cut_short: written.cut_short,
        }
    }
}

impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admitted")
            .field("endpoint", &self.endpoint)
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}

/// What can be on the page, as data.
#[cfg(feature = "json")]
fn catalogue(registry: &Registry) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ];
    let json = registry.catalogue().to_json().into_bytes();
    Answer::new(200, &headers, Body::from(json))
}

#[cfg(not(feature = "json"))]
fn catalogue(_: &Registry) -> Answer {
    Answer::told(404, "the catalogue needs the feature `json` of vitalsigns")
}

/// Judges the request, and gives it a place.
fn enter(endpoint: &Endpoint, request: &EndpointRequest) -> Result<Entered, Answer> {
    let inner = &endpoint.inner;
    match request.method {
        Method::Read => {}
        Method::Options => return Err(Answer::new(204, &[ALLOW], Body::default())),
        Method::Other => {
            return Err(Answer::told(405, "metrics are read with GET").with(ALLOW.0, ALLOW.1));
        }
    }
    let is_allowed = match &inner.access {
        Some(access) if !request.is_internal => access.allows(request.authorization.as_deref()),
        _ => true,
    };
    if !is_allowed {
        return Err(
            Answer::told(401, "these metrics are for clients with a token")
                .with("www-authenticate", "Bearer realm=\"metrics\""),
        );
    }
    let most = match request.is_internal {
        true => usize::MAX,
        false => inner.settings.most_at_once,
    };
    inner.pages.enter(most).ok_or_else(|| {
        Answer::told(503, "too many ask for this page at the same time").with("retry-after", "1")
    })
}

/// Counts an answer, unless the process asks itself; the catalogue is no scrape.
fn count(endpoint: &Endpoint, request: &EndpointRequest, started: Instant, status: u16) {
    if !request.is_internal && !request.is_catalogue {
        let registry = &endpoint.inner.registry;
        let bytes = registry.last_length();
        registry
            .scrapes()
            .answered(status, started.elapsed(), bytes);
    }
}

/// How much of a scraper's timeout a page may take: a tenth is for the way there and back. What is
/// longer than an hour is as good as an hour; times far off cannot be told.
fn limit(timeout: Duration) -> Duration {
    timeout.min(LONGEST).mul_f64(0.9)
}
