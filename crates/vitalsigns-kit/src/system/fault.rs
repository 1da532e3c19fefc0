//! What a system must not be, so that the files made from it work.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::{Container, ImageSource, Receivers, Service, System, Webhook};
use crate::exporters::Exporter;

/// Something about a system that no files can be made from.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::system::{Service, System};
///
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// let system = System::new("shop").service(Service::new("api", "api", catalogue));
/// assert_eq!(
///     system.faults()[0].to_string(),
///     "`services.api.target` is `api`, and it has to be a host with its port, as `api:8080`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SystemError {
    /// Where, as keys of a description: `services.api.target`.
    pub place: String,
    /// What is there.
    pub value: String,
    /// What has to be there.
    pub expected: String,
}

impl fmt::Display for SystemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SystemError {
            place,
            value,
            expected,
        } = self;
        write!(f, "`{place}` is `{value}`, and it has to be {expected}")
    }
}

impl std::error::Error for SystemError {}

/// Hosts of the stack that are no exporters, and the job of probes.
const OWN_HOSTS: [&str; 2] = ["runbooks", "secrets"];
pub(crate) const PROBES: &str = "probes";

const NAME: &str = "of lower-case letters, digits and `-`, as `azora-gateway`";
const PATH: &str = "a path, as `/metrics`";
const URL: &str = "an address that begins with `http://` or `https://`";
const ADDRESS: &str = "a host with its port, as `api:8080`";

/// What is wrong so far.
#[derive(Default)]
struct Faults(Vec<SystemError>);

impl Faults {
    fn unless(&mut self, is_right: bool, place: impl Into<String>, value: &str, expected: &str) {
        if !is_right {
            self.0.push(SystemError {
                place: place.into(),
                value: value.to_owned(),
                expected: expected.to_owned(),
            });
        }
    }
}

impl System {
    /// What is wrong with it: with names that become names of files and containers, and with what
    /// Prometheus, Alertmanager and Compose would refuse.
    ///
    /// # Examples
    ///
    /// See [`SystemError`].
    pub fn faults(&self) -> Vec<SystemError> {
        let mut faults = Faults::default();
        faults.unless(is_name(&self.name), "system", &self.name, NAME);
        faults.unless(is_label_value(&self.team), "team", &self.team, "a word");
        interval(&mut faults, "interval", self.interval);
        for (place, url) in [
            ("runbooks", &self.runbooks),
            ("remote_write", &self.remote_write),
        ] {
            if let Some(url) = url {
                faults.unless(is_url(url), place, url, URL);
            }
        }
        let kept = &self.retention;
        let time = "a time as Prometheus writes it, as `90d`";
        let size = "a size as Prometheus writes it, as `50GB`";
        let is_time = is_number_with(&kept.time, &["ms", "s", "m", "h", "d", "w", "y"]);
        faults.unless(is_time, "retention.time", &kept.time, time);
        let is_size = is_number_with(&kept.size, &["B", "KB", "MB", "GB", "TB", "PB"]);
        faults.unless(is_size, "retention.size", &kept.size, size);

        let taken = Exporter::ALL.map(Exporter::name);
        let mut jobs: BTreeSet<&str> = taken.into_iter().chain([PROBES]).collect();
        let hosts = self.exporters.iter().map(|exporter| exporter.host());
        let mut hosts: BTreeSet<&str> = hosts.chain(OWN_HOSTS).collect();
        for (host, container) in &self.beside {
            let place = format!("beside.{host}");
            faults.unless(is_host(host), &place, host, NAME);
            let is_new = hosts.insert(host);
            faults.unless(is_new, &place, host, "a host that nothing else has");
            of_container(&mut faults, &place, container);
        }
        for service in &self.services {
            let place = format!("services.{}", service.job);
            faults.unless(is_name(&service.job), &place, &service.job, NAME);
            let is_new = jobs.insert(&service.job);
            faults.unless(is_new, &place, &service.job, "a job that nothing else has");
            of_service(&mut faults, &place, service);
            if let Some(container) = &service.container {
                let is_new = hosts.insert(service.host());
                let place = format!("{place}.target");
                faults.unless(
                    is_new,
                    place,
                    &service.target,
                    "a host that nothing else has",
                );
                of_container(&mut faults, &format!("services.{}", service.job), container);
            }
        }
        for (place, container) in self.containers() {
            for need in &container.needs {
                let is_known = hosts.contains(need.as_str());
                let place = format!("{place}.needs");
                faults.unless(is_known, place, need, "a host that the stack runs");
            }
        }
        for (exporter, address) in &self.databases {
            let place = format!("exporters.{}", exporter.name());
            faults.unless(is_address(address), place, address, ADDRESS);
        }
        of_receivers(&mut faults, &self.receivers);
        faults.0
    }

