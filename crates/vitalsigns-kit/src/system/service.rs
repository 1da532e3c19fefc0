//! A service: where its page is, and what is on it.

use std::time::Duration;

use vitalsigns::Catalogue;

use super::Container;

/// A service: where its page is, and what is on it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns_kit::system::Service;
///
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// let gateway = Service::new("azora-gateway", "api-gateway:4000", catalogue)
///     .interval(Duration::from_secs(5));
/// assert_eq!(gateway.host(), "api-gateway");
/// assert_eq!(gateway.path, "/metrics");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Service {
    /// The name of its job in Prometheus.
    pub job: String,
    /// Where it listens, for Prometheus: `host:port`.
    pub target: String,
    /// The path of its page.
    pub path: String,
    /// The path that tells whether it can be used.
    pub readiness: String,
    /// How often it is scraped; as the system says if none.
    pub interval: Option<Duration>,
    /// The secret with the token that its page asks for, if it asks for one.
    pub token: Option<String>,
    /// What is on its page.
    pub catalogue: Catalogue,
    /// How it is run, if the stack runs it.
    pub container: Option<Container>,
}

impl Service {
    /// A service with its page at `/metrics` and its readiness at `/readyz`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(job: impl Into<String>, target: impl Into<String>, catalogue: Catalogue) -> Self {
        Service {
            job: job.into(),
            target: target.into(),
            path: "/metrics".to_owned(),
            readiness: "/readyz".to_owned(),
            interval: None,
            token: None,
            catalogue,
            container: None,
        }
    }

    /// Says where its page is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::Service;
    /// # let catalogue = vitalsigns::Registry::new().catalogue();
    /// let service = Service::new("shop", "shop:8080", catalogue).path("/internal/metrics");
    /// assert_eq!(service.path, "/internal/metrics");
    /// ```
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Says which path tells whether it can be used.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::Service;
    /// # let catalogue = vitalsigns::Registry::new().catalogue();
    /// let service = Service::new("shop", "shop:8080", catalogue).readiness("/health");
    /// assert_eq!(service.readiness, "/health");
    /// ```
    #[must_use]
    pub fn readiness(mut self, path: impl Into<String>) -> Self {
        self.readiness = path.into();
        self
    }

    /// Says how often it is scraped.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Says which secret has the token that its page asks for.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::Service;
    /// # let catalogue = vitalsigns::Registry::new().catalogue();
    /// let service = Service::new("shop", "shop:8080", catalogue).token("shop_metrics_token");
    /// assert_eq!(service.token.as_deref(), Some("shop_metrics_token"));
    /// ```
    #[must_use]
    pub fn token(mut self, secret: impl Into<String>) -> Self {
        self.token = Some(secret.into());
        self
    }

    /// Says how it is run, by the stack that looks at it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::{Container, Service};
    /// # let catalogue = vitalsigns::Registry::new().catalogue();
    /// let shop = Service::new("shop", "shop:8080", catalogue).container(Container::build(".."));
    /// assert!(shop.container.is_some());
    /// ```
    #[must_use]
    pub fn container(mut self, container: Container) -> Self {
        self.container = Some(container);
        self
    }

    /// The port of its target; none if it has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::Service;
    /// # let catalogue = vitalsigns::Registry::new().catalogue();
    /// assert_eq!(Service::new("shop", "shop:8080", catalogue).port(), Some(8080));
    /// ```
    pub fn port(&self) -> Option<u16> {
        self.target.rsplit_once(':')?.1.parse().ok()
    }

    /// The host of its target.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn host(&self) -> &str {
        let host = self.target.rsplit_once(':').map(|(host, _)| host);
        host.unwrap_or(&self.target)
    }
}
