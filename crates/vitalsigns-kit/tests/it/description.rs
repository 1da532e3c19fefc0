//! Descriptions: what is read, and what is said of those that are wrong.

use std::time::Duration;

use proptest::prelude::*;
use vitalsigns::families::HttpServer;
use vitalsigns::{Catalogue, Registry};
use vitalsigns_kit::exporters::Exporter;
use vitalsigns_kit::generate::artefacts;
use vitalsigns_kit::system::description::{read, write};
use vitalsigns_kit::system::{
    Audience, Container, Email, ImageSource, Receivers, Retention, Service, Slack, System, Webhook,
};

fn catalogue() -> Catalogue {
    let registry = Registry::new();
    HttpServer::register(&registry).unwrap();
    registry.catalogue()
}

fn load(source: &str) -> Result<Catalogue, String> {
    match source.contains("missing") {
        true => Err(format!("`{source}` cannot be read")),
        false => Ok(catalogue()),
    }
}

const WHOLE: &str = r##"
system: azora
title: Azora OS
team: platform
interval: 10s
runbooks: https://wiki.example.org/azora/
retention: { time: 90d, size: 50GB }
remote_write: http://archive:8428/api/v1/write
services:
  azora-gateway:
    target: api-gateway:4000
    interval: 5s
    path: /internal/metrics
    readiness: /health
    token: gateway_token
    catalogue: gateway.json
    build:
      context: ../..
      file: deploy/Dockerfile
      target: azora
    command: [azora, --listen, "0.0.0.0:4000"]
    environment: { WORKERS: 4 }
    secrets: [provider_key]
    data: /data
    needs: [database]
    memory: 1g
  azora-auth: { target: "auth:3001", catalogue: auth.json }
beside:
  database:
    image: postgres:16.8-alpine
    healthcheck: [pg_isready]
exporters: [node, postgres: "database:5432"]
secrets: { provider_key: "a | b" }
receivers:
  email:
    smarthost: smtp.example.org:587
    from: alerts@example.org
    username: alerts
    to: team@example.org
    critical: oncall@example.org
    escalation: head@example.org
  slack: { critical: "#critical", warning: "#warning", info: "#info" }
  pagerduty: true
  sms: http://sms:8080/
  webhook: secret
  dead_man: secret
  audiences:
    team:
      video: { slack: "#video" }
    domain:
      payments: { email: payments@example.org }
"##;

fn whole() -> System {
    let gateway = Service::new("azora-gateway", "api-gateway:4000", catalogue())
        .interval(Duration::from_secs(5))
        .path("/internal/metrics")
        .readiness("/health")
        .token("gateway_token")
        .container(
            Container::build("../..")
                .file("deploy/Dockerfile")
                .target("azora")
                .command(["azora", "--listen", "0.0.0.0:4000"])
                .environment("WORKERS", "4")
                .secret("provider_key")
                .data("/data")
                .needs("database")
                .memory("1g"),
        );
    let email = Email::new(
        "smtp.example.org:587",
        "alerts@example.org",
        "team@example.org",
    )
    .username("alerts")
    .critical("oncall@example.org")
    .escalation("head@example.org");
    let receivers = Receivers::new()
        .email(email)
        .slack(Slack::new("#critical").warning("#warning").info("#info"))
        .pagerduty()
        .sms(Webhook::At("http://sms:8080/".to_owned()))
        .webhook(Webhook::Secret)
        .dead_man(Webhook::Secret)
        .audience(Audience::team("video").slack("#video"))
        .audience(Audience::new("domain", "payments").email("payments@example.org"));
    System::new("azora")
        .title("Azora OS")
        .team("platform")
        .interval(Duration::from_secs(10))
        .runbooks("https://wiki.example.org/azora/")
        .retention(Retention::new("90d", "50GB"))
        .remote_write("http://archive:8428/api/v1/write")
        .service(gateway)
        .service(Service::new("azora-auth", "auth:3001", catalogue()))
        .beside(
            "database",
            Container::image("postgres:16.8-alpine").healthcheck(["pg_isready"]),
        )
        .secret("provider_key", "a | b")
        .exporter(Exporter::Node)
        .database(Exporter::Postgres, "database:5432")
        .receivers(receivers)
}