    /// The containers that a description speaks of, with their places.
    pub(crate) fn containers(&self) -> impl Iterator<Item = (String, &Container)> {
        let of_services = self.services.iter().filter_map(|service| {
            let container = service.container.as_ref()?;
            Some((format!("services.{}", service.job), container))
        });
        let beside = self.beside.iter();
        of_services.chain(beside.map(|(host, container)| (format!("beside.{host}"), container)))
    }
}

fn of_service(faults: &mut Faults, place: &str, service: &Service) {
    let target = &service.target;
    faults.unless(
        is_address(target),
        format!("{place}.target"),
        target,
        ADDRESS,
    );
    for (key, path) in [("path", &service.path), ("readiness", &service.readiness)] {
        let is_path = path.starts_with('/') && is_printable(path) && !path.contains(' ');
        faults.unless(is_path, format!("{place}.{key}"), path, PATH);
    }
    if let Some(token) = &service.token {
        secret_name(faults, &format!("{place}.token"), token);
    }
    if let Some(time) = service.interval {
        interval(faults, &format!("{place}.interval"), time);
    }
}

fn of_container(faults: &mut Faults, place: &str, container: &Container) {
    if let ImageSource::Image(image) = &container.source {
        let tag = image
            .rsplit('/')
            .next()
            .and_then(|name| name.split_once(':'));
        let is_pinned = tag.is_some_and(|(_, tag)| !tag.is_empty() && tag != "latest");
        let expected = "an image with a tag other than `latest`, as `redis:7.4.2-alpine`";
        faults.unless(is_pinned, format!("{place}.image"), image, expected);
    }
    for secret in &container.secrets {
        secret_name(faults, &format!("{place}.secrets"), secret);
    }
    for variable in container.environment.keys() {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_right = variable.bytes().all(is_known)
            && variable.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let expected = "the name of a variable, as `LOG_LEVEL`";
        faults.unless(is_right, format!("{place}.environment"), variable, expected);
    }
    for mount in &container.mounts {
        let parts: Vec<&str> = mount.split(':').collect();
        let is_right = matches!(parts[..], [from, to, "ro"] if to.starts_with('/') && from.starts_with(['.', '/']));
        let expected = "two paths, to read, as `./initdb:/docker-entrypoint-initdb.d:ro`";
        faults.unless(is_right, format!("{place}.mounts"), mount, expected);
    }
    let memory = &container.memory;
    let is_memory = is_number_with(memory, &["b", "k", "m", "g"]);
    faults.unless(
        is_memory,
        format!("{place}.memory"),
        memory,
        "a size, as `512m`",
    );
    if let Some(data) = &container.data {
        let is_right = data.starts_with('/') && !data.contains([':', ' ']);
        faults.unless(
            is_right,
            format!("{place}.data"),
            data,
            "a folder, as `/data`",
        );
    }
}

fn secret_name(faults: &mut Faults, place: &str, name: &str) {
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_right = !name.is_empty() && name.bytes().all(is_known);
    let expected = "of lower-case letters, digits and `_`, as `database_password`";
    faults.unless(is_right, place, name, expected);
}

