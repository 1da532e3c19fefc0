//! The files of a stack before the programs that read them.

use std::fs;
use std::time::Duration;

use serde_json::Value;
use tests::stack::{
    accepted, alertmanager_takes, compose_takes, every_alertmanager_takes, prometheus_takes,
    routes_lead_there, says,
};
use tests::temp::TempDir;
use vitalsigns::families::HttpServer;
use vitalsigns::{Catalogue, Registry};
use vitalsigns_kit::alert::{Alert, Severity};
use vitalsigns_kit::exporters::Exporter;
use vitalsigns_kit::generate::write;
use vitalsigns_kit::query::Queries;
use vitalsigns_kit::stack::{receivers_of, routes, stack};
use vitalsigns_kit::system::{
    Audience, Container, Email, Receivers, Retention, Service, Slack, System, Webhook,
};

fn catalogue() -> Catalogue {
    let registry = Registry::new();
    HttpServer::register(&registry).unwrap();
    registry.catalogue()
}

/// Azora as its documents have it: eight services, each at its port.
pub(crate) fn azora() -> System {
    let jobs = [
        ("gateway", "api-gateway:4000", Some(5)),
        ("auth", "auth-service:3001", Some(10)),
        ("mint", "mint-service:3002", None),
        ("lms", "lms-service:3003", None),
        ("forge", "forge-service:3004", None),
        ("nexus", "nexus-service:3005", None),
        ("education", "education-service:3007", None),
        ("payments", "payments-service:3008", None),
    ];
    let system = System::new("azora").title("Azora OS").team("platform");
    let system = jobs
        .into_iter()
        .fold(system, |system, (name, target, seconds)| {
            let mut service = Service::new(format!("azora-{name}"), target, catalogue());
            service.interval = seconds.map(Duration::from_secs);
            system.service(service)
        });
    system
        .exporter(Exporter::Node)
        .exporter(Exporter::Cadvisor)
        .database(Exporter::Postgres, "database:5432")
        .database(Exporter::Redis, "redis:6379")
}

/// Everything that a description can say.
fn everything() -> System {
    let app = Container::build("../..")
        .target("app")
        .command(["app", "--price", "5$", "--listen", "0.0.0.0:8000"])
        .environment("TITLE", "a: \"b\" $c #d")
        .secret("app_key")
        .data("/data")
        .needs("redis")
        .memory("1g");
    let redis = Container::image("redis:7.4.2-alpine")
        .data("/data")
        .healthcheck(["redis-cli", "ping"]);
    let mut system = azora()
        .title("Azora: \"OS\" — #1 $HOME")
        .service(Service::new("app", "app:8000", catalogue()).container(app))
        .beside("redis", redis)
        .retention(Retention::new("90d", "50GB"))
        .remote_write("http://archive:8428/api/v1/write")
        .receivers(receivers(|url| Webhook::At(url.to_owned())));
    for exporter in Exporter::ALL {
        system = system.exporter(exporter);
    }
    system
}

pub(crate) fn receivers(webhook: impl Fn(&str) -> Webhook) -> Receivers {
    let email = Email::new(
        "smtp.example.org:587",
        "alerts@example.org",
        "team@example.org",
    )
    .critical("oncall@example.org")
    .escalation("head@example.org");
    let slack = Slack::new("#alerts-critical")
        .warning("#alerts-warning")
        .info("#alerts-info");
    Receivers::new()
        .email(email)
        .slack(slack)
        .pagerduty()
        .sms(webhook("http://sms:8080/send"))
        .webhook(webhook("http://recorder:9095/"))
        .dead_man(webhook("http://elsewhere:8000/ping"))
        .audience(Audience::team("video").slack("#video-generation"))
        .audience(
            Audience::team("ai")
                .slack("#ai-optimization")
                .email("ai@example.org"),
        )
        .audience(Audience::new("domain", "payments").email("payments@example.org"))
}

