//! The containers of the stack itself.

use super::compose::{database, has_runbooks};
use super::secrets;
use crate::exporters::Exporter;
use crate::system::System;
use crate::yaml_text::{Map, Yaml};

/// A container of the stack.
pub(super) struct Part {
    pub(super) host: &'static str,
    pub(super) about: &'static str,
    pub(super) image: &'static str,
    /// Runs only with this profile.
    pub(super) profile: Option<&'static str>,
    /// What only it has: its command, its environment.
    pub(super) extra: Vec<(&'static str, Yaml)>,
    pub(super) memory: &'static str,
    /// The folder that outlives it.
    pub(super) data: Option<&'static str>,
    pub(super) mounts: &'static [&'static str],
    pub(super) ports: Vec<String>,
    pub(super) networks: &'static [&'static str],
    pub(super) secrets: Vec<String>,
    /// What comes first, and when that has come.
    pub(super) needs: Vec<(&'static str, &'static str)>,
    /// The command that tells whether it is well; none if there can be none.
    pub(super) healthcheck: Option<Vec<String>>,
    /// It ends by itself.
    pub(super) runs_once: bool,
    /// It may write nothing and has no privileges.
    pub(super) is_bound: bool,
    /// As whom it runs; as the image says if none.
    pub(super) user: Option<&'static str>,
}

/// With which profile an exporter runs; Prometheus, Alertmanager and Grafana always do.
pub(super) fn profile(exporter: Exporter) -> Option<&'static str> {
    match exporter {
        Exporter::Prometheus | Exporter::Alertmanager | Exporter::Grafana => None,
        Exporter::Node => Some("node"),
        Exporter::Cadvisor => Some("containers"),
        Exporter::Redis => Some("redis"),
        Exporter::Postgres => Some("postgres"),
        Exporter::Blackbox => Some("blackbox"),
        Exporter::Dcgm => Some("gpu"),
    }
}

/// The containers of the stack of a system, in the order of its file.
pub(super) fn parts(system: &System) -> Vec<Part> {
    let mut parts = vec![checked_secrets(system)];
    parts.extend(
        system
            .exporters
            .iter()
            .map(|exporter| of_exporter(system, *exporter)),
    );
    if has_runbooks(system) {
        parts.push(runbooks());
    }
    parts
}

const CHECKED: (&str, &str) = ("secrets", "service_completed_successfully");

/// A container that may write nothing and is asked by wget.
fn part(host: &'static str, image: &'static str, port: u16, path: &str) -> Part {
    let url = format!("http://127.0.0.1:{port}{path}");
    let words = ["wget", "-q", "-O", "/dev/null", &url];
    Part {
        host,
        about: "",
        image,
        profile: None,
        extra: Vec::new(),
        memory: "128m",
        data: None,
        mounts: &[],
        ports: Vec::new(),
        networks: &["back"],
        secrets: Vec::new(),
        needs: Vec::new(),
        healthcheck: Some(words.map(str::to_owned).to_vec()),
        runs_once: false,
        is_bound: true,
        user: Some("65534:65534"),
    }
}

fn of_exporter(system: &System, exporter: Exporter) -> Part {
    let own = secrets::of_exporter(exporter).iter();
    let own: Vec<String> = own.map(|secret| (*secret).to_owned()).collect();
    let needs = if own.is_empty() {
        Vec::new()
    } else {
        vec![CHECKED]
    };
    let mut part = match exporter {
        Exporter::Prometheus => prometheus(system),
        Exporter::Alertmanager => alertmanager(system),
        Exporter::Grafana => grafana(),
        Exporter::Node => node(),
        Exporter::Cadvisor => cadvisor(),
        Exporter::Redis => redis(system),
        Exporter::Postgres => postgres(system),
        Exporter::Blackbox => Part {
            about: "Whether the services can be used, as seen from outside of them.",
            extra: command(["--config.file=/etc/blackbox/blackbox.yml"]),
            mounts: &["./blackbox:/etc/blackbox:ro"],
            networks: reach(
                system
                    .services
                    .iter()
                    .all(|service| service.container.is_some()),
            ),
            ..self::part(
                "blackbox-exporter",
                "prom/blackbox-exporter:v0.27.0",
                9115,
                "/-/healthy",
            )
        },
        Exporter::Dcgm => dcgm(),
    };
    part.profile = profile(exporter);
    part.secrets.extend(own);
    part.needs.extend(needs);
    part
}

/// The networks of who looks only at what the stack runs, or at more.
fn reach(is_inside: bool) -> &'static [&'static str] {
    match is_inside {
        true => &["back"],
        false => &["back", "front"],
    }
}

