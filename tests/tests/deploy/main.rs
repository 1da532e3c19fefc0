//! `deploy/` is what the examples serve: their kits are made anew from their registries, and have to
//! be those that are there.

mod scripts;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::{env, fs};

use tests::stack::{compose_takes, every_alertmanager_takes, prometheus_takes, routes_lead_there};
use vitalsigns::Catalogue;
use vitalsigns_kit::alert::alerts;
use vitalsigns_kit::exporters::Exporter;
use vitalsigns_kit::generate::{artefacts, check};
use vitalsigns_kit::system::{Audience, System, description};

const EXAMPLES: [&str; 3] = ["azora", "auren", "aura-render"];

fn deploy(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy")
        .join(example)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The system that a description in a folder describes.
#[track_caller]
fn described(folder: &Path) -> System {
    let load = |source: &str| {
        Catalogue::from_json(&read(&folder.join(source))).map_err(|error| error.to_string())
    };
    let text = read(&folder.join("vitalsigns.yml"));
    description::read(&text, load).unwrap_or_else(|error| panic!("vitalsigns.yml:{error}"))
}

/// Compares the committed catalogue with the one that is served, and the kit with the one that is
/// made.
#[track_caller]
fn compare(example: &str, job: &str, served: &Catalogue) {
    let folder = deploy(example);
    let command =
        format!("cargo run -p vitalsigns-kit -- generate deploy/{example}/vitalsigns.yml");
    let path = folder.join(format!("catalogue/{job}.json"));
    let text = format!("{}\n", served.to_json());
    if fs::read_to_string(&path).unwrap_or_default() != text {
        let shown = path.display();
        if env::var("CI").is_ok_and(|ci| ci == "true") {
            panic!("{shown} is not what {example} serves: run this test locally, then `{command}`");
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        panic!("{shown} was not what {example} serves; it was rewritten: run `{command}`");
    }
    let files = artefacts(&described(&folder)).unwrap_or_else(|error| panic!("{error}"));
    let report = check(&folder, &files).unwrap_or_else(|error| panic!("{error}"));
    assert!(
        report.is_current(),
        "deploy/{example} is not what is made: run `{command}` and look at what changed: {report:#?}"
    );
}

/// On a runtime of its own with more than one thread, as the programs have it.
fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

#[test]
fn azora_is_deployed_as_it_is() {
    let served = run(azora::Server::catalogue()).unwrap();
    compare("azora", "azora-gateway", &served);
}

#[test]
fn auren_is_deployed_as_it_is() {
    let served = run(auren::Server::catalogue()).unwrap();
    compare("auren", "biometric-api", &served);
}

#[test]
fn aura_render_is_deployed_as_it_is() {
    let served = run(aura_render::Server::catalogue()).unwrap();
    compare("aura-render", "aura-render", &served);
}

#[test]
fn those_who_read_the_files_take_them() {
    for example in EXAMPLES {
        let folder = deploy(example);
        prometheus_takes(&folder, "prometheus/prometheus.yml");
        every_alertmanager_takes(&folder);
        assert!(routes_lead_there(&folder) > 5);
        compose_takes(&folder);
    }
}

/// Somebody who is told besides has something to be told of.
#[test]
fn every_audience_has_alerts() {
    let mut audiences = 0;
    for example in EXAMPLES {
        let system = described(&deploy(example));
        let groups = alerts(&system).unwrap();
        let alerts: Vec<_> = groups.iter().flat_map(|group| &group.alerts).collect();
        for Audience { label, value, .. } in &system.receivers.audiences {
            audiences += 1;
            let is_reached = alerts
                .iter()
                .any(|alert| alert.labels.get(label) == Some(value));
            assert!(is_reached, "{example}: no alert has {label}=\"{value}\"");
        }
    }
    assert!(audiences >= 2);
}

#[test]
fn names_and_ports_are_those_of_the_documents() {
    for (example, job, target, seconds) in [
        ("azora", "azora-gateway", "api-gateway:4000", Some(5)),
        ("auren", "biometric-api", "biometric-production:8888", None),
        ("aura-render", "aura-render", "app:8000", None),
    ] {
        let system = described(&deploy(example));
        let service = &system.services[0];
        assert_eq!(
            (service.job.as_str(), service.target.as_str()),
            (job, target)
        );
        assert_eq!(service.interval.map(|interval| interval.as_secs()), seconds);
        assert_eq!(system.interval.as_secs(), 15);
        assert!(system.exporters.contains(&Exporter::Node));
        let compose = read(&deploy(example).join("compose.yml"));
        let port = service.port().unwrap();
        assert!(
            compose.contains(&format!("\"127.0.0.1:{port}:{port}\"")),
            "{compose}"
        );
    }
}
