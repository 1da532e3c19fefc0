//! Everything in containers: the stack, what it looks at, networks, volumes, secrets.

use std::collections::BTreeSet;

use super::containers::{self, Part};
use super::{head, secrets};
use crate::exporters::Exporter;
use crate::system::{Container, ImageSource, System};
use crate::yaml_text::Map;

/// The settings that Compose reads beside its file.
pub(super) fn environment(system: &System) -> String {
    let profiles: Vec<&str> = system
        .exporters
        .iter()
        .filter_map(|exporter| containers::profile(*exporter))
        .collect();
    format!(
        "# Made by `vitalsigns generate`. Nothing here is a secret.\n\
         COMPOSE_PROJECT_NAME={}\n\
         # Which exporters run; Prometheus looks at all that the description names.\n\
         COMPOSE_PROFILES={}\n",
        system.name,
        profiles.join(",")
    )
}

/// The file.
pub(super) fn text(system: &System) -> String {
    let mut services = Map::new();
    let mut volumes: BTreeSet<String> = BTreeSet::new();
    for part in containers::parts(system) {
        add(system, &mut services, &mut volumes, part);
    }
    for (host, container) in &system.beside {
        let networks = &["back"];
        own(&mut services, &mut volumes, host, container, networks, None);
    }
    for service in &system.services {
        if let Some(container) = &service.container {
            let host = service.host();
            let networks = &["back", "front"];
            own(
                &mut services,
                &mut volumes,
                host,
                container,
                networks,
                service.port(),
            );
        }
    }
    let volumes = volumes
        .into_iter()
        .fold(Map::new(), |volumes, name| volumes.with(name, Map::new()));
    let mut files = Map::new();
    for secret in secrets::needed(system).into_keys() {
        files.add(
            secret,
            Map::new().with("file", format!("./secrets/{secret}")),
        );
    }
    let networks = Map::new()
        .comment("What is published, and what has to reach others.")
        .with("front", Map::new())
        .comment("Where measurements and databases are; it leads nowhere else.")
        .with("back", Map::new().with("internal", true));
    let head = format!(
        "{}\n\n\
         Tags are pinned. Their digests are not: who wants the same bytes for ever writes\n\
         `image: NAME:TAG@sha256:…` into an override file. `restart: unless-stopped` starts what has\n\
         ended, also after a reboot; not what was stopped by hand, and not what is merely unhealthy.",
        head(system, "Everything in containers: the stack")
    );
    Map::new()
        .with("services", services)
        .with("volumes", volumes)
        .with("networks", networks)
        .with("secrets", files)
        .document(&head)
}

/// What every container has.
fn common(map: Map, memory: &str) -> Map {
    let options = Map::new().with("max-size", "10m").with("max-file", "3");
    let logging = Map::new()
        .with("driver", "json-file")
        .with("options", options);
    map.with("restart", "unless-stopped")
        .with("mem_limit", memory)
        .with("logging", logging)
        .with("security_opt", ["no-new-privileges:true"])
}

/// A container of the stack.
fn add(system: &System, services: &mut Map, volumes: &mut BTreeSet<String>, part: Part) {
    let Part {
        host,
        about,
        image,
        profile,
        extra,
        memory,
        data,
        mounts,
        ports,
        networks,
        secrets,
        needs,
        healthcheck,
        runs_once,
        is_bound,
        user,
    } = part;
    let mut map = Map::new()
        .with("image", image)
        .with("container_name", format!("{}-{host}", system.name));
    map = match runs_once {
        true => map.with("restart", "no").with("mem_limit", memory),
        false => common(map, memory),
    };
    map = map.maybe("user", user);
    if is_bound {
        map = map.with("read_only", true).with("cap_drop", ["ALL"]);
    }
    map = map.maybe("profiles", profile.map(|profile| [profile]));
    let mut binds: Vec<String> = mounts.iter().map(|mount| (*mount).to_owned()).collect();
    if let Some(folder) = data {
        let volume = format!("{host}-data");
        binds.push(format!("{volume}:{folder}"));
        volumes.insert(volume);
    }
    for (key, value) in extra {
        map.add(key, value);
    }
    map = map
        .unless_empty("volumes", binds)
        .unless_empty("ports", ports)
        .unless_empty("secrets", secrets);
    map = match networks {
        [] => map.with("network_mode", "none"),
        networks => map.with("networks", networks.to_vec()),
    };
    if !needs.is_empty() {
        let mut conditions = Map::new();
        for (host, condition) in needs {
            conditions.add(host, Map::new().with("condition", condition));
        }
        map.add("depends_on", conditions);
    }
    map = map.maybe("healthcheck", healthcheck.map(|command| check(&command)));
    let commented = std::mem::take(services).comment(about);
    *services = commented.with(host, map);
}

/// A container of the description.
fn own(
    services: &mut Map,
    volumes: &mut BTreeSet<String>,
    host: &str,
    container: &Container,
    networks: &[&str],
    port: Option<u16>,
) {
    let escaped = |text: &String| text.replace('$', "$$");
    let mut map = match &container.source {
        ImageSource::Image(image) => Map::new().with("image", image.as_str()),
        ImageSource::Build {
            context,
            file,
            target,
        } => {
            let build = Map::new()
                .with("context", context.as_str())
                .maybe("dockerfile", file.as_deref())
                .maybe("target", target.as_deref());
            Map::new().with("build", build)
        }
    };
    map = common(map, &container.memory);
    map = map.unless_empty("command", container.command.iter().map(escaped).collect());
    if !container.environment.is_empty() {
        let mut variables = Map::new();
        for (name, value) in &container.environment {
            variables.add(name.as_str(), escaped(value));
        }
        map.add("environment", variables);
    }
    let mut binds = container.mounts.clone();
    if let Some(folder) = &container.data {
        let volume = format!("{host}-data");
        binds.push(format!("{volume}:{folder}"));
        volumes.insert(volume);
    }
    map = map.unless_empty("volumes", binds);
    let ports = port.map(|port| format!("127.0.0.1:{port}:{port}"));
    map = map
        .unless_empty("ports", ports.into_iter().collect())
        .unless_empty("secrets", container.secrets.clone())
        .with("networks", networks.to_vec());
    let mut conditions = Map::new();
    if !container.secrets.is_empty() {
        let done = Map::new().with("condition", "service_completed_successfully");
        conditions.add("secrets", done);
    }
    for need in &container.needs {
        conditions.add(
            need.as_str(),
            Map::new().with("condition", "service_healthy"),
        );
    }
    if !conditions.is_empty() {
        map.add("depends_on", conditions);
    }
    if !container.healthcheck.is_empty() {
        map.add("healthcheck", check(&container.healthcheck));
    }
    services.add(host, map);
}

fn check(command: &[String]) -> Map {
    let words = ["CMD".to_owned()].into_iter();
    let words = words.chain(command.iter().map(|word| word.replace('$', "$$")));
    Map::new()
        .with("test", words.collect::<Vec<_>>())
        .with("interval", "30s")
        .with("timeout", "10s")
        .with("retries", 3)
        .with("start_period", "40s")
}

/// Whether the runbooks are served beside Prometheus.
pub(super) fn has_runbooks(system: &System) -> bool {
    system.runbooks.is_none()
}

/// Where a database is that an exporter looks at.
pub(super) fn database(system: &System, exporter: Exporter) -> String {
    let default = match exporter {
        Exporter::Postgres => "database:5432",
        _ => "redis:6379",
    };
    let known = system.databases.get(&exporter);
    known.map_or_else(|| default.to_owned(), Clone::clone)
}