fn of_receivers(faults: &mut Faults, receivers: &Receivers) {
    if let Some(email) = &receivers.email {
        let smarthost = &email.smarthost;
        let expected = "a host with its port, as `smtp.example.org:587`";
        faults.unless(
            is_address(smarthost),
            "receivers.email.smarthost",
            smarthost,
            expected,
        );
        for (key, address) in [
            ("from", Some(&email.from)),
            ("to", Some(&email.to)),
            ("critical", email.critical.as_ref()),
            ("escalation", email.escalation.as_ref()),
        ] {
            if let Some(address) = address {
                mail(faults, &format!("receivers.email.{key}"), address);
            }
        }
    }
    if let Some(slack) = &receivers.slack {
        for (key, name) in [
            ("critical", Some(&slack.critical)),
            ("warning", slack.warning.as_ref()),
            ("info", slack.info.as_ref()),
        ] {
            if let Some(name) = name {
                channel(faults, &format!("receivers.slack.{key}"), name);
            }
        }
    }
    for (key, webhook) in [
        ("sms", &receivers.sms),
        ("webhook", &receivers.webhook),
        ("dead_man", &receivers.dead_man),
    ] {
        if let Some(Webhook::At(url)) = webhook {
            faults.unless(
                is_url(url),
                format!("receivers.{key}"),
                url,
                "an address that begins with `http://` or `https://`, or `secret`",
            );
        }
    }
    for audience in &receivers.audiences {
        let place = format!("receivers.audiences.{}.{}", audience.label, audience.value);
        let is_label = is_word(&audience.label, "_");
        faults.unless(is_label, &place, &audience.label, "the name of a label");
        faults.unless(
            is_label_value(&audience.value),
            &place,
            &audience.value,
            "a word",
        );
        if let Some(address) = &audience.email {
            mail(faults, &format!("{place}.email"), address);
            let expected = "beside `receivers.email`, which says how mail is sent";
            faults.unless(
                receivers.email.is_some(),
                format!("{place}.email"),
                address,
                expected,
            );
        }
        if let Some(name) = &audience.slack {
            channel(faults, &format!("{place}.slack"), name);
            let expected = "beside `receivers.slack`, which says that there is Slack";
            faults.unless(
                receivers.slack.is_some(),
                format!("{place}.slack"),
                name,
                expected,
            );
        }
    }
}

fn interval(faults: &mut Faults, place: &str, time: Duration) {
    let is_whole = time.subsec_nanos().is_multiple_of(1_000_000);
    let is_right =
        is_whole && (Duration::from_millis(500)..=Duration::from_secs(120)).contains(&time);
    let value = format!("{time:?}");
    // After five minutes without a sample, a series counts as gone.
    faults.unless(is_right, place, &value, "between 500ms and 2m");
}

fn mail(faults: &mut Faults, place: &str, address: &str) {
    let is_right = address.contains('@') && is_printable(address) && !address.contains(['{', '<']);
    faults.unless(
        is_right,
        place,
        address,
        "an address, as `team@example.org`",
    );
}

fn channel(faults: &mut Faults, place: &str, name: &str) {
    let is_right =
        name.starts_with(['#', '@', 'C']) && is_printable(name) && !name.contains(['{', ' ']);
    faults.unless(is_right, place, name, "a channel, as `#alerts-critical`");
}

fn is_name(text: &str) -> bool {
    is_word(text, "-") && text.len() <= 60
}

fn is_host(text: &str) -> bool {
    is_word(text, "-") && text.len() <= 60
}

/// Begins with a lower-case letter and has nothing but those, digits and what is given.
fn is_word(text: &str, more: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|character| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || more.contains(character)
        })
}

fn is_label_value(text: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !text.is_empty() && text.bytes().all(is_known)
}

fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else {
        return false;
    };
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_host =
        host.starts_with(|first: char| first.is_ascii_alphanumeric()) && host.bytes().all(is_known);
    is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && is_printable(rest) && !rest.contains([' ', '{', '}'])
    })
}

fn is_printable(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

fn is_number_with(text: &str, units: &[&str]) -> bool {
    let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
    unit.len() < text.len() && units.contains(&unit)
}
