//! Reading a description.

use std::collections::BTreeMap;

use vitalsigns::Catalogue;

use super::reader::{Reader, join};
use super::{DescriptionError, DescriptionFault};
use crate::exporters::Exporter;
use crate::nearest::nearest;
use crate::system::{
    Audience, Container, Email, Receivers, Retention, Service, Slack, System, Webhook,
};
use crate::yaml::{Node, Value, document};

const CONTAINER: [&str; 9] = [
    "image",
    "build",
    "command",
    "environment",
    "secrets",
    "data",
    "healthcheck",
    "needs",
    "memory",
];

type Values<'a> = BTreeMap<String, &'a Node>;

pub(super) fn read(
    text: &str,
    load: impl FnMut(&str) -> Result<Catalogue, String>,
) -> Result<System, DescriptionError> {
    let root = document(text).map_err(|error| {
        let reason = format!("this is no YAML: {}", error.reason);
        let line = error.line;
        DescriptionError(vec![DescriptionFault { line, reason }])
    })?;
    let mut reader = Reader::default();
    let system = system(&mut reader, &root, load);
    if reader.faults.is_empty() {
        let faults = system.faults();
        for fault in faults {
            reader.fault(reader.line(&fault.place), fault.to_string());
        }
    }
    let mut faults = reader.faults;
    faults.sort();
    match faults.is_empty() {
        true => Ok(system),
        false => Err(DescriptionError(faults)),
    }
}

fn system(
    reader: &mut Reader,
    root: &Node,
    mut load: impl FnMut(&str) -> Result<Catalogue, String>,
) -> System {
    let keys = [
        "system",
        "title",
        "team",
        "interval",
        "runbooks",
        "retention",
        "remote_write",
        "services",
        "beside",
        "exporters",
        "receivers",
    ];
    let values = reader.keys(root, "", &keys);
    let Some(name) = values.get("system") else {
        reader.fault(
            1,
            "`system` is missing: the name of the system, in lower case",
        );
        return System::new("");
    };
    let mut system = System::new(reader.text(name, "system").unwrap_or_default());
    if let Some(title) = text(reader, &values, "", "title") {
        system.title = title;
    }
    if let Some(team) = text(reader, &values, "", "team") {
        system.team = team;
    }
    if let Some(node) = values.get("interval") {
        system.interval = reader.duration(node, "interval").unwrap_or(system.interval);
    }
    if let Some(address) = text(reader, &values, "", "runbooks") {
        system = system.runbooks(address);
    }
    system.remote_write = text(reader, &values, "", "remote_write");
    if let Some(node) = values.get("retention") {
        let kept = reader.keys(node, "retention", &["time", "size"]);
        let usual = Retention::default();
        let time = text(reader, &kept, "retention", "time");
        let size = text(reader, &kept, "retention", "size");
        system.retention = Retention::new(time.unwrap_or(usual.time), size.unwrap_or(usual.size));
    }
    if let Some(node) = values.get("services") {
        for (job, node) in reader.named(node, "services") {
            system
                .services
                .extend(service(reader, &job, node, &mut load));
        }
    }
    if let Some(node) = values.get("beside") {
        for (host, node) in reader.named(node, "beside") {
            let place = join("beside", &host);
            let values = reader.keys(node, &place, &CONTAINER);
            match container(reader, &values, &place) {
                Some(container) => system = system.beside(host, container),
                None => reader.fault(
                    node.line,
                    format!("`{place}` has neither `image` nor `build`"),
                ),
            }
        }
    }
    if let Some(node) = values.get("exporters") {
        system = exporters(reader, node, system);
    }
    if let Some(node) = values.get("receivers") {
        system.receivers = receivers(reader, node);
    }
    system
}

fn text(reader: &mut Reader, values: &Values<'_>, place: &str, key: &str) -> Option<String> {
    let node = values.get(key)?;
    reader.text(node, &join(place, key))
}

fn texts(reader: &mut Reader, values: &Values<'_>, place: &str, key: &str) -> Vec<String> {
    match values.get(key) {
        Some(node) => reader.texts(node, &join(place, key)),
        None => Vec::new(),
    }
}

