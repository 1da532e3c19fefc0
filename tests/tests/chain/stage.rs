//! The three examples, what they depend on, and everything that is generated for them, as processes.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tests::alertmanager::Alertmanager;
use tests::program::{Program, free_port};
use tests::prometheus::Prometheus;
use tests::sink::Sink;
use tests::temp::TempDir;
use tests::{http, poll, postgres::Postgres, redis::Redis};
use vitalsigns_kit::client::Client;
use vitalsigns_kit::exporters::Exporter;
use vitalsigns_kit::generate::artefacts;
use vitalsigns_kit::system::{Receivers, Service, System, Webhook};

use crate::shorter;

/// How long an example may take until it answers.
const START: Duration = Duration::from_secs(60);

/// How far back rates look, in seconds.
pub(crate) const WINDOW: u32 = 20;

/// An example that runs and visits itself.
pub(crate) struct Example {
    pub(crate) name: &'static str,
    port: u16,
    more: Vec<String>,
    process: Option<Program>,
}

impl Example {
    fn start(name: &'static str, more: Vec<String>) -> Self {
        let mut example = Example {
            name,
            port: free_port(),
            more,
            process: None,
        };
        example.resume();
        example
    }

    /// Starts it, at the same port as before.
    pub(crate) fn resume(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
        command
            .args([self.name, "--demo", "--listen"])
            .arg(self.address())
            .args(&self.more);
        self.process = Some(Program::start(command));
        let ready = self.url("/readyz");
        poll::until(START, &format!("{} to be ready", self.name), || {
            http::get(&ready, &[])
                .ok()
                .filter(|answer| answer.status == 200)
        });
    }

    /// Kills it, so that it has no time for anything.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal("KILL");
            process.wait(START);
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }
}

/// Everything.
pub(crate) struct Stage {
    pub(crate) examples: [Example; 3],
    pub(crate) redis: Redis,
    _postgres: Postgres,
    pub(crate) system: System,
    pub(crate) sink: Sink,
    pub(crate) alertmanager: Alertmanager,
    pub(crate) prometheus: Prometheus,
    pub(crate) folder: TempDir,
    _exporters: Vec<Program>,
}

impl Stage {
    pub(crate) fn start() -> Self {
        let redis = Redis::start();
        redis.command("CONFIG SET maxmemory 64mb").unwrap();
        let postgres = Postgres::start();
        let stores = ["--redis", &redis.url(), "--postgres", &postgres.url()];
        let examples = [
            Example::start("aura-render", Vec::new()),
            Example::start("azora", Vec::new()),
            Example::start("auren", stores.map(str::to_owned).into()),
        ];
        let sink = Sink::start();
        let system = system(&examples, &sink);
        let folder = TempDir::new();
        let (exporters, addresses) = exporters(&redis, &postgres);
        write(&system, &addresses, folder.path());
        let alertmanager =
            Alertmanager::start(&folder.path().join("alertmanager/alertmanager.yml"));
        let configuration = folder.path().join("prometheus/prometheus.yml");
        let text = fs::read_to_string(&configuration).unwrap();
        let text = text.replace("alertmanager:9093", &alertmanager.program().address());
        let prometheus = Prometheus::start_configured(|port| {
            let itself = format!("127.0.0.1:{port}");
            fs::write(&configuration, text.replace("prometheus:9090", &itself)).unwrap();
            configuration.clone()
        });
        Stage {
            examples,
            redis,
            _postgres: postgres,
            system,
            sink,
            alertmanager,
            prometheus,
            folder,
            _exporters: exporters,
        }
    }

    /// Every expression of every panel, with where it stands.
    pub(crate) fn panels(&self) -> Vec<(String, String)> {
        let mut panels = Vec::new();
        for artefact in artefacts(&self.system).unwrap() {
            if artefact.path.starts_with("grafana/dashboards/") {
                let dashboard: Value = serde_json::from_str(&artefact.text).unwrap();
                collect(&dashboard["title"], &dashboard["panels"], &mut panels);
            }
        }
        panels
    }
}

fn collect(dashboard: &Value, panels: &Value, all: &mut Vec<(String, String)>) {
    for panel in panels.as_array().into_iter().flatten() {
        collect(dashboard, &panel["panels"], all);
        for target in panel["targets"].as_array().into_iter().flatten() {
            let place = format!(
                "{} / {}",
                dashboard.as_str().unwrap_or_default(),
                panel["title"].as_str().unwrap_or_default()
            );
            all.push((place, target["expr"].as_str().unwrap().to_owned()));
        }
    }
}

fn system(examples: &[Example; 3], sink: &Sink) -> System {
    let client = Client::new();
    let mut system = System::new("fleet")
        .title("Fleet")
        .interval(Duration::from_secs(1))
        .exporter(Exporter::Node)
        .exporter(Exporter::Redis)
        .exporter(Exporter::Postgres)
        .receivers(Receivers::new().webhook(Webhook::At(sink.url())));
    for example in examples {
        let catalogue = client.catalogue(&example.url("/metrics")).unwrap();
        let service = Service::new(example.name, example.address(), catalogue);
        system = system.service(service.interval(Duration::from_secs(1)));
    }
    system
}

/// The exporters, and where each is in place of where it is in a network of containers.
fn exporters(redis: &Redis, postgres: &Postgres) -> (Vec<Program>, Vec<(String, String)>) {
    let start = |name: &str, more: &dyn Fn(&mut Command)| {
        Program::serve("/metrics", START, |port| {
            let mut command = Command::new(name);
            command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
            more(&mut command);
            command
        })
    };
    let node = start("prometheus-node-exporter", &|_| {});
    let of_redis = start("prometheus-redis-exporter", &|command| {
        command.arg(format!("--redis.addr={}", redis.url()));
    });
    let of_postgres = start("prometheus-postgres-exporter", &|command| {
        command.env(
            "DATA_SOURCE_NAME",
            format!("{}?sslmode=disable", postgres.url()),
        );
    });
    let addresses = [
        (Exporter::Node, node.address()),
        (Exporter::Redis, of_redis.address()),
        (Exporter::Postgres, of_postgres.address()),
    ];
    let addresses = addresses
        .map(|(exporter, address)| (format!("{}:{}", exporter.host(), exporter.port()), address));
    (vec![node, of_redis, of_postgres], addresses.into())
}

/// Everything that is generated, where it is for now and as quick as a test.
fn write(system: &System, addresses: &[(String, String)], folder: &Path) {
    for artefact in artefacts(system).unwrap() {
        let mut text = artefact.text;
        if artefact.path.starts_with("prometheus/rules/") {
            text = shorter::rules(&text, WINDOW);
        }
        if artefact.path.starts_with("alertmanager/") {
            text = shorter::routes(&text);
        }
        if artefact.path == "prometheus/prometheus.yml" {
            text = shorter::scrapes(&text);
            for (name, address) in addresses {
                text = text.replace(name, address);
            }
        }
        let path = folder.join(&artefact.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}
