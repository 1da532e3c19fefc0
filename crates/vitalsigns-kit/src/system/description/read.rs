//! Reading a description.

use vitalsigns::Catalogue;

use super::reader::{Reader, Values, join};
use super::receivers::receivers;
use super::{DescriptionError, DescriptionFault};
use crate::exporters::Exporter;
use crate::nearest::nearest;
use crate::system::{Container, Retention, Service, System};
use crate::yaml::{Node, Value, document};

const CONTAINER: [&str; 10] = [
    "image",
    "build",
    "command",
    "environment",
    "secrets",
    "data",
    "mounts",
    "healthcheck",
    "needs",
    "memory",
];

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
        "secrets",
        "receivers",
    ];
    let values = reader.keys(root, "", &keys);
    let Some(name) = values.get("system") else {
        if root.is_map() {
            let reason = "`system` is missing: the name of the system, in lower case";
            reader.fault(1, reason);
        }
        return System::new("");
    };
    let mut system = System::new(reader.text(name, "system").unwrap_or_default());
    if let Some(title) = reader.text_of(&values, "", "title") {
        system.title = title;
    }
    if let Some(team) = reader.text_of(&values, "", "team") {
        system.team = team;
    }
    if let Some(node) = values.get("interval") {
        system.interval = reader.duration(node, "interval").unwrap_or(system.interval);
    }
    if let Some(address) = reader.text_of(&values, "", "runbooks") {
        system = system.runbooks(address);
    }
    system.remote_write = reader.text_of(&values, "", "remote_write");
    if let Some(node) = values.get("retention") {
        let kept = reader.keys(node, "retention", &["time", "size"]);
        let usual = Retention::default();
        let time = reader.text_of(&kept, "retention", "time");
        let size = reader.text_of(&kept, "retention", "size");
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
    if let Some(node) = values.get("secrets") {
        for (name, node) in reader.named(node, "secrets") {
            if let Some(about) = reader.text(node, &join("secrets", &name)) {
                system = system.secret(name, about);
            }
        }
    }
    if let Some(node) = values.get("receivers") {
        system.receivers = receivers(reader, node);
    }
    system
}

fn service(
    reader: &mut Reader,
    job: &str,
    node: &Node,
    load: &mut impl FnMut(&str) -> Result<Catalogue, String>,
) -> Option<Service> {
    let place = join("services", job);
    let own = [
        "target",
        "interval",
        "path",
        "readiness",
        "token",
        "catalogue",
    ];
    let keys: Vec<&str> = own.into_iter().chain(CONTAINER).collect();
    let values = reader.keys(node, &place, &keys);
    for key in ["target", "catalogue"] {
        if !values.contains_key(key) {
            let line = reader.line(&place);
            reader.fault(line, format!("`{}` is missing", join(&place, key)));
        }
    }
    let target = reader.text_of(&values, &place, "target");
    let source = reader.text_of(&values, &place, "catalogue")?;
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
    if let Some(path) = reader.text_of(&values, &place, "path") {
        service.path = path;
    }
    if let Some(path) = reader.text_of(&values, &place, "readiness") {
        service.readiness = path;
    }
    service.token = reader.text_of(&values, &place, "token");
    service.container = container(reader, &values, &place);
    Some(service)
}

/// How it is run; nothing if neither an image nor a way to build one is there.
fn container(reader: &mut Reader, values: &Values<'_>, place: &str) -> Option<Container> {
    let image = reader.text_of(values, place, "image");
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
    container.command = reader.texts_of(values, place, "command");
    container.secrets = reader.texts_of(values, place, "secrets");
    container.healthcheck = reader.texts_of(values, place, "healthcheck");
    container.mounts = reader.texts_of(values, place, "mounts");
    container.needs = reader.texts_of(values, place, "needs");
    container.data = reader.text_of(values, place, "data");
    if let Some(memory) = reader.text_of(values, place, "memory") {
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
    let context = reader.text_of(&values, place, "context");
    if context.is_none() && node.is_map() {
        reader.fault(node.line, format!("`{place}.context` is missing"));
    }
    let mut container = Container::build(context?);
    if let Some(file) = reader.text_of(&values, place, "file") {
        container = container.file(file);
    }
    if let Some(target) = reader.text_of(&values, place, "target") {
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
