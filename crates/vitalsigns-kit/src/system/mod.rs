//! What is monitored: the services of a system with their catalogues, and the exporters beside
//! them. Dashboards, rules and stack files are made from this and from nothing else.

mod container;
#[cfg(feature = "verify")]
pub mod description;
mod fault;
mod receivers;
mod retention;
mod service;

use std::collections::BTreeMap;
use std::time::Duration;

pub use container::{Container, ImageSource};
pub(crate) use fault::PROBES;
pub use fault::SystemError;
pub use receivers::{Audience, Email, Receivers, Slack, Webhook};
pub use retention::Retention;
pub use service::Service;
use vitalsigns::Catalogue;

use crate::exporters::Exporter;
use crate::union;

/// The services of a system and what is exported beside them.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns::{Registry, families::HttpServer};
/// use vitalsigns_kit::exporters::Exporter;
/// use vitalsigns_kit::system::{Service, System};
///
/// let registry = Registry::new();
/// HttpServer::register(&registry)?;
/// let shop = Service::new("shop-api", "api:8080", registry.catalogue())
///     .interval(Duration::from_secs(5));
/// let system = System::new("shop").service(shop).exporter(Exporter::Node);
/// assert_eq!(system.services[0].job, "shop-api");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct System {
    /// Its name, in lower case: it begins the names of containers, groups and dashboards.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Who is responsible: the label `team` of its alerts.
    pub team: String,
    /// The services.
    pub services: Vec<Service>,
    /// What is exported beside them; Prometheus, Alertmanager and Grafana always are.
    pub exporters: Vec<Exporter>,
    /// How often targets are scraped that say nothing else, and rules are evaluated.
    pub interval: Duration,
    /// Where the pages are that alerts link to, without `/` at the end; none to serve them beside
    /// Prometheus.
    pub runbooks: Option<String>,
    /// Who is told of alerts.
    pub receivers: Receivers,
    /// What runs beside the services, as databases, by host.
    pub beside: BTreeMap<String, Container>,
    /// Where the databases are that exporters look at, `host:port`.
    pub databases: BTreeMap<Exporter, String>,
    /// How long measurements are kept.
    pub retention: Retention,
    /// What is in the secrets of containers, for those who have to provide them.
    pub secrets: BTreeMap<String, String>,
    /// Where measurements are sent to besides, if they are.
    pub remote_write: Option<String>,
}

