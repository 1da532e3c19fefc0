//! What belongs together: jobs with the services that they scrape, and what those are.

use std::collections::BTreeMap;
use std::time::Duration;

use super::duration;
use super::folder::{Content, File, Folder};
use super::knowledge::Knowledge;
use crate::exporters::Exporter;
use crate::yaml::Node;

/// The jobs and the services of a folder.
#[derive(Debug, Default)]
pub(super) struct Wiring<'f> {
    pub(super) jobs: Vec<Job<'f>>,
    pub(super) services: Vec<Service<'f>>,
}

/// A job that Prometheus scrapes.
#[derive(Debug)]
pub(super) struct Job<'f> {
    pub(super) name: String,
    pub(super) file: &'f File,
    pub(super) node: &'f Node,
    pub(super) targets: Vec<Target>,
    pub(super) interval: Option<Duration>,
}

/// A target of a job.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) line: usize,
}

/// A service of Compose.
#[derive(Debug)]
pub(super) struct Service<'f> {
    pub(super) name: String,
    /// Under what names others reach it.
    pub(super) hosts: Vec<String>,
    pub(super) image: Option<String>,
    pub(super) file: &'f File,
    pub(super) line: usize,
    pub(super) node: &'f Node,
}

impl<'f> Wiring<'f> {
    pub(super) fn of(folder: &'f Folder) -> Self {
        let mut wiring = Wiring::default();
        for file in &folder.files {
            match &file.content {
                Content::Prometheus(root) => wiring.jobs.extend(jobs(file, root)),
                Content::Compose(root) => wiring.services.extend(services(file, root)),
                _ => {}
            }
        }
        wiring
    }

    /// The service that a host is.
    pub(super) fn service(&self, host: &str) -> Option<&Service<'f>> {
        let mut services = self.services.iter();
        services.find(|service| service.hosts.iter().any(|known| known == host))
    }

    /// Whether Prometheus is one of the services.
    pub(super) fn has_stack(&self) -> bool {
        let mut services = self.services.iter();
        services.any(|service| service.exporter() == Some(Exporter::Prometheus))
    }

    /// Whether any service is scraped that is not part of the monitoring itself. If none is, they
    /// are elsewhere.
    pub(super) fn has_services(&self) -> bool {
        let targets = self.jobs.iter().flat_map(|job| &job.targets);
        let mut services = targets.filter_map(|target| self.service(&target.host));
        services.any(|service| service.exporter().is_none())
    }

    /// The exporter that a job scrapes, as far as names, images and ports tell.
    pub(super) fn exporter(&self, job: &Job<'_>) -> Option<Exporter> {
        let images = job
            .targets
            .iter()
            .filter_map(|target| self.service(&target.host)?.image.as_deref());
        let hosts = job.targets.iter().map(|target| target.host.as_str());
        let words = images.chain(hosts).chain([job.name.as_str()]);
        let told: Vec<&str> = words.collect();
        // Its targets are what it asks, and it is whoever answers.
        if job.is_probe() {
            return Some(Exporter::Blackbox);
        }
        let by_word = told.iter().find_map(|word| exporter_named(word));
        by_word.or_else(|| {
            let ports: Vec<u16> = job
                .targets
                .iter()
                .filter_map(|target| target.port)
                .collect();
            let mut known = Exporter::ALL.into_iter();
            // 8080 and 3000 are anybody's.
            known.find(|exporter| {
                let is_telling = !matches!(exporter, Exporter::Cadvisor | Exporter::Grafana);
                is_telling && ports.contains(&exporter.port())
            })
        })
    }

    /// Adds what the folder says of jobs to what is known.
    pub(super) fn teach(&self, folder: &Folder, knowledge: &mut Knowledge) {
        for job in &self.jobs {
            knowledge.scrape(&job.name, job.interval);
            if job.is_raw() {
                // Whatever else is asked of it is not there for the same reason.
                knowledge.knows_nothing_of(&job.name);
            }
            for config in job
                .node
                .get("static_configs")
                .map(Node::items)
                .unwrap_or_default()
            {
                let labels = config.get("labels").into_iter().flat_map(Node::entries);
                for (label, value) in labels {
                    if let (Some(label), Some(value)) = (label.as_str(), value.text()) {
                        knowledge.target_label(label, Some(&value));
                    }
                }
            }
            for relabelling in ["relabel_configs", "metric_relabel_configs"] {
                for rule in job
                    .node
                    .get(relabelling)
                    .map(Node::items)
                    .unwrap_or_default()
                {
                    learn_relabelling(rule, knowledge);
                }
            }
            let is_true = |key: &str| job.node.get(key).and_then(Node::as_bool) == Some(true);
            let discovers = job
                .node
                .entries()
                .any(|(key, _)| key.as_str().is_some_and(|key| key.ends_with("_sd_configs")));
            knowledge.is_relabelled |= is_true("honor_labels") || discovers;
        }
        for file in &folder.files {
            let Content::Catalogue(catalogue) = &file.content else {
                continue;
            };
            let is_job = self.jobs.iter().any(|job| job.name == file.stem());
            knowledge.learn(is_job.then(|| file.stem()), catalogue);
        }
        for job in &self.jobs {
            if let Some(exporter) = self.exporter(job) {
                knowledge.learn_exporter(&job.name, exporter);
            }
        }
        let mut intervals: BTreeMap<Duration, usize> = BTreeMap::new();
        for file in &folder.files {
            if let Content::Prometheus(root) = &file.content {
                let interval = duration::at(root.at(&["global", "scrape_interval"]));
                // What Prometheus does if nobody says otherwise.
                let interval = interval.unwrap_or(Duration::from_secs(60));
                *intervals.entry(interval).or_default() += 1;
            }
        }
        knowledge.interval = knowledge.interval.or(intervals.keys().next_back().copied());
    }
}

