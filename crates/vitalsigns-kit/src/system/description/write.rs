//! Writing a description.

use crate::exporters::Exporter;
use crate::stack::duration;
use crate::system::{Container, ImageSource, Receivers, Retention, Service, System, Webhook};
use crate::yaml_text::{Map, Yaml};

/// A system as a description, with the catalogues where [`artefacts`](crate::generate::artefacts)
/// writes them: for a system that a program has put together.
///
/// # Examples
///
/// ```
/// use vitalsigns::Registry;
/// use vitalsigns_kit::system::description::{read, write};
/// use vitalsigns_kit::system::{Service, System};
///
/// let catalogue = Registry::new().catalogue();
/// let system = System::new("shop").service(Service::new("shop-api", "api:8080", catalogue.clone()));
/// let text = write(&system);
/// assert!(text.contains("catalogue: catalogue/shop-api.json"));
/// assert_eq!(read(&text, |_| Ok(catalogue.clone())), Ok(system));
/// ```
pub fn write(system: &System) -> String {
    let mut map = Map::new()
        .with("system", system.name.as_str())
        .with("title", system.title.as_str())
        .with("team", system.team.as_str())
        .with("interval", duration(system.interval))
        .maybe("runbooks", system.runbooks.as_deref());
    if system.retention != Retention::default() {
        let kept = Map::new()
            .with("time", system.retention.time.as_str())
            .with("size", system.retention.size.as_str());
        map.add("retention", kept);
    }
    map = map.maybe("remote_write", system.remote_write.as_deref());
    let mut services = Map::new();
    for service in &system.services {
        services.add(service.job.as_str(), of_service(service));
    }
    map.add("services", services);
    if !system.beside.is_empty() {
        let mut beside = Map::new();
        for (host, container) in &system.beside {
            beside.add(host.as_str(), of_container(Map::new(), container));
        }
        map.add("beside", beside);
    }
    let always = [
        Exporter::Prometheus,
        Exporter::Alertmanager,
        Exporter::Grafana,
    ];
    let exporters = system
        .exporters
        .iter()
        .filter(|exporter| !always.contains(exporter));
    let exporters = exporters.map(|exporter| match system.databases.get(exporter) {
        Some(address) => Map::new().with(exporter.name(), address.as_str()).into(),
        None => Yaml::from(exporter.name()),
    });
    map = map.unless_empty("exporters", exporters.collect());
    if !system.secrets.is_empty() {
        let mut secrets = Map::new();
        for (name, about) in &system.secrets {
            secrets.add(name.as_str(), about.as_str());
        }
        map.add("secrets", secrets);
    }
    let receivers = of_receivers(&system.receivers);
    if !receivers.is_empty() {
        map.add("receivers", receivers);
    }
    map.document("")
}

fn of_service(service: &Service) -> Map {
    let map = Map::new()
        .with("target", service.target.as_str())
        .maybe("interval", service.interval.map(duration))
        .with("path", service.path.as_str())
        .with("readiness", service.readiness.as_str())
        .maybe("token", service.token.as_deref())
        .with("catalogue", format!("catalogue/{}.json", service.job));
    match &service.container {
        Some(container) => of_container(map, container),
        None => map,
    }
}

fn of_container(map: Map, container: &Container) -> Map {
    let mut map = match &container.source {
        ImageSource::Image(image) => map.with("image", image.as_str()),
        ImageSource::Build {
            context,
            file,
            target,
        } => {
            let build = Map::new()
                .with("context", context.as_str())
                .maybe("file", file.as_deref())
                .maybe("target", target.as_deref());
            map.with("build", build)
        }
    };
    map = map.unless_empty("command", container.command.clone());
    if !container.environment.is_empty() {
        let mut variables = Map::new();
        for (name, value) in &container.environment {
            variables.add(name.as_str(), value.as_str());
        }
        map.add("environment", variables);
    }
    map.unless_empty("secrets", container.secrets.clone())
        .maybe("data", container.data.as_deref())
        .unless_empty("mounts", container.mounts.clone())
        .unless_empty("healthcheck", container.healthcheck.clone())
        .unless_empty("needs", container.needs.clone())
        .with("memory", container.memory.as_str())
}

fn of_receivers(receivers: &Receivers) -> Map {
    let email = receivers.email.as_ref().map(|email| {
        Map::new()
            .with("smarthost", email.smarthost.as_str())
            .with("from", email.from.as_str())
            .with("username", email.username.as_str())
            .with("to", email.to.as_str())
            .maybe("critical", email.critical.as_deref())
            .maybe("escalation", email.escalation.as_deref())
    });
    let slack = receivers.slack.as_ref().map(|slack| {
        Map::new()
            .with("critical", slack.critical.as_str())
            .maybe("warning", slack.warning.as_deref())
            .maybe("info", slack.info.as_deref())
    });
    let hook = |webhook: &Option<Webhook>| match webhook {
        Some(Webhook::At(url)) => Some(url.clone()),
        Some(Webhook::Secret) => Some("secret".to_owned()),
        None => None,
    };
    let mut map = Map::new()
        .maybe("email", email)
        .maybe("slack", slack)
        .maybe("pagerduty", receivers.pagerduty.then_some(true))
        .maybe("sms", hook(&receivers.sms))
        .maybe("webhook", hook(&receivers.webhook))
        .maybe("dead_man", hook(&receivers.dead_man));
    let mut labels: Vec<&str> = Vec::new();
    let mut audiences = Map::new();
    for audience in &receivers.audiences {
        if labels.contains(&audience.label.as_str()) {
            continue;
        }
        labels.push(&audience.label);
        let mut values = Map::new();
        for same in receivers
            .audiences
            .iter()
            .filter(|one| one.label == audience.label)
        {
            let told = Map::new()
                .maybe("email", same.email.as_deref())
                .maybe("slack", same.slack.as_deref());
            values.add(same.value.as_str(), told);
        }
        audiences.add(audience.label.as_str(), values);
    }
    if !audiences.is_empty() {
        map.add("audiences", audiences);
    }
    map
}
