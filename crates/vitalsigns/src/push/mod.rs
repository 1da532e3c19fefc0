//! Pushes to a Prometheus Pushgateway, for jobs that end before a scrape.
//!
//! A push is a page as a scrape would get it, sent to the path of a group. It is sent as text
//! 0.0.4, which every version of the gateway reads.

mod address;
mod background;
mod builder;
mod error;
mod exchange;
mod retry;
mod secret;

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Method;

pub use background::BackgroundPusher;
pub use builder::PusherBuilder;
pub use error::PushError;

use crate::exposition::{ContentType, Format};
use crate::kind::Kind;
use crate::own::{Outcome, Pushes};
use crate::registry::{Asked, Registry};
use exchange::Exchange;
use retry::Attempts;
use secret::Secret;

/// Pushes the metrics of a job that ends before a scrape to a [Pushgateway], from which Prometheus
/// scrapes them (with `honor_labels: true`).
///
/// What runs for long is better scraped: a gateway goes on showing what it was told last, whether
/// the job is there or not.
///
/// A push waits for the gateway, and blocks its thread while it does. In async code, put it on
/// another one (`tokio::task::spawn_blocking(move || pusher.add())`; a clone is the same pusher),
/// or use [`every`](Self::every), which has its own.
///
/// A registry with a pusher has three metrics more: `vitalsigns_pushes_total` by outcome,
/// `vitalsigns_push_last_success_timestamp_seconds`, and `job_last_success_timestamp_seconds` once
/// the job has [succeeded](Self::succeeded). Proxies that the environment names are not used.
///
/// [Pushgateway]: https://github.com/prometheus/pushgateway
///
/// # Examples
///
/// ```no_run
/// use vitalsigns::{Counter, MetricGroup, Pusher, Registry};
///
/// #[derive(MetricGroup)]
/// #[metrics(prefix = "import")]
/// struct Import {
///     /// Rows that were read.
///     rows_total: Counter,
/// }
///
/// let registry = Registry::new();
/// let import = Import::register(&registry)?;
/// let pusher = Pusher::builder(&registry, "http://127.0.0.1:9091")
///     .job("nightly-import")
///     .build()?;
///
/// import.rows_total.add(17);
/// pusher.succeeded();
/// pusher.add()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Pusher {
    inner: Arc<Inner>,
}

struct Inner {
    /// Of the group.
    url: String,
    /// The labels of the grouping key behind the job.
    labels: Vec<String>,
    registry: Registry,
    pushes: Arc<Pushes>,
    secret: Option<Secret>,
    timeout: Duration,
    retries: u32,
    protobuf: bool,
    #[cfg(feature = "gzip")]
    gzip: bool,
    agent: Agent,
}

impl Pusher {
    /// Chooses what is pushed where: `url` is the address of the gateway, with the path that it
    /// lies under, if any, and without `/metrics`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Pusher, Registry};
    ///
    /// let pusher = Pusher::builder(&Registry::new(), "http://127.0.0.1:9091")
    ///     .job("nightly-import")
    ///     .group("instance", "host-3")
    ///     .build()?;
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    pub fn builder(registry: &Registry, url: impl Into<String>) -> PusherBuilder {
        PusherBuilder::new(registry, url.into())
    }

    /// The address of the group, for messages.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Pusher, Registry};
    ///
    /// let pusher = Pusher::builder(&Registry::new(), "http://127.0.0.1:9091/")
    ///     .job("nightly-import")
    ///     .group("instance", "host-3")
    ///     .build()?;
    /// assert_eq!(
    ///     pusher.url(),
    ///     "http://127.0.0.1:9091/metrics/job/nightly-import/instance/host-3",
    /// );
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// Replaces everything that the gateway has of this group, and so forgets what earlier runs
    /// have left there: when they [succeeded](Self::succeeded), too. Use [`add`](Self::add) if
    /// something asks for that.
    ///
    /// # Errors
    ///
    /// [`PushError::Inconsistent`], [`PushError::SecretFile`] and [`PushError::Secret`] before
    /// anything is sent; [`PushError::Unreachable`], [`PushError::Timeout`],
    /// [`PushError::Redirect`] and [`PushError::Status`] for what the gateway answers.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # let pusher = vitalsigns::Pusher::builder(&vitalsigns::Registry::new(), "http://127.0.0.1:9091")
    /// #     .job("nightly-import")
    /// #     .build()?;
    /// pusher.push()?;
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    pub fn push(&self) -> Result<(), PushError> {
        self.send(&Method::PUT, self.until(), asleep)
    }