#[test]
fn a_description_is_the_system_that_it_describes() {
    assert_eq!(read(WHOLE, load).unwrap(), whole());
    // And what is written is read as the same.
    let written = write(&whole());
    assert_eq!(read(&written, load).unwrap(), whole(), "{written}");
    let small = System::new("shop");
    assert_eq!(read(&write(&small), load).unwrap(), small);
}

#[test]
fn the_same_description_makes_the_same_files() {
    let files = artefacts(&read(WHOLE, load).unwrap()).unwrap();
    assert_eq!(files, artefacts(&whole()).unwrap());
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert!(paths.is_sorted());
    for file in &files {
        assert!(file.text.ends_with('\n'), "{}", file.path);
    }
}

/// Descriptions that are wrong, and what is said of them.
const WRONG: &[(&str, &str)] = &[
    ("", "1: the description is nothing, and it has to be a map"),
    ("{}", "1: `system` is missing"),
    (
        "system: shop\nservices: [api]\n",
        "2: `services` is a list, and it has to be a map",
    ),
    ("system: shop\nsystem: shop\n", "2: this is no YAML: "),
    ("system: shop\n\tteam: a\n", "1: this is no YAML: "),
    (
        "system: The Shop\n",
        "1: `system` is `The Shop`, and it has to be of lower-case letters",
    ),
    (
        "system: shop\ninterval: 15\n",
        "2: `interval` is `15`, and it has to be a time, as `15s`",
    ),
    (
        "system: shop\ninterval: 10m\n",
        "2: `interval` is `600s`, and it has to be between 500ms and 2m",
    ),
    (
        "system: shop\nretention: { time: 90 }\n",
        "2: `retention.time` is `90`, and it has to be a time",
    ),
    (
        "system: shop\nrunbooks: wiki\n",
        "2: `runbooks` is `wiki`, and it has to be an address",
    ),
    (
        "system: shop\nservices:\n  api:\n    catalogue: a.json\n",
        "3: `services.api.target` is missing",
    ),
    (
        "system: shop\nservices:\n  api: {}\n",
        "3: `services.api.catalogue` is missing",
    ),
    (
        "system: shop\nservices:\n  api:\n    target: api:80\n    catalogue: missing.json\n",
        "5: `services.api.catalogue`: `missing.json` cannot be read",
    ),
    (
        "system: shop\nservices:\n  api:\n    catalogue: a.json\n    target: api\n",
        "5: `services.api.target` is `api`, and it has to be a host with its port",
    ),
    (
        "system: shop\nservices:\n  api:\n    catalogue: a.json\n    target: api:80\n    intervall: 5s\n",
        "6: there is no key `services.api.intervall`; did you mean `interval`?",
    ),
    (
        "system: shop\nservices:\n  ../../etc:\n    catalogue: a.json\n    target: api:80\n",
        "3: `services.../../etc` is `../../etc`, and it has to be of lower-case letters",
    ),
    (
        "system: shop\nservices:\n  grafana: { catalogue: a.json, target: \"api:80\" }\n",
        "3: `services.grafana` is `grafana`, and it has to be a job that nothing else has",
    ),
    (
        "system: shop\nservices:\n  api: { catalogue: a.json, target: \"grafana:80\", image: \"shop:1\" }\n",
        "3: `services.api.target` is `grafana:80`, and it has to be a host that nothing else has",
    ),
    (
        "system: shop\nservices:\n  api: { catalogue: a.json, target: \"api:80\", image: shop }\n",
        "3: `services.api.image` is `shop`, and it has to be an image with a tag other than `latest`",
    ),
    (
        "system: shop\nservices:\n  api: { catalogue: a.json, target: \"api:80\", image: \"shop:1\", build: \".\" }\n",
        "3: `services.api` has `image` and `build`: say one",
    ),
    (
        "system: shop\nservices:\n  api: { catalogue: a.json, target: \"api:80\", data: /data }\n",
        "3: `services.api.data` goes with `image` or `build`, and neither is there",
    ),
    (
        "system: shop\nservices:\n  api: { catalogue: a.json, target: \"api:80\", image: \"shop:1\", needs: [cache] }\n",
        "3: `services.api.needs` is `cache`, and it has to be a host that the stack runs",
    ),
    (
        "system: shop\nbeside:\n  redis: { image: \"redis:7\", environment: { \"A B\": c } }\n",
        "3: `beside.redis.environment` is `A B`, and it has to be the name of a variable",
    ),
    (
        "system: shop\nbeside:\n  redis: { image: \"redis:7\", mounts: [\"./a:/b\"] }\n",
        "3: `beside.redis.mounts` is `./a:/b`, and it has to be two paths, to read",
    ),
    (
        "system: shop\nbeside:\n  redis: {}\n",
        "3: `beside.redis` has neither `image` nor `build`",
    ),
    (
        "system: shop\nexporters: [nod]\n",
        "2: there is no exporter `nod`; did you mean `node`?",
    ),
    (
        "system: shop\nexporters: node\n",
        "2: `exporters` has to be a list",
    ),
    (
        "system: shop\nexporters: [node: \"a:1\"]\n",
        "2: `exporters.node` looks at no database: write `node` alone",
    ),
    (
        "system: shop\nreceivers:\n  email: { to: a@b }\n",
        "3: `receivers.email.smarthost` is missing",
    ),
    (
        "system: shop\nreceivers:\n  slack: { critical: alerts }\n",
        "3: `receivers.slack.critical` is `alerts`, and it has to be a channel",
    ),
    (
        "system: shop\nreceivers:\n  pagerduty: key\n",
        "3: `receivers.pagerduty` is `key`, and it has to be `true` or `false`",
    ),
    (
        "system: shop\nreceivers:\n  dead_man: elsewhere\n",
        "3: `receivers.dead_man` is `elsewhere`, and it has to be an address",
    ),
    (
        "system: shop\nreceivers:\n  audiences: { team: { video: { slack: \"#video\" } } }\n",
        "3: `receivers.audiences.team.video.slack` is `#video`, and it has to be beside `receivers.slack`",
    ),
];

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, expected) in WRONG {
        let error = read(text, load).expect_err(text);
        let told = error.to_string();
        let is_told = told.lines().any(|line| line.starts_with(expected));
        assert!(is_told, "{text}\n{told}\ninstead of: {expected}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let text = "system: shop\nteem: a\ninterval: 15\nexporters: [nod]\n";
    let error = read(text, load).unwrap_err();
    let lines: Vec<usize> = error.0.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [2, 3, 4]);
}

