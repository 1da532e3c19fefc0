//! How a pusher is told what to push where.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::secret::{Secret, Source};
use super::{Inner, PushError, Pusher, address, exchange};
use crate::registry::Registry;

/// How long a push may take if nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(10);

/// More than anybody waits; less than what a clock can be asked for.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// How often a push is tried again if nothing else is said.
const RETRIES: u32 = 3;

/// Options of a [`Pusher`]; see [`Pusher::builder`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns::{Pusher, Registry};
///
/// let pusher = Pusher::builder(&Registry::new(), "http://127.0.0.1:9091")
///     .job("nightly-import")
///     .group("instance", "host-3")
///     .timeout(Duration::from_secs(5))
///     .retries(2)
///     .build()?;
/// # Ok::<(), vitalsigns::PushError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "there is no pusher before `build`"]
pub struct PusherBuilder {
    registry: Registry,
    url: String,
    job: String,
    group: Vec<(String, String)>,
    secret: Option<Secret>,
    timeout: Duration,
    retries: u32,
    protobuf: bool,
    #[cfg(feature = "gzip")]
    gzip: bool,
}

impl PusherBuilder {
    pub(super) fn new(registry: &Registry, url: String) -> Self {
        PusherBuilder {
            registry: registry.clone(),
            url,
            job: String::new(),
            group: Vec::new(),
            secret: None,
            timeout: TIMEOUT,
            retries: RETRIES,
            protobuf: false,
            #[cfg(feature = "gzip")]
            gzip: false,
        }
    }

    /// The job, which every pushed series gets as its label `job`. It must be said.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{PushError, Pusher, Registry};
    ///
    /// let pusher = Pusher::builder(&Registry::new(), "http://127.0.0.1:9091");
    /// assert_eq!(pusher.build().unwrap_err(), PushError::NoJob);
    /// ```
    pub fn job(mut self, job: impl Into<String>) -> Self {
        self.job = job.into();
        self
    }

    /// A further label of the grouping key, which every pushed series gets. The gateway keeps one
    /// set of metrics for each key, until somebody deletes it: what has another value in each run
    /// leaves a set behind each time.
    ///
    /// The value may be anything. To Prometheus, an empty one is no label.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Pusher, Registry};
    ///
    /// let pusher = Pusher::builder(&Registry::new(), "http://127.0.0.1:9091")
    ///     .job("cleaner")
    ///     .group("path", "/var/tmp")
    ///     .build()?;
    /// assert!(pusher.url().ends_with("/metrics/job/cleaner/path@base64/L3Zhci90bXA"));
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    pub fn group(mut self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.group.push((label.into(), value.into()));
        self
    }

    /// Shows this bearer token, for a proxy in front of the gateway that wants one.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Pusher, Registry};
    ///
    /// let pusher = Pusher::builder(&Registry::new(), "http://127.0.0.1:9091")
    ///     .job("nightly-import")
    ///     .bearer_token("a-long-secret")
    ///     .build()?;
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.secret = Some(Secret::Bearer(Source::Text(token.into())));
        self
    }

    /// Shows the bearer token in this file, which is read for each push.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Pusher, Registry};
    ///
    /// let error = Pusher::builder(&Registry::new(), "http://127.0.0.1:9091")
    ///     .job("nightly-import")
    ///     .bearer_token_file("/nowhere/token")
    ///     .build()
    ///     .unwrap_err();
    /// assert!(error.to_string().contains("`/nowhere/token`, cannot be read"));
    /// ```
    pub fn bearer_token_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.secret = Some(Secret::Bearer(Source::File(file.into())));
        self
    }

    /// Shows a user and the password in this file, which is read for each push: what the gateway
    /// itself can ask for (`basic_auth_users` of its web configuration).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use vitalsigns::{Pusher, Registry};
    ///
    /// let pusher = Pusher::builder(&Registry::new(), "http://127.0.0.1:9091")
    ///     .job("nightly-import")
    ///     .basic_auth("importer", "/run/secrets/pushgateway")
    ///     .build()?;
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    pub fn basic_auth(
        mut self,
        user: impl Into<String>,
        password_file: impl Into<PathBuf>,
    ) -> Self {
        self.secret = Some(Secret::Basic {
            user: user.into(),
            password: Source::File(password_file.into()),
        });
        self
    }

    /// How long a push may take, with all attempts and the pauses between them: ten seconds if
    /// nothing is said, and a day at most.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(LONGEST_TIMEOUT);
        self
    }

    /// How often a push is tried again: three times if nothing is said.
    ///
    /// It is where that may help: nobody listens, the connection breaks, or the answer is `429` or
    /// 5xx. The pauses begin with a tenth of a second, double, and differ by chance; `Retry-After`
    /// goes before. No attempt begins after the [timeout](Self::timeout).
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Sends protobuf in place of text: for [native histograms](crate::Histogram), which text does
    /// not have.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Pusher, Registry};
    ///
    /// let pusher = Pusher::builder(&Registry::new(), "http://127.0.0.1:9091")
    ///     .job("nightly-import")
    ///     .protobuf()
    ///     .build()?;
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    pub fn protobuf(mut self) -> Self {
        self.protobuf = true;
        self
    }

    /// Compresses what is sent. For pages of hundreds of kilobytes over a slow network; a gateway
    /// before 1.5 answers `400`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Pusher, Registry};
    ///
    /// let pusher = Pusher::builder(&Registry::new(), "http://127.0.0.1:9091")
    ///     .job("nightly-import")
    ///     .gzip()
    ///     .build()?;
    /// # Ok::<(), vitalsigns::PushError>(())
    /// ```
    #[cfg(feature = "gzip")]
    pub fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// The pusher. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`PushError::Address`], [`PushError::NoJob`], [`PushError::Label`] for a label that is none
    /// or that stands twice, [`PushError::Inconsistent`] for one that the registry has already,
    /// [`PushError::SecretFile`] and [`PushError::Secret`].
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn build(self) -> Result<Pusher, PushError> {
        let gateway = address::gateway(&self.url)?;
        if self.job.is_empty() {
            return Err(PushError::NoJob);
        }
        for (index, (label, _)) in self.group.iter().enumerate() {
            address::check_label(label)?;
            if self.group[..index].iter().any(|(other, _)| other == label) {
                return Err(PushError::Label {
                    label: label.clone(),
                    reason: "it stands there twice; a label has one value",
                });
            }
        }
        if let Some(secret) = &self.secret {
            secret.header()?;
        }
        let pushes = self
            .registry
            .pushes()
            .map_err(|error| PushError::Register { error })?;
        let pusher = Pusher {
            inner: Arc::new(Inner {
                url: format!("{gateway}{}", address::path(&self.job, &self.group)),
                labels: self.group.into_iter().map(|(label, _)| label).collect(),
                registry: self.registry,
                pushes,
                secret: self.secret,
                timeout: self.timeout,
                retries: self.retries,
                protobuf: self.protobuf,
                #[cfg(feature = "gzip")]
                gzip: self.gzip,
                agent: exchange::agent(),
            }),
        };
        pusher.check_labels()?;
        Ok(pusher)
    }
}