/// Those of the exporter of a database.
fn reach_database(system: &System, exporter: Exporter) -> &'static [&'static str] {
    let address = database(system, exporter);
    let host = address.rsplit_once(':').map_or("", |(host, _)| host);
    reach(system.beside.contains_key(host))
}

fn command(words: impl IntoIterator<Item = impl Into<Yaml>>) -> Vec<(&'static str, Yaml)> {
    let words: Vec<Yaml> = words.into_iter().map(Into::into).collect();
    vec![("command", words.into())]
}

/// Ends well only if all secrets are there.
fn checked_secrets(system: &System) -> Part {
    let secrets: Vec<String> = secrets::needed(system)
        .into_keys()
        .map(str::to_owned)
        .collect();
    let script = "for secret in \"$$@\"; do\n  \
                  [ -s \"/run/secrets/$$secret\" ] && continue\n  \
                  echo \"secrets/$$secret is missing or empty; see secrets/README.md\" >&2\n  \
                  exit 1\n\
                  done\n";
    let mut words: Vec<Yaml> = ["sh", "-c", script, "secrets"].map(Yaml::from).to_vec();
    words.extend(secrets.iter().map(|secret| Yaml::from(secret.as_str())));
    Part {
        about: "Nothing that needs a secret starts before all of them are there: the others wait until this\n\
                has ended well.",
        extra: command(words),
        memory: "32m",
        networks: &[],
        secrets,
        healthcheck: None,
        runs_once: true,
        ..part("secrets", "busybox:1.37.0", 0, "")
    }
}

fn prometheus(system: &System) -> Part {
    let mut tokens: Vec<String> = secrets::of_pages(system).map(str::to_owned).collect();
    tokens.sort();
    tokens.dedup();
    let retention = &system.retention;
    let words = [
        "--config.file=/etc/prometheus/prometheus.yml".to_owned(),
        "--storage.tsdb.path=/prometheus".to_owned(),
        format!("--storage.tsdb.retention.time={}", retention.time),
        format!("--storage.tsdb.retention.size={}", retention.size),
        "--web.external-url=http://localhost:9090/".to_owned(),
    ];
    Part {
        about: "Its lifecycle and admin API stay off: `docker compose kill -s HUP prometheus` reloads it.",
        extra: command(words),
        memory: "2g",
        data: Some("/prometheus"),
        mounts: &["./prometheus:/etc/prometheus:ro"],
        ports: vec!["127.0.0.1:9090:9090".to_owned()],
        networks: &["back", "front"],
        needs: vec![CHECKED, ("alertmanager", "service_healthy")],
        secrets: tokens,
        ..part("prometheus", "prom/prometheus:v3.5.0", 9090, "/-/ready")
    }
}

fn alertmanager(system: &System) -> Part {
    let secrets = system.receivers.secrets();
    Part {
        about: "Alone, so without a cluster of its own.",
        extra: command([
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
            "--cluster.listen-address=",
            "--web.external-url=http://localhost:9093/",
        ]),
        memory: "256m",
        data: Some("/alertmanager"),
        mounts: &["./alertmanager:/etc/alertmanager:ro"],
        ports: vec!["127.0.0.1:9093:9093".to_owned()],
        networks: &["back", "front"],
        secrets: secrets.into_iter().map(str::to_owned).collect(),
        needs: vec![CHECKED],
        ..part(
            "alertmanager",
            "prom/alertmanager:v0.28.1",
            9093,
            "/-/ready",
        )
    }
}