/// Lines of a right description, in whatever disorder.
fn disorder() -> impl Strategy<Value = String> {
    let lines: Vec<&'static str> = WHOLE.lines().collect();
    let line = prop_oneof![
        4 => prop::sample::select(lines).prop_map(str::to_owned),
        1 => "[ ]{0,6}[a-z:\\[\\]{}\"#&*!|>%@-]{0,12}",
        1 => any::<String>(),
    ];
    prop::collection::vec(line, 0..30).prop_map(|lines| lines.join("\n"))
}

/// A piece of a right description changed.
fn changed() -> impl Strategy<Value = String> {
    let at = 0..WHOLE.len();
    (at, 0..8_usize, "[a-z0-9: \\n\\[\\]{}\"'#.-]{0,4}").prop_map(|(at, length, new)| {
        let mut text = WHOLE.to_owned();
        text.replace_range(at..(at + length).min(WHOLE.len()), &new);
        text
    })
}

proptest! {
    // Each that is right makes all files of a stack.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_read_is_refused_or_makes_files(text in prop_oneof![disorder(), changed()]) {
        match read(&text, load) {
            Ok(system) => {
                let files = artefacts(&system).unwrap();
                prop_assert!(files.iter().all(|file| !file.path.contains("..")));
                let written = write(&system);
                let again = read(&written, load);
                prop_assert_eq!(again.as_ref(), Ok(&system), "{}", written);
            }
            Err(error) => {
                let lines = text.lines().count().max(1) + 1;
                prop_assert!(!error.0.is_empty());
                prop_assert!(error.0.iter().all(|fault| (1..=lines).contains(&fault.line)), "{}", error);
            }
        }
    }
}

#[test]
fn an_image_can_be_had_or_made() {
    let Some(container) = &whole().services[0].container.clone() else {
        panic!("it is run");
    };
    assert!(matches!(&container.source, ImageSource::Build { .. }));
}
