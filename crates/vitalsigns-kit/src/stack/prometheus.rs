//! What Prometheus looks at, and how often.

use std::time::Duration;

use super::{duration, head};
use crate::exporters::Exporter;
use crate::system::{PROBES, Service, System};
use crate::yaml_text::{Map, Yaml};

/// What costs much to tell, or changes slowly, is asked no more often than this.
const SLOW: Duration = Duration::from_secs(30);

/// The longest that a page may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// More series than this are a mistake in labels, and would be one of everybody.
const SAMPLES: u64 = 50_000;

/// A page of more than this is none.
const BODY: &str = "64MB";

/// The configuration.
pub(super) fn text(system: &System) -> String {
    let mut jobs: Vec<Map> = system
        .services
        .iter()
        .map(|service| of_service(system, service))
        .collect();
    jobs.extend(
        system
            .exporters
            .iter()
            .map(|exporter| of_exporter(system, *exporter)),
    );
    if system.exporters.contains(&Exporter::Blackbox) {
        jobs.extend(probes(system));
    }
    let alertmanagers = Map::new().with("static_configs", [targets("alertmanager:9093")]);
    let global = Map::new()
        .with("scrape_interval", duration(system.interval))
        .with("scrape_timeout", duration(timeout(system.interval)))
        .with("evaluation_interval", duration(system.interval))
        .comment("What leaves this Prometheus, as an alert or a sample, says whose it is.")
        .with(
            "external_labels",
            Map::new().with("system", system.name.as_str()),
        );
    let mut config = Map::new()
        .with("global", global)
        .with("rule_files", ["rules/*.yml"])
        .with(
            "alerting",
            Map::new().with("alertmanagers", [alertmanagers]),
        );
    if let Some(url) = &system.remote_write {
        config.add("remote_write", remote_write(url));
    }
    // Last, so that the template of federation can be put behind.
    config
        .with("scrape_configs", jobs)
        .document(&head(system, "What Prometheus looks at: the jobs"))
}

/// How long a page of each job may take, and that of a job which says nothing else.
pub(crate) fn timeouts(system: &System) -> (Vec<(&str, Duration)>, Duration) {
    let services = system.services.iter();
    let services = services.map(|service| (service.job.as_str(), service.interval));
    let exporters = system.exporters.iter();
    let exporters = exporters.map(|known| (known.name(), interval_of(system, *known)));
    let each = services.chain(exporters).map(|(job, interval)| {
        let interval = interval.unwrap_or(system.interval);
        (job, timeout(interval))
    });
    (each.collect(), timeout(system.interval))
}

/// How long a page may take that is asked for so often.
fn timeout(interval: Duration) -> Duration {
    let millis = interval.as_millis() as u64;
    Duration::from_millis(millis * 4 / 5).min(PATIENCE)
}

fn targets(address: &str) -> Map {
    Map::new().with("targets", [address])
}

/// A job up to what is its own.
fn job(system: &System, name: &str, interval: Option<Duration>) -> Map {
    let own = interval.filter(|interval| *interval != system.interval);
    Map::new()
        .with("job_name", name)
        .maybe("scrape_interval", own.map(duration))
        .maybe("scrape_timeout", own.map(|own| duration(timeout(own))))
}

fn of_service(system: &System, service: &Service) -> Map {
    let job = job(system, &service.job, service.interval);
    let job = job.with("metrics_path", service.path.as_str());
    let token = service
        .token
        .as_ref()
        .map(|secret| Map::new().with("credentials_file", format!("/run/secrets/{secret}")));
    let job = job.maybe("authorization", token);
    limited(job).with(
        "static_configs",
        [labelled(system, [service.target.as_str()])],
    )
}

fn interval_of(system: &System, exporter: Exporter) -> Option<Duration> {
    match exporter {
        Exporter::Cadvisor | Exporter::Postgres | Exporter::Redis | Exporter::Dcgm => {
            Some(SLOW.max(system.interval))
        }
        _ => None,
    }
}

fn of_exporter(system: &System, exporter: Exporter) -> Map {
    let address = format!("{}:{}", exporter.host(), exporter.port());
    limited(job(system, exporter.name(), interval_of(system, exporter)))
        .with("static_configs", [labelled(system, [address.as_str()])])
}