/// Writes the files of the stack of a system into a folder; the rest has judges of its own.
#[track_caller]
pub(crate) fn generated(system: &System) -> TempDir {
    assert_eq!(system.faults(), []);
    let folder = TempDir::new();
    let mut files = stack(system);
    files.push(routes(system, []));
    write(folder.path(), &files, false).unwrap();
    folder
}

#[test]
fn prometheus_takes_the_jobs_of_the_documents() {
    let folder = generated(&azora());
    prometheus_takes(folder.path(), "prometheus/prometheus.yml");
    let text = fs::read_to_string(folder.path().join("prometheus/prometheus.yml")).unwrap();
    for job in [
        "gateway",
        "auth",
        "mint",
        "lms",
        "forge",
        "nexus",
        "education",
        "payments",
    ] {
        assert_eq!(text.matches(&format!("job_name: azora-{job}\n")).count(), 1);
    }
    let gateway = "job_name: azora-gateway\n    scrape_interval: 5s\n";
    assert!(text.contains(gateway), "{text}");
    for exporter in [
        "redis-exporter:9121",
        "postgres-exporter:9187",
        "node-exporter:9100",
    ] {
        assert!(text.contains(exporter), "{text}");
    }
}

#[test]
fn everything_is_taken_by_prometheus() {
    let folder = generated(&everything());
    prometheus_takes(folder.path(), "prometheus/prometheus.yml");
}

/// The templates do nothing by themselves; in the place that each names they are right.
#[test]
fn templates_are_right_where_they_belong() {
    let folder = generated(&azora());
    let read = |path: &str| {
        let path = folder.path().join("prometheus").join(path);
        fs::read_to_string(path).unwrap()
    };
    let base = read("prometheus.yml");
    let federation = read("templates/federation.yml");
    let remote_write = read("templates/remote-write.yml");
    for (name, text) in [
        ("federation.yml", format!("{base}{federation}")),
        ("remote-write.yml", format!("{base}{remote_write}")),
        ("both.yml", format!("{base}{federation}{remote_write}")),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        prometheus_takes(folder.path(), name);
    }
    let all = fs::read_to_string(folder.path().join("both.yml")).unwrap();
    assert!(all.contains("job_name: federation-azora") && all.contains("remote_write:"));
    assert!(!base.contains("federat") && !base.contains("remote_write"));
}

#[test]
fn alertmanager_takes_whatever_is_declared() {
    let at = |url: &str| Webhook::At(url.to_owned());
    let all = receivers(at);
    let mut alone = vec![Receivers::new(), all.clone()];
    alone.push(Receivers::new().email(all.email.clone().unwrap()));
    alone.push(Receivers::new().slack(Slack::new("#critical")));
    alone.push(Receivers::new().pagerduty());
    alone.push(Receivers::new().sms(at("http://sms:8080/send")));
    alone.push(Receivers::new().dead_man(at("http://elsewhere:8000/ping")));
    for receivers in alone {
        every_alertmanager_takes(generated(&azora().receivers(receivers)).path());
    }
    for receivers in [
        receivers(|_| Webhook::Secret),
        Receivers::new().dead_man(Webhook::Secret),
        Receivers::new().webhook(Webhook::Secret),
    ] {
        alertmanager_takes(generated(&azora().receivers(receivers)).path());
    }
}