    /// Replaces the metrics of this group that have a name on this page, and leaves others, of
    /// earlier runs or other pushers, as they are.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # let pusher = vitalsigns::Pusher::builder(&vitalsigns::Registry::new(), "http://127.0.0.1:9091")
    /// #     .job("nightly-import")
    /// #     .build()?;
    /// pusher.add()?;
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    pub fn add(&self) -> Result<(), PushError> {
        self.add_until(self.until(), asleep)
    }

    /// Has the gateway forget this group. It is no error if there is none.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push), but for [`PushError::Inconsistent`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # let pusher = vitalsigns::Pusher::builder(&vitalsigns::Registry::new(), "http://127.0.0.1:9091")
    /// #     .job("nightly-import")
    /// #     .build()?;
    /// pusher.delete()?;
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    pub fn delete(&self) -> Result<(), PushError> {
        self.exchange(
            &Method::DELETE,
            Vec::new(),
            Vec::new(),
            self.until(),
            asleep,
        )
    }

    /// Says that the job has done what it is for: `job_last_success_timestamp_seconds` is now, and
    /// goes with the next push.
    ///
    /// Until then the metric is not there, so that an [`add`](Self::add) of a run that failed
    /// leaves the time of the last run that did not. That is what to alert on:
    /// `time() - job_last_success_timestamp_seconds > 86400 * 1.5`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Format, Pusher, Registry};
    ///
    /// let registry = Registry::new();
    /// let pusher = Pusher::builder(&registry, "http://127.0.0.1:9091").job("backup").build()?;
    /// assert!(!registry.render(Format::Text).contains("\njob_last_success_timestamp_seconds "));
    /// pusher.succeeded();
    /// assert!(registry.render(Format::Text).contains("\njob_last_success_timestamp_seconds 1"));
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    pub fn succeeded(&self) {
        self.inner.pushes.succeeded();
    }

    /// Pushes at once and then from time to time, on a thread of its own, and a last time when the
    /// result is dropped or [finished](BackgroundPusher::finish).
    ///
    /// Each is an [`add`](Self::add). A push that fails is counted, and told as a warning (feature
    /// `tracing`) when the one before had not failed; the next one comes in its time. The last push
    /// also happens when the job returns early or panics, but not when the process is ended without
    /// unwinding. Dropping takes as long as a push may take, at most, and blocks: in async code,
    /// end with `tokio::task::spawn_blocking(move || background.finish())`. Two pushes have at
    /// least a tenth of a second between them.
    ///
    /// # Errors
    ///
    /// [`PushError::Thread`] if there is no thread to be had.
    ///
    /// # Examples
    ///
    /// See [`BackgroundPusher`].
    pub fn every(&self, interval: Duration) -> Result<BackgroundPusher, PushError> {
        BackgroundPusher::start(self.clone(), interval)
    }

    fn until(&self) -> Instant {
        Instant::now() + self.inner.timeout
    }

    /// Adds, by this time, with a pause that returns `false` if it was interrupted.
    fn add_until(&self, until: Instant, wait: impl Fn(Duration) -> bool) -> Result<(), PushError> {
        self.send(&Method::POST, until, wait)
    }