fn limited(job: Map) -> Map {
    job.with("sample_limit", SAMPLES)
        .with("body_size_limit", BODY)
}

fn labelled<'a>(system: &System, targets: impl IntoIterator<Item = &'a str>) -> Map {
    let targets: Vec<&str> = targets.into_iter().collect();
    Map::new()
        .with("targets", targets)
        .with("labels", Map::new().with("system", system.name.as_str()))
}

/// Asks each service from outside whether it can be used.
fn probes(system: &System) -> Option<Map> {
    let of_services: Vec<Map> = system
        .services
        .iter()
        .map(|service| {
            let url = format!("http://{}{}", service.target, service.readiness);
            let labels = Map::new()
                .with("system", system.name.as_str())
                .with("service", service.job.as_str());
            Map::new().with("targets", [url]).with("labels", labels)
        })
        .collect();
    if of_services.is_empty() {
        return None;
    }
    let relabelled = |from: &str, to: &str| {
        Map::new()
            .with("source_labels", [from])
            .with("target_label", to)
    };
    let exporter = format!(
        "{}:{}",
        Exporter::Blackbox.host(),
        Exporter::Blackbox.port()
    );
    let job = job(system, PROBES, None)
        .with("metrics_path", "/probe")
        .with("params", Map::new().with("module", ["http_2xx"]))
        .with("static_configs", of_services)
        .with(
            "relabel_configs",
            [
                relabelled("__address__", "__param_target"),
                relabelled("__param_target", "instance"),
                Map::new()
                    .with("target_label", "__address__")
                    .with("replacement", exporter),
            ],
        );
    Some(job)
}

/// What the blackbox exporter does.
pub(super) fn blackbox(system: &System) -> String {
    let http = Map::new()
        .with("method", "GET")
        .with("preferred_ip_protocol", "ip4")
        .comment("A service that sends us elsewhere does not answer.")
        .with("follow_redirects", false);
    let module = Map::new()
        .with("prober", "http")
        .with("timeout", "5s")
        .with("http", http);
    Map::new()
        .with("modules", Map::new().with("http_2xx", module))
        .document(&head(
            system,
            "What the blackbox exporter can ask: for services",
        ))
}

fn remote_write(url: &str) -> Vec<Map> {
    let queue = Map::new()
        .with("capacity", 10_000)
        .with("max_shards", 10)
        .with("max_samples_per_send", 2_000);
    vec![Map::new().with("url", url).with("queue_config", queue)]
}

/// What `remote_write` of a description puts into the configuration.
pub(super) fn remote_write_template(system: &System) -> String {
    let url = "http://long-term-storage:8428/api/v1/write";
    let head = format!(
        "{}\n\n\
         Not used as it is. `remote_write: {url}` in the description puts this into\n\
         `prometheus.yml`; it can be tried behind that file, too.",
        head(
            system,
            "A template, for measurements that are kept elsewhere, for longer:"
        )
    );
    Map::new()
        .with("remote_write", remote_write(url))
        .document(&head)
}

/// The job by which a Prometheus above this one gets what several have.
pub(super) fn federation(system: &System) -> String {
    let labels = Map::new().with("system", system.name.as_str());
    let params = Map::new().with("match[]", [Yaml::from("{__name__=~\"[a-z_]+:.+\"}")]);
    let job = Map::new()
        .with("job_name", format!("federation-{}", system.name))
        .with("honor_labels", true)
        .with("metrics_path", "/federate")
        .comment(
            "What recording rules have made, whose names have a colon: no series of instances.",
        )
        .with("params", params)
        .with(
            "static_configs",
            [targets("prometheus:9090").with("labels", labels)],
        );
    let head = format!(
        "{}\n\n\
         Not used as it is. This is a job of a Prometheus above this one, which has several like it\n\
         below: put it behind the `scrape_configs` of that one.",
        head(system, "A template, for a Prometheus of many systems:")
    );
    // As an item of a list that another file has begun.
    let text = Map::new().with("scrape_configs", [job]).document(&head);
    text.replace("scrape_configs:\n", "")
}