#[test]
fn every_alert_reaches_who_has_to_know() {
    let catalogue = catalogue();
    let down = Queries::new(&catalogue).gauge("up").unwrap().value();
    let down = down.equals(0.0).unwrap();
    let alert = |name: &str, severity| Alert::new(name, down.clone(), severity);
    let alerts = [
        alert("ServiceDown", Severity::Critical),
        alert("GenerationSlow", Severity::Warning).label("team", "video"),
        alert("PaymentsDeclined", Severity::Critical)
            .label("domain", "payments")
            .label("team", "ai"),
        alert("DiskFilling", Severity::Info),
        alert("Watchdog", Severity::None),
        alert("EscalationNeeded", Severity::Critical).label("team", "video"),
    ];
    let system = everything();
    for (system, least) in [(&system, 20), (&azora(), 5)] {
        let folder = generated(system);
        let table = routes(system, &alerts);
        fs::write(folder.path().join(table.path), table.text).unwrap();
        assert!(routes_lead_there(folder.path()) > least);
    }

    // What is expected is right, too.
    let reach = |alert: &Alert| {
        let mut labels = alert.labels.clone();
        labels.insert("alertname".to_owned(), alert.name.clone());
        labels.insert("severity".to_owned(), alert.severity.as_str().to_owned());
        receivers_of(&system, &labels).join(" ")
    };
    let reached: Vec<String> = alerts.iter().map(reach).collect();
    assert_eq!(
        reached,
        [
            "critical",
            "team-video warning",
            "team-ai domain-payments critical",
            "info",
            "dead-man",
            "escalation",
        ]
    );
}

/// That the judge would say otherwise.
#[test]
fn a_route_that_leads_elsewhere_is_found() {
    let folder = generated(&everything());
    let file = "--config.file=alertmanager/alertmanager.yml";
    let words = [
        "config",
        "routes",
        "test",
        file,
        "--verify.receivers=info",
        "severity=critical",
    ];
    assert!(says(folder.path(), "amtool", &words).is_err());
}

#[test]
fn notifications_say_what_is_wrong_and_what_to_do() {
    let folder = generated(&everything());
    let alert = |status: &str, job: &str| {
        serde_json::json!({
            "status": status,
            "labels": { "alertname": "ServiceDown", "job": job },
            "annotations": {
                "summary": format!("{job} is down"),
                "description": "It does not answer.",
                "runbook_url": "http://localhost:8081/ServiceDown.html",
            },
            "startsAt": "2026-01-02T03:04:05Z",
            "endsAt": "2026-01-02T03:14:05Z",
        })
    };
    let data = serde_json::json!({
        "receiver": "critical",
        "status": "firing",
        "alerts": [alert("firing", "auth"), alert("firing", "mint"), alert("resolved", "lms")],
        "groupLabels": {},
        "commonLabels": { "alertname": "ServiceDown", "severity": "critical", "system": "azora" },
        "commonAnnotations": {},
        "externalURL": "",
    });
    fs::write(folder.path().join("data.json"), data.to_string()).unwrap();
    let render = |name: &str| {
        let text = format!("--template.text={{{{ template \"vitalsigns.{name}\" . }}}}");
        let words = [
            "template",
            "render",
            "--template.glob=alertmanager/templates/*.tmpl",
            "--template.data=data.json",
            &text,
        ];
        accepted(folder.path(), "amtool", &words)
    };
    assert_eq!(render("title").trim(), "[CRITICAL 2x] ServiceDown in azora");
    assert_eq!(render("color").trim(), "danger");
    assert_eq!(
        render("text").trim(),
        "auth is down\nIt does not answer.\n\
         What to do: http://localhost:8081/ServiceDown.html\n\
         Labels: alertname=ServiceDown job=auth\nSince 2026-01-02 03:04:05 UTC\n\n\
         mint is down\nIt does not answer.\n\
         What to do: http://localhost:8081/ServiceDown.html\n\
         Labels: alertname=ServiceDown job=mint\nSince 2026-01-02 03:04:05 UTC\n\n\
         Over:\nlms is down\nIt does not answer.\n\
         What to do: http://localhost:8081/ServiceDown.html\n\
         Labels: alertname=ServiceDown job=lms\n\
         Since 2026-01-02 03:04:05 UTC, until 03:14:05"
    );
}

