//! Whether an answer is the page that it should be.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Endpoint, EndpointRequest};
use crate::descriptor::Descriptor;
use crate::exposition::{ContentType, Format, escaped_base, family_names};
use crate::sample::Collect;

/// How old an answer may be that is judged, beside the time that it took.
const LATELY: Duration = Duration::from_secs(60);

impl Endpoint {
    /// Asks itself for the page in each format and judges it, as [`judge`](Self::judge) does: for a
    /// check of readiness. It says nothing of the way to the endpoint, which the self-test of an
    /// adapter goes.
    ///
    /// It says whether the endpoint serves what is registered, and nothing of what collectors read
    /// from: with one that fails, now and then or always, the answer is the same, in strict mode as
    /// well. `vitalsigns_collector_up` tells of those. Nor does it depend on how many ask for pages,
    /// and on groups that are registered meanwhile.
    ///
    /// It waits for collectors, as a page does.
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
            let expected = Expected {
                families: self.registry().families(),
                since: Some(Instant::now()),
            };
            let request = EndpointRequest::new("GET").internal();
            let answer = self.answer(&request.header("accept", content_type.as_str().as_bytes()));
            let content_type = answer.header("content-type");
            self.judge_by(&expected, answer.status, content_type, &answer.body)?;
        }
        Ok(())
    }

    /// What a self-test asks for, one after the other: what scrapers ask for, from the oldest to the
    /// newest. Each answer is judged by [`Endpoint::judge_as`].
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, EndpointRequest, Registry, SelfTestError};
    ///
    /// let endpoint = Endpoint::new(&Registry::new());
    /// for asked in Endpoint::SELF_TEST {
    ///     let accept = asked.as_str().as_bytes();
    ///     let answer = endpoint.answer(&EndpointRequest::new("GET").header("accept", accept));
    ///     endpoint.judge_as(asked, answer.status, answer.header("content-type"), &answer.body)?;
    /// }
    /// # Ok::<(), SelfTestError>(())
    /// ```
    pub const SELF_TEST: [ContentType; 3] = [
        ContentType::of(Format::Text),
        ContentType::of(Format::OpenMetrics),
        ContentType::PROTOBUF,
    ];

    /// Judges an answer as [`Endpoint::judge`] does, and whether its content type is exactly the one
    /// that was asked for.
    ///
    /// # Errors
    ///
    /// [`SelfTestError`] says what is wrong and which families are missing.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Format, Registry, SelfTestError};
    ///
    /// let endpoint = Endpoint::new(&Registry::new());
    /// let page = endpoint.registry().render(Format::Text);
    /// let (asked, text) = (Format::OpenMetrics.into(), Format::Text.content_type());
    /// let error = endpoint.judge_as(asked, 200, Some(text), page.as_bytes());
    /// assert!(matches!(error, Err(SelfTestError::ContentType { .. })));
    /// ```
    pub fn judge_as(
        &self,
        asked: ContentType,
        status: u16,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<(), SelfTestError> {
        self.judge(status, content_type, body)?;
        match content_type {
            Some(found) if found == asked.as_str() => Ok(()),
            found => Err(SelfTestError::ContentType {
                found: found.unwrap_or_default().to_owned(),
            }),
        }
    }

    /// Judges an answer that a client got from where this endpoint should be: its status, its
    /// content type, and whether every family of the registry is on the page.
    ///
    /// Adapters ask their own router at start-up and hand the answer in here, so a service whose
    /// endpoint is a placeholder, is hidden by another route or serves another registry does not
    /// start.
    ///
    /// What a collector reads may be left out of any page, so the families of one that has failed
    /// lately, since a minute before such a page is asked for, are not missed.
    ///
    /// # Errors
    ///
    /// [`SelfTestError`] says what is wrong and which families are missing.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Registry, SelfTestError};
    ///
    /// let endpoint = Endpoint::new(&Registry::new());
    /// let error = endpoint.judge(200, Some("application/json"), b"{\"detail\":\"Not Found\"}");
    /// assert!(matches!(error, Err(SelfTestError::ContentType { .. })));
    /// ```
    pub fn judge(
        &self,
        status: u16,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<(), SelfTestError> {
        let longest = self.inner.settings.timeout.saturating_add(LATELY);
        let expected = Expected {
            families: self.registry().families(),
            since: Instant::now().checked_sub(longest),
        };
        self.judge_by(&expected, status, content_type, body)
    }

    fn judge_by(
        &self,
        expected: &Expected,
        status: u16,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<(), SelfTestError> {
        if status != 200 {
            return Err(SelfTestError::Status { status });
        }
        let found = content_type.unwrap_or_default();
        let Some(content_type) = ContentType::named(found) else {
            return Err(SelfTestError::ContentType {
                found: found.to_owned(),
            });
        };
        let served = served(body, content_type)?;
        let registry = self.registry();
        // A collector that fails is told by the page itself; it does not stop a service.
        let left_out = registry.left_out(expected.since);
        let missing: Vec<String> = expected
            .families
            .iter()
            .map(|family| family.descriptor())
            .filter(|family| {
                let name = written_name(family, content_type);
                !served.contains(&*name) && !left_out.contains(&family.name)
            })
            .map(|family| family.name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(SelfTestError::Missing { families: missing });
        }
        let unused = registry.unused_buckets();
        if !unused.is_empty() {
            return Err(SelfTestError::UnusedBuckets { metrics: unused });
        }
        Ok(())
    }
}

/// What has to be on a page.
struct Expected {
    families: Vec<Arc<dyn Collect>>,
    /// But for what collectors have left out since then; since ever, if there is no then.
    since: Option<Instant>,
}

/// The names of the families on a page.
fn served(body: &[u8], content_type: ContentType) -> Result<HashSet<&str>, SelfTestError> {
    let Some(format) = content_type.format() else {
        let names = family_names(body).ok_or(SelfTestError::CutOff)?;
        return Ok(names.into_iter().collect());
    };
    let page = std::str::from_utf8(body).map_err(|_| SelfTestError::NotUtf8)?;
    if format == Format::OpenMetrics && !page.ends_with("# EOF\n") {
        return Err(SelfTestError::CutOff);
    }
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    Ok(types.filter_map(|line| line.split(' ').next()).collect())
}

/// What a family of ours is called on such a page.
fn written_name(family: &Descriptor, content_type: ContentType) -> Cow<'_, str> {
    let suffix = match content_type.format() {
        Some(Format::OpenMetrics) => family.kind.suffix(),
        _ => "",
    };
    escaped_base(&family.name, suffix, content_type.escaping())
}

/// The metrics endpoint of an app does not serve what it should.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Endpoint, Registry};
///
/// let endpoint = Endpoint::new(&Registry::new());
/// let error = endpoint.judge(404, None, b"not found").unwrap_err();
/// assert_eq!(error.to_string(), "the metrics endpoint answers with status 404 in place of 200");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelfTestError {
    /// The status is not 200.
    Status {
        /// What it is.
        status: u16,
    },
    /// The content type is not that of a page.
    ContentType {
        /// What it is; empty if there is none.
        found: String,
    },
    /// The body is not UTF-8.
    NotUtf8,
    /// The body has no end mark, or ends in the middle of a message.
    CutOff,
    /// Registered families are not on the page.
    Missing {
        /// Their names.
        families: Vec<String>,
    },
    /// The registry was told buckets for names that no histogram has.
    UnusedBuckets {
        /// The names.
        metrics: Vec<String>,
    },
    /// The app has no room for the endpoint.
    Occupied {
        /// The path that has another handler.
        path: String,
    },
    /// The app did not answer.
    NoAnswer {
        /// Why.
        reason: String,
    },
}

impl std::fmt::Display for SelfTestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SelfTestError::Status { status } => {
                write!(
                    f,
                    "the metrics endpoint answers with status {status} in place of 200"
                )
            }
            SelfTestError::ContentType { found } => write!(
                f,
                "the metrics endpoint answers with content type `{found}`, which is not a metrics \
                 page; a placeholder or another handler is in its place"
            ),
            SelfTestError::NotUtf8 => f.write_str("the metrics page is not UTF-8"),
            SelfTestError::CutOff => f.write_str("the metrics page is cut off: it lacks its end"),
            SelfTestError::Missing { families } => write!(
                f,
                "the metrics page lacks {} of the registered families: {}",
                families.len(),
                families.join(", ")
            ),
            SelfTestError::UnusedBuckets { metrics } => write!(
                f,
                "buckets were set for {}, which is the name of no registered histogram",
                metrics.join(", ")
            ),
            SelfTestError::Occupied { path } => write!(
                f,
                "the app has a handler of its own at `{path}`; remove it, or mount the metrics \
                 endpoint elsewhere"
            ),
            SelfTestError::NoAnswer { reason } => {
                write!(f, "the metrics endpoint did not answer: {reason}")
            }
        }
    }
}

impl std::error::Error for SelfTestError {}
