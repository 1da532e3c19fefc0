//! What is monitored: the services of a system with their catalogues, and the exporters beside
//! them. Dashboards, rules and stack files are made from this and from nothing else.

mod service;

use std::time::Duration;

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