/// What somebody who runs it would complain of.
#[track_caller]
fn is_safe_to_run(name: &str, service: &Value) {
    let has = |key: &str| !service[key].is_null();
    let runs_once = name == "secrets";
    let restart = if runs_once { "no" } else { "unless-stopped" };
    assert_eq!(service["restart"], restart, "{name}");
    assert!(has("mem_limit"), "{name} may take all memory");
    if let Some(image) = service["image"].as_str() {
        let tag = image.rsplit('/').next().unwrap().split_once(':');
        assert!(
            tag.is_some_and(|(_, tag)| tag != "latest"),
            "{name}: {image}"
        );
    }
    for port in service["ports"].as_array().into_iter().flatten() {
        assert_eq!(port["host_ip"], "127.0.0.1", "{name} is open to everybody");
    }
    for (variable, value) in service["environment"].as_object().into_iter().flatten() {
        let is_secret = ["PASSWORD", "SECRET", "KEY", "TOKEN"];
        let is_secret = is_secret.iter().any(|word| variable.contains(word));
        let is_file = value.as_str().unwrap().starts_with("/run/secrets/");
        assert!(!is_secret || is_file, "{name}: {variable}");
    }
    assert!(service["privileged"] != true, "{name}");
    if service["read_only"] == true && name != "grafana" {
        assert_eq!(service["user"], "65534:65534", "{name} runs as root");
    }
    if runs_once {
        return;
    }
    assert_eq!(service["logging"]["options"]["max-size"], "10m", "{name}");
    let security = service["security_opt"].as_array().unwrap();
    assert!(
        security.contains(&"no-new-privileges:true".into()),
        "{name}"
    );
    let command = service["command"].to_string();
    assert!(!command.contains("enable-lifecycle") && !command.contains("enable-admin"));
}

#[test]
fn compose_takes_the_file() {
    for system in [azora(), everything()] {
        let folder = generated(&system);
        let compose = compose_takes(folder.path());
        let services = compose["services"].as_object().unwrap();
        for (name, service) in services {
            is_safe_to_run(name, service);
            let is_asked = !service["healthcheck"].is_null();
            // The first ends, the second cannot be asked, the third has its own.
            let need_not = ["secrets", "dcgm-exporter", "app"];
            assert_eq!(is_asked, !need_not.contains(&name.as_str()), "{name}");
        }
        for exporter in &system.exporters {
            let host = exporter.host();
            assert!(services.contains_key(host), "{host}");
            // What runs is looked at, and what is looked at runs.
            let prometheus = folder.path().join("prometheus/prometheus.yml");
            let prometheus = fs::read_to_string(prometheus).unwrap();
            assert!(prometheus.contains(&format!("- {host}:{}\n", exporter.port())));
        }
        assert_eq!(compose["name"], system.name);
        assert_eq!(compose["networks"]["back"]["internal"], true);
    }
}

#[test]
fn what_the_description_says_of_containers_is_in_compose() {
    let folder = generated(&everything());
    let compose = compose_takes(folder.path());
    let app = &compose["services"]["app"];
    assert_eq!(app["command"][2], "5$");
    assert_eq!(app["environment"]["TITLE"], "a: \"b\" $c #d");
    assert_eq!(app["build"]["target"], "app");
    assert_eq!(app["depends_on"]["redis"]["condition"], "service_healthy");
    let once = "service_completed_successfully";
    assert_eq!(app["depends_on"]["secrets"]["condition"], once);
    assert_eq!(app["volumes"][0]["target"], "/data");
    let test = &compose["services"]["redis"]["healthcheck"]["test"];
    assert_eq!(*test, serde_json::json!(["CMD", "redis-cli", "ping"]));
    let node = compose["services"]["node-exporter"]["command"].to_string();
    assert!(node.contains("($|/)"), "{node}");
    let retention = compose["services"]["prometheus"]["command"].to_string();
    assert!(retention.contains("retention.time=90d") && retention.contains("retention.size=50GB"));
    // It serves them itself only while nobody else does.
    let elsewhere = generated(&azora().runbooks("https://wiki.example.org"));
    let compose = compose_takes(elsewhere.path());
    assert!(compose["services"]["runbooks"].is_null());
}

