//! The programs whose pages are known.

use std::sync::LazyLock;

use vitalsigns::Catalogue;

/// A program whose page is known.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::exporters::Exporter;
///
/// assert_eq!(Exporter::from_name("redis"), Some(Exporter::Redis));
/// assert_eq!(Exporter::Redis.port(), 9121);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Exporter {
    /// Prometheus itself.
    Prometheus,
    /// Alertmanager.
    Alertmanager,
    /// Grafana.
    Grafana,
    /// node_exporter: a machine.
    Node,
    /// cAdvisor: the containers of a machine.
    Cadvisor,
    /// redis_exporter.
    Redis,
    /// postgres_exporter.
    Postgres,
    /// blackbox_exporter: whether something answers from outside.
    Blackbox,
    /// dcgm-exporter: the GPUs of a machine.
    Dcgm,
}

impl Exporter {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Exporter::Prometheus,
        Exporter::Alertmanager,
        Exporter::Grafana,
        Exporter::Node,
        Exporter::Cadvisor,
        Exporter::Redis,
        Exporter::Postgres,
        Exporter::Blackbox,
        Exporter::Dcgm,
    ];

    /// Its name in descriptions, which is its job too.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::exporters::Exporter;
    ///
    /// assert_eq!(Exporter::Node.name(), "node");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Exporter::Prometheus => "prometheus",
            Exporter::Alertmanager => "alertmanager",
            Exporter::Grafana => "grafana",
            Exporter::Node => "node",
            Exporter::Cadvisor => "cadvisor",
            Exporter::Redis => "redis",
            Exporter::Postgres => "postgres",
            Exporter::Blackbox => "blackbox",
            Exporter::Dcgm => "dcgm",
        }
    }

    /// The host that it runs at: a database has the plain name.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::exporters::Exporter;
    ///
    /// assert_eq!(Exporter::Redis.host(), "redis-exporter");
    /// assert_eq!(Exporter::Grafana.host(), "grafana");
    /// ```
    pub const fn host(self) -> &'static str {
        match self {
            Exporter::Prometheus => "prometheus",
            Exporter::Alertmanager => "alertmanager",
            Exporter::Grafana => "grafana",
            Exporter::Node => "node-exporter",
            Exporter::Cadvisor => "cadvisor",
            Exporter::Redis => "redis-exporter",
            Exporter::Postgres => "postgres-exporter",
            Exporter::Blackbox => "blackbox-exporter",
            Exporter::Dcgm => "dcgm-exporter",
        }
    }

    /// The one of this name.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn from_name(name: &str) -> Option<Self> {
        Exporter::ALL.into_iter().find(|known| known.name() == name)
    }

    /// The port that it listens on if nobody says otherwise.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub const fn port(self) -> u16 {
        match self {
            Exporter::Prometheus => 9090,
            Exporter::Alertmanager => 9093,
            Exporter::Grafana => 3000,
            Exporter::Node => 9100,
            Exporter::Cadvisor => 8080,
            Exporter::Redis => 9121,
            Exporter::Postgres => 9187,
            Exporter::Blackbox => 9115,
            Exporter::Dcgm => 9400,
        }
    }

    /// What is on its page.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::exporters::Exporter;
    ///
    /// for family in &Exporter::Redis.catalogue().families {
    ///     println!("{} ({}): {}", family.name, family.kind, family.help);
    /// }
    /// ```
    pub fn catalogue(self) -> &'static Catalogue {
        static NONE: LazyLock<Catalogue> = LazyLock::new(Exporter::none);
        &NONE
    }

    /// A catalogue of nothing.
    pub(crate) fn none() -> Catalogue {
        let mut catalogue = vitalsigns::Registry::new().catalogue();
        catalogue.families.clear();
        catalogue
    }
}