fn service(
    reader: &mut Reader,
    job: &str,
    node: &Node,
    load: &mut impl FnMut(&str) -> Result<Catalogue, String>,
) -> Option<Service> {
    let place = join("services", job);
    let own = ["target", "interval", "path", "readiness", "catalogue"];
    let keys: Vec<&str> = own.into_iter().chain(CONTAINER).collect();
    let values = reader.keys(node, &place, &keys);
    for key in ["target", "catalogue"] {
        if !values.contains_key(key) {
            let line = reader.line(&place);
            reader.fault(line, format!("`{}` is missing", join(&place, key)));
        }
    }
    let target = text(reader, &values, &place, "target");
    let source = text(reader, &values, &place, "catalogue")?;
    let catalogue = match load(&source) {
        Ok(catalogue) => catalogue,
        Err(reason) => {
            let line = values.get("catalogue").map_or(1, |node| node.line);
            reader.fault(line, format!("`{place}.catalogue`: {reason}"));
            return None;
        }
    };
    let mut service = Service::new(job, target?, catalogue);
    if let Some(node) = values.get("interval") {
        service.interval = reader.duration(node, &join(&place, "interval"));
    }
    if let Some(path) = text(reader, &values, &place, "path") {
        service.path = path;
    }
    if let Some(path) = text(reader, &values, &place, "readiness") {
        service.readiness = path;
    }
    service.container = container(reader, &values, &place);
    Some(service)
}

/// How it is run; nothing if neither an image nor a way to build one is there.
fn container(reader: &mut Reader, values: &Values<'_>, place: &str) -> Option<Container> {
    let image = text(reader, values, place, "image");
    let build = values.get("build");
    let mut container = match (image, build) {
        (Some(image), None) => Container::image(image),
        (None, Some(node)) => built(reader, node, &join(place, "build"))?,
        (Some(_), Some(node)) => {
            reader.fault(
                node.line,
                format!("`{place}` has `image` and `build`: say one"),
            );
            return None;
        }
        (None, None) => {
            // What says how to run something says what as well.
            if let Some((key, node)) = CONTAINER.iter().find_map(|key| values.get_key_value(*key)) {
                let reason =
                    format!("`{place}.{key}` goes with `image` or `build`, and neither is there");
                reader.fault(node.line, reason);
            }
            return None;
        }
    };
    container.command = texts(reader, values, place, "command");
    container.secrets = texts(reader, values, place, "secrets");
    container.healthcheck = texts(reader, values, place, "healthcheck");
    container.needs = texts(reader, values, place, "needs");
    container.data = text(reader, values, place, "data");
    if let Some(memory) = text(reader, values, place, "memory") {
        container.memory = memory;
    }
    if let Some(node) = values.get("environment") {
        let place = join(place, "environment");
        for (name, node) in reader.named(node, &place) {
            if let Some(value) = reader.text(node, &join(&place, &name)) {
                container.environment.insert(name, value);
            }
        }
    }
    Some(container)
}

fn built(reader: &mut Reader, node: &Node, place: &str) -> Option<Container> {
    if let Some(context) = node.as_str() {
        return Some(Container::build(context));
    }
    let values = reader.keys(node, place, &["context", "file", "target"]);
    let context = text(reader, &values, place, "context");
    if context.is_none() && node.is_map() {
        reader.fault(node.line, format!("`{place}.context` is missing"));
    }
    let mut container = Container::build(context?);
    if let Some(file) = text(reader, &values, place, "file") {
        container = container.file(file);
    }
    if let Some(target) = text(reader, &values, place, "target") {
        container = container.target(target);
    }
    Some(container)
}