#[test]
fn a_page_that_wants_a_token_gets_it_from_a_file() {
    let service = Service::new("app", "app:8000", catalogue()).token("app_token");
    let folder = generated(&System::new("shop").service(service));
    // Its other check looks for the file, which is in the container alone.
    let file = "prometheus/prometheus.yml";
    accepted(
        folder.path(),
        "promtool",
        &["check", "config", "--syntax-only", file],
    );
    let text = fs::read_to_string(folder.path().join(file)).unwrap();
    assert!(
        text.contains("credentials_file: /run/secrets/app_token"),
        "{text}"
    );
    let compose = compose_takes(folder.path());
    let prometheus = &compose["services"]["prometheus"];
    assert_eq!(prometheus["secrets"][0]["source"], "app_token");
    assert!(!prometheus["depends_on"]["secrets"].is_null());
}

#[test]
fn who_looks_outside_can_go_there() {
    let run = Container::image("shop:1.2");
    let inside = Service::new("app", "app:8000", catalogue()).container(run.clone());
    let outside = Service::new("api", "api.example.org:80", catalogue());
    let looked_at = System::new("shop")
        .service(inside)
        .exporter(Exporter::Blackbox);
    let looked_at = looked_at.database(Exporter::Redis, "redis:6379");
    for (system, blackbox, redis) in [
        (looked_at.clone().beside("redis", run), 1, 1),
        (looked_at.clone().service(outside), 2, 2),
    ] {
        let compose = compose_takes(generated(&system).path());
        let networks = |host: &str| {
            let networks = &compose["services"][host]["networks"];
            networks.as_object().unwrap().len()
        };
        assert_eq!(networks("blackbox-exporter"), blackbox);
        assert_eq!(networks("redis-exporter"), redis);
        assert_eq!(networks("prometheus"), 2);
    }
}

/// Runs what the container `secrets` runs, with another folder in place of `/run/secrets`.
#[test]
fn nothing_starts_before_all_secrets_are_there() {
    let folder = generated(&everything());
    let compose = compose_takes(folder.path());
    let command = compose["services"]["secrets"]["command"]
        .as_array()
        .unwrap();
    let there = folder.path().join("secrets");
    let words: Vec<String> = command
        .iter()
        .map(|word| {
            word.as_str()
                .unwrap()
                .replace("/run/secrets", there.to_str().unwrap())
        })
        .collect();
    let secrets = &words[4..];
    assert!(secrets.contains(&"slack_url".to_owned()), "{secrets:?}");
    let check = || says(folder.path(), &words[0], &words[1..]);
    for secret in secrets {
        fs::write(there.join(secret), "").unwrap();
        let told = check().unwrap_err();
        let expected = format!("secrets/{secret} is missing or empty");
        assert!(told.contains(&expected), "{told}");
        fs::write(there.join(secret), "secret").unwrap();
    }
    check().unwrap();
    // Everybody who is given a secret waits for that, and everything that is needed is checked.
    let mut given = Vec::new();
    for (name, service) in compose["services"].as_object().unwrap() {
        for secret in service["secrets"].as_array().into_iter().flatten() {
            let secret = secret["source"].as_str().unwrap();
            assert!(secrets.iter().any(|known| known == secret), "{secret}");
            given.push(secret.to_owned());
            let waits = !service["depends_on"]["secrets"].is_null();
            assert!(waits || name == "secrets", "{name}");
        }
    }
    let readme = fs::read_to_string(there.join("README.md")).unwrap();
    for secret in secrets {
        assert!(
            given.iter().filter(|name| *name == secret).count() >= 2,
            "{secret}"
        );
        assert!(readme.contains(&format!("| `{secret}` |")), "{readme}");
    }
}