    fn send(
        &self,
        method: &Method,
        until: Instant,
        wait: impl Fn(Duration) -> bool,
    ) -> Result<(), PushError> {
        let inner = &*self.inner;
        let content_type = match inner.protobuf {
            true => ContentType::PROTOBUF,
            false => ContentType::from(Format::Text),
        };
        // Collectors may take half of the time; the rest is for the way.
        let half = until.saturating_duration_since(Instant::now()) / 2;
        let asked = Asked::new(&[], Instant::now() + half);
        let page = inner.registry.write_series(content_type, asked);
        // Groups may have been registered since the last time, and other libraries have labels
        // that are known only now.
        let checked = self.check_labels();
        if let Err(error) = checked {
            inner.pushes.ended(error.outcome());
            return Err(error);
        }
        let mut headers = vec![("content-type", content_type.as_str().to_owned())];
        let page = self.coded(page, &mut headers);
        self.exchange(method, headers, page, until, wait)
    }

    /// The page as it is sent.
    fn coded(&self, page: Vec<u8>, headers: &mut Vec<(&'static str, String)>) -> Vec<u8> {
        #[cfg(feature = "gzip")]
        if self.inner.gzip
            && let Some(coded) = crate::endpoint::gzip(&page)
        {
            headers.push(("content-encoding", String::from("gzip")));
            return coded;
        }
        let _ = headers;
        page
    }

    /// Asks until there is an answer that does not change by asking again, and counts it.
    fn exchange(
        &self,
        method: &Method,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
        until: Instant,
        wait: impl Fn(Duration) -> bool,
    ) -> Result<(), PushError> {
        let result = self.try_exchange(method, headers, body, until, wait);
        let outcome = result
            .as_ref()
            .map_or_else(PushError::outcome, |()| Outcome::Success);
        self.inner.pushes.ended(outcome);
        result
    }

    fn try_exchange(
        &self,
        method: &Method,
        mut headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
        until: Instant,
        wait: impl Fn(Duration) -> bool,
    ) -> Result<(), PushError> {
        let inner = &*self.inner;
        if let Some(secret) = &inner.secret {
            headers.push(("authorization", secret.header()?));
        }
        let exchange = Exchange {
            method: method.clone(),
            url: &inner.url,
            headers,
            body,
        };
        let mut attempts = Attempts::new(until, inner.retries);
        loop {
            let left = attempts.left();
            if left.is_zero() {
                return Err(PushError::Timeout {
                    url: inner.url.clone(),
                    timeout: inner.timeout,
                    attempts: attempts.made,
                });
            }
            attempts.made += 1;
            let result = exchange.run(&inner.agent, left, attempts.made, inner.timeout);
            let Err(refusal) = result else {
                return Ok(());
            };
            let pause = match refusal.can_get_better {
                true => attempts.pause(refusal.asked),
                false => None,
            };
            match pause {
                Some(pause) if wait(pause) => {}
                _ => return Err(refusal.error),
            }
        }
    }

    /// No label of the grouping key may be one of the registry's.
    fn check_labels(&self) -> Result<(), PushError> {
        let catalogue = self.inner.registry.catalogue();
        let labels = self.inner.labels.iter().map(String::as_str);
        for label in labels.chain(["job"]) {
            for family in &catalogue.families {
                let is_constant = family.constant_labels.iter().any(|(name, _)| name == label);
                // The states of a set are told apart by a label of its own name.
                let is_state = family.kind == Kind::StateSet && family.name == label;
                let is_label = family.labels.iter().any(|known| known.name == label);
                if is_constant || is_state || is_label {
                    return Err(PushError::Inconsistent {
                        label: label.to_owned(),
                        metric: (!is_constant).then(|| family.name.clone()),
                    });
                }
            }
        }
        Ok(())
    }
}

/// Waits where nobody interrupts.
fn asleep(pause: Duration) -> bool {
    thread::sleep(pause);
    true
}

impl fmt::Debug for Pusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pusher")
            .field("url", &self.inner.url)
            .field("secret", &self.inner.secret)
            .field("timeout", &self.inner.timeout)
            .field("retries", &self.inner.retries)
            .finish_non_exhaustive()
    }
}