fn grafana() -> Part {
    let environment = Map::new()
        .with(
            "GF_SECURITY_ADMIN_PASSWORD__FILE",
            "/run/secrets/grafana_admin_password",
        )
        .with(
            "GF_SECURITY_SECRET_KEY__FILE",
            "/run/secrets/grafana_secret_key",
        )
        .with("GF_USERS_ALLOW_SIGN_UP", "false")
        .with("GF_AUTH_ANONYMOUS_ENABLED", "false")
        .with("GF_SECURITY_DISABLE_GRAVATAR", "true")
        .with("GF_ANALYTICS_REPORTING_ENABLED", "false")
        .with("GF_ANALYTICS_CHECK_FOR_UPDATES", "false")
        .with("GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "false")
        .with("GF_LOG_MODE", "console");
    Part {
        extra: vec![
            ("environment", environment.into()),
            ("tmpfs", ["/tmp"].into()),
        ],
        memory: "512m",
        data: Some("/var/lib/grafana"),
        mounts: &[
            "./grafana/provisioning:/etc/grafana/provisioning:ro",
            "./grafana/dashboards:/etc/grafana/dashboards:ro",
        ],
        ports: vec!["127.0.0.1:3000:3000".to_owned()],
        networks: &["back", "front"],
        secrets: secrets::of_grafana().map(str::to_owned).to_vec(),
        needs: vec![CHECKED, ("prometheus", "service_healthy")],
        // Its image has a user of its own, who owns what it writes.
        user: None,
        ..part("grafana", "grafana/grafana:11.6.3", 3000, "/api/health")
    }
}

fn node() -> Part {
    let mut extra = command([
        "--path.rootfs=/host",
        "--path.procfs=/host/proc",
        "--path.sysfs=/host/sys",
        "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|var/lib/docker/.+)($$|/)",
    ]);
    extra.push(("pid", "host".into()));
    Part {
        about: "The machine. Of its networks it sees that of the container alone: for more it has to run\n\
                outside of containers.",
        extra,
        mounts: &["/:/host:ro,rslave"],
        ..part("node-exporter", "prom/node-exporter:v1.9.1", 9100, "/")
    }
}

fn cadvisor() -> Part {
    Part {
        about: "The containers. It has to read what only root may.",
        extra: [
            command(["--docker_only=true", "--housekeeping_interval=15s"]),
            vec![("devices", ["/dev/kmsg"].into())],
        ]
        .concat(),
        memory: "256m",
        mounts: &[
            "/:/rootfs:ro",
            "/var/run:/var/run:ro",
            "/sys:/sys:ro",
            "/var/lib/docker/:/var/lib/docker:ro",
            "/dev/disk/:/dev/disk:ro",
        ],
        is_bound: false,
        user: None,
        ..part(
            "cadvisor",
            "ghcr.io/google/cadvisor:v0.53.0",
            8080,
            "/healthz",
        )
    }
}

fn redis(system: &System) -> Part {
    let address = format!("redis://{}", database(system, Exporter::Redis));
    let environment = Map::new().with("REDIS_ADDR", address).with(
        "REDIS_PASSWORD_FILE",
        "/run/secrets/redis_exporter_passwords",
    );
    Part {
        about: "Of the variants of this image, this one has a shell and wget.",
        extra: vec![("environment", environment.into())],
        networks: reach_database(system, Exporter::Redis),
        ..part(
            "redis-exporter",
            "oliver006/redis_exporter:v1.74.0-alpine",
            9121,
            "/health",
        )
    }
}

fn postgres(system: &System) -> Part {
    let address = database(system, Exporter::Postgres);
    let environment = Map::new()
        .with(
            "DATA_SOURCE_URI",
            format!("{address}/postgres?sslmode=disable"),
        )
        .with("DATA_SOURCE_USER", "monitoring")
        .with(
            "DATA_SOURCE_PASS_FILE",
            "/run/secrets/postgres_exporter_password",
        );
    Part {
        about: "It logs in as `monitoring`, who may read statistics and nothing else.",
        extra: vec![("environment", environment.into())],
        networks: reach_database(system, Exporter::Postgres),
        ..part(
            "postgres-exporter",
            "quay.io/prometheuscommunity/postgres-exporter:v0.17.1",
            9187,
            "/",
        )
    }
}

fn dcgm() -> Part {
    let device = Map::new()
        .with("driver", "nvidia")
        .with("count", "all")
        .with("capabilities", ["gpu"]);
    let reservations = Map::new().with("devices", [device]);
    let resources = Map::new().with("reservations", reservations);
    Part {
        about: "The GPUs of the machine, which needs NVIDIA's container toolkit. The image has nothing that\n\
                could ask it whether it is well; that Prometheus reaches it has to do.",
        extra: vec![
            ("deploy", Map::new().with("resources", resources).into()),
            ("cap_add", ["SYS_ADMIN"].into()),
        ],
        memory: "512m",
        healthcheck: None,
        is_bound: false,
        user: None,
        ..part(
            "dcgm-exporter",
            "nvcr.io/nvidia/k8s/dcgm-exporter:3.3.9-3.6.1-ubuntu22.04",
            0,
            "",
        )
    }
}

/// The pages that alerts link to.
fn runbooks() -> Part {
    Part {
        about: "The pages that alerts link to.",
        extra: command(["httpd", "-f", "-p", "8081", "-h", "/runbooks"]),
        memory: "32m",
        mounts: &["./runbooks:/runbooks:ro"],
        ports: vec!["127.0.0.1:8081:8081".to_owned()],
        networks: &["front"],
        ..part("runbooks", "busybox:1.37.0", 8081, "/")
    }
}