impl System {
    /// A system without services.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        System {
            title: name.clone(),
            team: name.clone(),
            name,
            services: Vec::new(),
            exporters: vec![
                Exporter::Prometheus,
                Exporter::Alertmanager,
                Exporter::Grafana,
            ],
            interval: Duration::from_secs(15),
            runbooks: None,
            receivers: Receivers::new(),
            beside: BTreeMap::new(),
            databases: BTreeMap::new(),
            retention: Retention::default(),
            secrets: BTreeMap::new(),
            remote_write: None,
        }
    }

    /// Says what people call it.
    ///
    /// # Examples
    ///
    /// ```
    /// let system = vitalsigns_kit::system::System::new("azora").title("Azora OS");
    /// assert_eq!(system.title, "Azora OS");
    /// ```
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Says who is responsible.
    ///
    /// # Examples
    ///
    /// ```
    /// let system = vitalsigns_kit::system::System::new("azora").team("platform");
    /// assert_eq!(system.team, "platform");
    /// ```
    #[must_use]
    pub fn team(mut self, team: impl Into<String>) -> Self {
        self.team = team.into();
        self
    }

    /// Adds a service.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn service(mut self, service: Service) -> Self {
        self.services.push(service);
        self
    }

    /// Adds an exporter, once.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn exporter(mut self, exporter: Exporter) -> Self {
        if !self.exporters.contains(&exporter) {
            self.exporters.push(exporter);
        }
        self
    }

    /// Says how often is scraped where a service says nothing else, and how often rules are
    /// evaluated.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use vitalsigns_kit::system::System;
    ///
    /// let system = System::new("azora").interval(Duration::from_secs(30));
    /// assert_eq!(system.interval.as_secs(), 30);
    /// ```
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Says where the pages are that alerts link to.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::system::System;
    ///
    /// let system = System::new("azora").runbooks("https://wiki.example.org/azora/");
    /// assert_eq!(system.runbook("TargetDown"), "https://wiki.example.org/azora/TargetDown");
    /// assert_eq!(
    ///     System::new("azora").runbook("TargetDown"),
    ///     "http://localhost:8081/TargetDown.html"
    /// );
    /// ```
    #[must_use]
    pub fn runbooks(mut self, address: impl AsRef<str>) -> Self {
        self.runbooks = Some(address.as_ref().trim_end_matches('/').to_owned());
        self
    }

    /// The address of the page about an alert.
    ///
    /// # Examples
    ///
    /// See [`runbooks`](Self::runbooks).
    pub fn runbook(&self, alert: &str) -> String {
        match &self.runbooks {
            Some(address) => format!("{address}/{alert}"),
            None => format!("http://localhost:8081/{alert}.html"),
        }
    }

    /// Says who is told of alerts.
    ///
    /// # Examples
    ///
    /// See [`Receivers`].
    #[must_use]
    pub fn receivers(mut self, receivers: Receivers) -> Self {
        self.receivers = receivers;
        self
    }

    /// Runs something beside the services, at this host.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::system::{Container, System};
    ///
    /// let redis = Container::image("redis:7.4.2-alpine").data("/data");
    /// let system = System::new("shop").beside("redis", redis);
    /// assert!(system.beside.contains_key("redis"));
    /// ```
    #[must_use]
    pub fn beside(mut self, host: impl Into<String>, container: Container) -> Self {
        self.beside.insert(host.into(), container);
        self
    }

    /// Adds the exporter of a database at this address.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::exporters::Exporter;
    /// use vitalsigns_kit::system::System;
    ///
    /// let system = System::new("shop").database(Exporter::Redis, "cache:6379");
    /// assert_eq!(system.databases[&Exporter::Redis], "cache:6379");
    /// ```
    #[must_use]
    pub fn database(mut self, exporter: Exporter, address: impl Into<String>) -> Self {
        self.databases.insert(exporter, address.into());
        self.exporter(exporter)
    }

    /// Says how long measurements are kept.
    ///
    /// # Examples
    ///
    /// See [`Retention`].
    #[must_use]
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Says what is in a secret of a container, for those who have to provide it.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::system::System;
    ///
    /// let system = System::new("shop").secret("app_key", "32 random bytes, in hexadecimal");
    /// assert!(system.secrets.contains_key("app_key"));
    /// ```
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, about: impl Into<String>) -> Self {
        self.secrets.insert(name.into(), about.into());
        self
    }

    /// Sends measurements elsewhere besides, for longer than they are kept here.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::system::System;
    ///
    /// let system = System::new("shop").remote_write("http://archive:8428/api/v1/write");
    /// assert!(system.remote_write.is_some());
    /// ```
    #[must_use]
    pub fn remote_write(mut self, url: impl Into<String>) -> Self {
        self.remote_write = Some(url.into());
        self
    }

    /// Everything that is exported in the system: the catalogues of the services and of the
    /// exporters as one. A family that several services have can have the labels and values of
    /// each, and the bounds that all have.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Registry, families::HttpServer};
    /// use vitalsigns_kit::system::{Service, System};
    ///
    /// let registry = Registry::new();
    /// HttpServer::register(&registry)?;
    /// let system = System::new("shop").service(Service::new("api", "api:80", registry.catalogue()));
    /// assert!(system.catalogue().family("http_requests_total").is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn catalogue(&self) -> Catalogue {
        let mut all = union::nothing();
        for service in &self.services {
            union::add(&mut all, &service.catalogue);
        }
        for exporter in &self.exporters {
            union::add(&mut all, exporter.catalogue());
        }
        all
    }
}
