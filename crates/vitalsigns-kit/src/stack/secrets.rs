//! The secrets of a stack: files that are not in the repository.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::one_line;
use crate::exporters::Exporter;
use crate::system::System;

/// Keeps secrets out of the repository.
pub(super) const IGNORED: &str = "\
# Made by `vitalsigns generate`. Secrets do not belong into a repository.
*
!.gitignore
!README.md
";

/// The secrets that the stack needs, with who needs each.
pub(super) fn needed(system: &System) -> BTreeMap<&str, Vec<&str>> {
    let mut needed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut add = |secret, by| needed.entry(secret).or_default().push(by);
    for secret in of_grafana() {
        add(secret, Exporter::Grafana.host());
    }
    for secret in of_pages(system) {
        add(secret, Exporter::Prometheus.host());
    }
    for secret in system.receivers.secrets() {
        add(secret, Exporter::Alertmanager.host());
    }
    for exporter in &system.exporters {
        for secret in of_exporter(*exporter) {
            add(secret, exporter.host());
        }
    }
    for (host, container) in &system.beside {
        for secret in &container.secrets {
            add(secret, host);
        }
    }
    for service in &system.services {
        for secret in service
            .container
            .iter()
            .flat_map(|container| &container.secrets)
        {
            add(secret, service.host());
        }
    }
    needed
}

pub(super) fn of_grafana() -> [&'static str; 2] {
    ["grafana_admin_password", "grafana_secret_key"]
}

/// The tokens of pages.
pub(super) fn of_pages(system: &System) -> impl Iterator<Item = &str> {
    let services = system.services.iter();
    services.filter_map(|service| service.token.as_deref())
}

pub(super) fn of_exporter(exporter: Exporter) -> &'static [&'static str] {
    match exporter {
        Exporter::Postgres => &["postgres_exporter_password"],
        Exporter::Redis => &["redis_exporter_passwords"],
        _ => &[],
    }
}

/// What is in a secret, and how it is made.
fn about<'a>(system: &'a System, secret: &str) -> &'a str {
    if let Some(about) = system.secrets.get(secret) {
        return about;
    }
    match secret {
        "grafana_admin_password" => "the password of `admin`; `openssl rand -base64 24`",
        "grafana_secret_key" => {
            "what Grafana encrypts with, for ever the same; `openssl rand -base64 32`"
        }
        "smtp_password" => "the password of the mail server",
        "slack_url" => "the address of Slack's incoming webhook, on one line",
        "pagerduty_key" => "the key of PagerDuty's integration, Events API v2",
        "sms_url" => "the address of what sends text messages",
        "webhook_url" => "the address of what is told of everything",
        "dead_man_url" => "the address of what gives the alarm when it hears nothing",
        "postgres_exporter_password" => {
            "the password of the role `monitoring`, which needs `GRANT pg_monitor TO monitoring` \
             and nothing else; `openssl rand -hex 24`"
        }
        "redis_exporter_passwords" => {
            "JSON with the address and the password of each Redis, as \
             `{\"redis://redis:6379\":\"\"}`; empty quotes where there is none"
        }
        _ => "see the description of the system",
    }
}

/// What is to be put here.
pub(super) fn readme(system: &System) -> String {
    let mut text = format!(
        "# Secrets of {}\n\n\
         Made by `vitalsigns generate`. Put each of these files here before the first start; what \
         is missing or empty\nkeeps the stack from starting.\n\n\
         | file | for | what is in it |\n|---|---|---|\n",
        one_line(&system.title),
    );
    for (secret, mut by) in needed(system) {
        by.dedup();
        let _ = writeln!(
            text,
            "| `{secret}` | {} | {} |",
            by.join(", "),
            one_line(about(system, secret)).replace('|', "\\|")
        );
    }
    text.push_str(
        "\nThe programs in the containers are nobody's users of this machine, so the files have to \
         be readable for all,\nand the folder for its owner alone:\n\n\
         ```sh\nchmod 700 secrets && chmod 444 secrets/*\n```\n\n\
         A secret is changed by writing its file anew, and `docker compose up -d --force-recreate` \
         for who needs it.\n",
    );
    text
}
