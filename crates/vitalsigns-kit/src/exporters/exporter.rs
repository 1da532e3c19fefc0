//! The programs whose pages are known.

use std::sync::LazyLock;

use vitalsigns::Catalogue;

use crate::union;

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
        static ALL: LazyLock<[Catalogue; 9]> = LazyLock::new(|| Exporter::ALL.map(read));
        &ALL[self as usize]
    }

    /// The file that its page was recorded in.
    const fn recorded(self) -> &'static str {
        match self {
            Exporter::Prometheus => include_str!("recorded/prometheus.json"),
            Exporter::Alertmanager => include_str!("recorded/alertmanager.json"),
            Exporter::Grafana => include_str!("recorded/grafana.json"),
            Exporter::Node => include_str!("recorded/node.json"),
            Exporter::Cadvisor => include_str!("recorded/cadvisor.json"),
            Exporter::Redis => include_str!("recorded/redis.json"),
            Exporter::Postgres => include_str!("recorded/postgres.json"),
            Exporter::Blackbox => include_str!("recorded/blackbox.json"),
            Exporter::Dcgm => include_str!("recorded/dcgm.json"),
        }
    }
}

fn read(exporter: Exporter) -> Catalogue {
    // Each file is read by a test.
    Catalogue::from_json(exporter.recorded()).unwrap_or_else(|_| union::nothing())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recording_is_a_catalogue() {
        for (index, exporter) in Exporter::ALL.into_iter().enumerate() {
            assert_eq!(exporter as usize, index);
            let read = Catalogue::from_json(exporter.recorded());
            let read = read.unwrap_or_else(|error| panic!("{}: {error}", exporter.name()));
            assert!(read.families.len() > 10, "{}", exporter.name());
            let names: Vec<&str> = read.families.iter().map(|f| f.name.as_str()).collect();
            assert!(
                names.is_sorted_by(|one, other| one < other),
                "{}",
                exporter.name()
            );
            assert!(
                read.families
                    .iter()
                    .all(|family| family.group == exporter.name())
            );
        }
    }
}