impl Job<'_> {
    /// Whether it is asked of another exporter how its targets are.
    pub(super) fn is_probe(&self) -> bool {
        let path = self.node.get("metrics_path").and_then(Node::as_str);
        path.is_some_and(|path| path.ends_with("/probe"))
    }

    /// Whether all its targets are ports that answer no scrape.
    pub(super) fn is_raw(&self) -> bool {
        let is_raw = |target: &Target| target.port.is_some_and(|port| raw_port(port).is_some());
        !self.targets.is_empty() && self.targets.iter().all(is_raw)
    }
}

/// Ports whose owners speak no HTTP, and what to scrape in their place.
const RAW_PORTS: &[(u16, &str, &str)] = &[
    (5432, "PostgreSQL", "postgres_exporter (9187)"),
    (3306, "MySQL", "mysqld_exporter (9104)"),
    (6379, "Redis", "redis_exporter (9121)"),
    (11211, "Memcached", "memcached_exporter (9150)"),
    (27017, "MongoDB", "mongodb_exporter (9216)"),
    (9092, "Kafka", "kafka_exporter (9308)"),
    (2181, "ZooKeeper", "its own port for metrics (7000)"),
    (5672, "RabbitMQ", "its own port for metrics (15692)"),
    (1433, "SQL Server", "an exporter"),
    (1521, "Oracle", "an exporter"),
    (9042, "Cassandra", "an exporter"),
    (25, "SMTP", "an exporter"),
    (22, "SSH", "node_exporter (9100)"),
];

/// The owner of a port that speaks no HTTP, and what to scrape in its place.
pub(super) fn raw_port(port: u16) -> Option<(&'static str, &'static str)> {
    let mut known = RAW_PORTS.iter();
    let (_, owner, instead) = known.find(|(raw, ..)| *raw == port)?;
    Some((owner, instead))
}

impl Service<'_> {
    /// The exporter that it is, by its image or else its name.
    pub(super) fn exporter(&self) -> Option<Exporter> {
        exporter_named(self.image.as_deref().unwrap_or(&self.name))
    }
}

fn learn_relabelling(rule: &Node, knowledge: &mut Knowledge) {
    let action = rule
        .get("action")
        .and_then(Node::as_str)
        .unwrap_or("replace");
    match (action, rule.get("target_label").and_then(Node::as_str)) {
        ("replace" | "lowercase" | "uppercase" | "hashmod", Some(label))
            if !label.contains('$') =>
        {
            // The name of a metric or a job may be anything now.
            knowledge.is_relabelled |= label == "__name__" || label == "job";
            if !label.starts_with("__") && label != "instance" {
                knowledge.target_label(label, None);
            }
        }
        ("keep" | "drop" | "keepequal" | "dropequal", _) => {}
        _ => knowledge.is_relabelled = true,
    }
}

/// The exporter that a name or an image speaks of.
pub(super) fn exporter_named(word: &str) -> Option<Exporter> {
    let word = word.to_lowercase();
    let has = |part: &str| word.contains(part);
    let is_exporter = has("exporter");
    match () {
        () if has("node") && is_exporter => Some(Exporter::Node),
        () if has("redis") && is_exporter => Some(Exporter::Redis),
        () if (has("postgres") || has("pg")) && is_exporter => Some(Exporter::Postgres),
        () if has("blackbox") => Some(Exporter::Blackbox),
        () if has("cadvisor") => Some(Exporter::Cadvisor),
        () if has("dcgm") => Some(Exporter::Dcgm),
        () if has("alertmanager") => Some(Exporter::Alertmanager),
        () if has("grafana") => Some(Exporter::Grafana),
        () if has("prometheus") && !is_exporter && !has("push") => Some(Exporter::Prometheus),
        () => None,
    }
}

fn jobs<'f>(file: &'f File, root: &'f Node) -> Vec<Job<'f>> {
    let configs = root
        .get("scrape_configs")
        .map(Node::items)
        .unwrap_or_default();
    let named = configs.iter().filter_map(|node| {
        let name = node.get("job_name")?.text()?;
        let static_configs = node
            .get("static_configs")
            .map(Node::items)
            .unwrap_or_default();
        let targets = static_configs
            .iter()
            .filter_map(|config| config.get("targets"));
        let targets = targets.flat_map(Node::items).filter_map(target).collect();
        Some(Job {
            name,
            file,
            node,
            targets,
            interval: duration::at(node.get("scrape_interval")),
        })
    });
    named.collect()
}

fn target(node: &Node) -> Option<Target> {
    let text = node.text()?;
    let address = text
        .split_once("://")
        .map_or(text.as_str(), |(_, rest)| rest);
    let address = address.split('/').next().unwrap_or(address);
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()),
        None => (address, None),
    };
    Some(Target {
        host: host.to_owned(),
        port,
        line: node.line,
    })
}

fn services<'f>(file: &'f File, root: &'f Node) -> Vec<Service<'f>> {
    let entries = root.get("services").into_iter().flat_map(Node::entries);
    let services = entries.filter_map(|(key, node)| {
        let name = key.as_str()?.to_owned();
        let text = |key: &str| node.get(key).and_then(Node::text);
        let mut hosts = vec![name.clone()];
        hosts.extend(text("container_name"));
        hosts.extend(text("hostname"));
        let networks = node.get("networks").into_iter().flat_map(Node::entries);
        for (_, network) in networks {
            let aliases = network.get("aliases").map(Node::items).unwrap_or_default();
            hosts.extend(aliases.iter().filter_map(Node::text));
        }
        Some(Service {
            name,
            hosts,
            image: text("image"),
            file,
            line: key.line,
            node,
        })
    });
    services.collect()
}