/// A list of names; a database is a name with its address.
fn exporters(reader: &mut Reader, node: &Node, mut system: System) -> System {
    if !matches!(node.value, Value::List(_)) {
        reader.fault(
            node.line,
            "`exporters` has to be a list, as `[node, redis: \"redis:6379\"]`",
        );
    }
    for item in node.items() {
        let named: Vec<(String, Option<&Node>)> = match item.is_map() {
            true => {
                let entries = reader.named(item, "exporters").into_iter();
                entries.map(|(name, node)| (name, Some(node))).collect()
            }
            false => {
                let name = reader.text(item, "exporters").into_iter();
                name.map(|name| (name, None)).collect()
            }
        };
        for (name, address) in named {
            let Some(exporter) = Exporter::from_name(&name) else {
                let names = Exporter::ALL.map(Exporter::name);
                let hint = match nearest(&name, names) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("there are {}", names.join(", ")),
                };
                reader.fault(item.line, format!("there is no exporter `{name}`; {hint}"));
                continue;
            };
            let place = join("exporters", &name);
            let is_database = matches!(exporter, Exporter::Redis | Exporter::Postgres);
            system = match address {
                None => system.exporter(exporter),
                Some(node) if !is_database => {
                    reader.fault(
                        node.line,
                        format!("`{place}` looks at no database: write `{name}` alone"),
                    );
                    system
                }
                Some(node) => match reader.text(node, &place) {
                    Some(address) => system.database(exporter, address),
                    None => system,
                },
            };
        }
    }
    system
}

fn receivers(reader: &mut Reader, node: &Node) -> Receivers {
    let keys = [
        "email",
        "slack",
        "pagerduty",
        "sms",
        "webhook",
        "dead_man",
        "audiences",
    ];
    let values = reader.keys(node, "receivers", &keys);
    let mut receivers = Receivers::new();
    receivers.email = values.get("email").and_then(|node| email(reader, node));
    receivers.slack = values.get("slack").and_then(|node| slack(reader, node));
    if let Some(node) = values.get("pagerduty") {
        receivers.pagerduty = reader
            .truth(node, "receivers.pagerduty")
            .unwrap_or_default();
    }
    let mut hook = |key: &str| {
        let node = values.get(key)?;
        webhook(reader, node, &join("receivers", key))
    };
    receivers.sms = hook("sms");
    receivers.webhook = hook("webhook");
    receivers.dead_man = hook("dead_man");
    if let Some(node) = values.get("audiences") {
        receivers.audiences = audiences(reader, node);
    }
    receivers
}

fn email(reader: &mut Reader, node: &Node) -> Option<Email> {
    let place = "receivers.email";
    let keys = [
        "smarthost",
        "from",
        "username",
        "to",
        "critical",
        "escalation",
    ];
    let values = reader.keys(node, place, &keys);
    let mut needed = |key: &str| {
        if !values.contains_key(key) {
            reader.fault(node.line, format!("`{place}.{key}` is missing"));
        }
        text(reader, &values, place, key)
    };
    let (smarthost, from, to) = (needed("smarthost"), needed("from"), needed("to"));
    let mut email = Email::new(smarthost?, from?, to?);
    if let Some(name) = text(reader, &values, place, "username") {
        email.username = name;
    }
    email.critical = text(reader, &values, place, "critical");
    email.escalation = text(reader, &values, place, "escalation");
    Some(email)
}

fn slack(reader: &mut Reader, node: &Node) -> Option<Slack> {
    let place = "receivers.slack";
    let values = reader.keys(node, place, &["critical", "warning", "info"]);
    let critical = text(reader, &values, place, "critical");
    if critical.is_none() && node.is_map() {
        reader.fault(
            node.line,
            format!("`{place}.critical` is missing: the channel of what is critical"),
        );
    }
    let mut slack = Slack::new(critical?);
    slack.warning = text(reader, &values, place, "warning");
    slack.info = text(reader, &values, place, "info");
    Some(slack)
}

fn webhook(reader: &mut Reader, node: &Node, place: &str) -> Option<Webhook> {
    match reader.text(node, place)?.as_str() {
        "secret" => Some(Webhook::Secret),
        url => Some(Webhook::At(url.to_owned())),
    }
}

/// By label, then by value.
fn audiences(reader: &mut Reader, node: &Node) -> Vec<Audience> {
    let place = "receivers.audiences";
    let mut audiences = Vec::new();
    for (label, node) in reader.named(node, place) {
        let place = join(place, &label);
        for (value, node) in reader.named(node, &place) {
            let place = join(&place, &value);
            let values = reader.keys(node, &place, &["email", "slack"]);
            let mut audience = Audience::new(&label, &value);
            audience.email = text(reader, &values, &place, "email");
            audience.slack = text(reader, &values, &place, "slack");
            audiences.push(audience);
        }
    }
    audiences
}
