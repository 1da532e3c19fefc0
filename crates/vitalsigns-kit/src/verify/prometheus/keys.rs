//! Keys and times that Prometheus refuses, files that it does not find.

use std::collections::HashSet;
use std::time::Duration;

use super::super::folder::{Content, File, Folder};
use super::super::rules::check_duration;
use super::super::sheet::Sheet;
use super::super::{duration, keys};
use super::{DUPLICATE_JOB, INLINE_SECRET, NO_ALERTMANAGER, NO_RULE_FILES, TIMEOUT, UNUSED_RULES};
use crate::yaml::Node;

const TOP: &[&str] = &[
    "global",
    "runtime",
    "rule_files",
    "scrape_config_files",
    "scrape_configs",
    "alerting",
    "remote_write",
    "remote_read",
    "storage",
    "tracing",
    "otlp",
];

const GLOBAL: &[&str] = &[
    "scrape_interval",
    "scrape_timeout",
    "scrape_protocols",
    "evaluation_interval",
    "rule_query_offset",
    "external_labels",
    "query_log_file",
    "scrape_failure_log_file",
    "body_size_limit",
    "sample_limit",
    "target_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "keep_dropped_targets",
    "metric_name_validation_scheme",
    "metric_name_escaping_scheme",
    "scrape_native_histograms",
    "convert_classic_histograms_to_nhcb",
    "always_scrape_classic_histograms",
    "extra_scrape_metrics",
];

const SCRAPE: &[&str] = &[
    "job_name",
    "scrape_interval",
    "scrape_timeout",
    "scrape_protocols",
    "fallback_scrape_protocol",
    "scrape_native_histograms",
    "scrape_classic_histograms",
    "always_scrape_classic_histograms",
    "convert_classic_histograms_to_nhcb",
    "metrics_path",
    "honor_labels",
    "honor_timestamps",
    "track_timestamps_staleness",
    "scheme",
    "params",
    "enable_compression",
    "enable_http2",
    "follow_redirects",
    "scrape_failure_log_file",
    "basic_auth",
    "authorization",
    "oauth2",
    "sigv4",
    "bearer_token",
    "bearer_token_file",
    "tls_config",
    "proxy_url",
    "no_proxy",
    "proxy_from_environment",
    "proxy_connect_header",
    "http_headers",
    "static_configs",
    "relabel_configs",
    "metric_relabel_configs",
    "body_size_limit",
    "sample_limit",
    "target_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "keep_dropped_targets",
    "native_histogram_bucket_limit",
    "native_histogram_min_bucket_factor",
    "metric_name_validation_scheme",
    "metric_name_escaping_scheme",
    "extra_scrape_metrics",
    "azure_sd_configs",
    "consul_sd_configs",
    "digitalocean_sd_configs",
    "dns_sd_configs",
    "docker_sd_configs",
    "dockerswarm_sd_configs",
    "ec2_sd_configs",
    "eureka_sd_configs",
    "file_sd_configs",
    "gce_sd_configs",
    "hetzner_sd_configs",
    "http_sd_configs",
    "ionos_sd_configs",
    "kubernetes_sd_configs",
    "kuma_sd_configs",
    "lightsail_sd_configs",
    "linode_sd_configs",
    "marathon_sd_configs",
    "nerve_sd_configs",
    "nomad_sd_configs",
    "openstack_sd_configs",
    "ovhcloud_sd_configs",
    "puppetdb_sd_configs",
    "scaleway_sd_configs",
    "serverset_sd_configs",
    "stackit_sd_configs",
    "triton_sd_configs",
    "uyuni_sd_configs",
    "vultr_sd_configs",
];

/// The time that a scrape may take if nobody says otherwise.
const TIMEOUT_OF_PROMETHEUS: Duration = Duration::from_secs(10);

pub(in super::super) fn check(file: &File, root: &Node, folder: &Folder, sheet: &mut Sheet) {
    let reader = "Prometheus";
    keys::check(file, root, "its configuration", TOP, reader, sheet);
    let global = root.get("global");
    if let Some(global) = global {
        keys::check(file, global, "`global`", GLOBAL, reader, sheet);
        for key in ["scrape_interval", "scrape_timeout", "evaluation_interval"] {
            check_duration(file, global, key, sheet);
        }
    }
    let of_all = |key: &str| duration::at(global.and_then(|global| global.get(key)));
    let interval = of_all("scrape_interval").unwrap_or(Duration::from_secs(60));
    if let (Some(timeout), Some(global)) = (of_all("scrape_timeout"), global)
        && timeout > interval
    {
        let line = global.entry("scrape_timeout").map(|(key, _)| key.line);
        say_timeout(file, line.unwrap_or(global.line), timeout, interval, sheet);
    }
    let mut names = HashSet::new();
    for config in root
        .get("scrape_configs")
        .map(Node::items)
        .unwrap_or_default()
    {
        check_scrape(file, config, (interval, of_all("scrape_timeout")), sheet);
        if let Some(name) = config.get("job_name").and_then(Node::text)
            && !names.insert(name.clone())
        {
            sheet.add(
                &DUPLICATE_JOB,
                &file.at(config.line),
                format!("there already is a job `{name}`"),
                "give it another name, or put its targets into the first one",
            );
        }
    }
    check_rule_files(file, root, folder, sheet);
    check_alerting(file, root, folder, sheet);
    check_remotes(file, root, sheet);
}

fn check_scrape(
    file: &File,
    config: &Node,
    (interval, timeout): (Duration, Option<Duration>),
    sheet: &mut Sheet,
) {
    keys::check(file, config, "a job", SCRAPE, "Prometheus", sheet);
    for key in ["scrape_interval", "scrape_timeout"] {
        check_duration(file, config, key, sheet);
    }
    let own = |key: &str| duration::at(config.get(key));
    let interval = own("scrape_interval").unwrap_or(interval);
    // Where only the interval is said, Prometheus shortens the timeout by itself.
    let timeout = own("scrape_timeout").or(timeout.filter(|time| *time > TIMEOUT_OF_PROMETHEUS));
    if let Some(timeout) = timeout
        && timeout > interval
        && own("scrape_timeout").is_some()
    {
        let line = config.entry("scrape_timeout").map(|(key, _)| key.line);
        say_timeout(file, line.unwrap_or(config.line), timeout, interval, sheet);
    }
    check_credentials(file, config, sheet);
    for targets in config
        .get("static_configs")
        .map(Node::items)
        .unwrap_or_default()
    {
        keys::check(
            file,
            targets,
            "`static_configs`",
            &["targets", "labels"],
            "Prometheus",
            sheet,
        );
    }
}

fn say_timeout(file: &File, line: usize, timeout: Duration, interval: Duration, sheet: &mut Sheet) {
    let told = crate::query::promql_duration;
    sheet.add(
        &TIMEOUT,
        &file.at(line),
        format!(
            "a scrape may take {}, and the next one begins after {}",
            told(timeout),
            told(interval)
        ),
        format!("allow it {} at the most", told(interval)),
    );
}

fn check_credentials(file: &File, config: &Node, sheet: &mut Sheet) {
    for (keys, file_key) in [
        (&["basic_auth", "password"][..], "password_file"),
        (&["authorization", "credentials"], "credentials_file"),
        (&["bearer_token"], "bearer_token_file"),
        (&["oauth2", "client_secret"], "client_secret_file"),
    ] {
        if let Some(node) = config.at(keys)
            && node.text().is_some_and(|text| !text.is_empty())
        {
            let key = keys[keys.len() - 1];
            sheet.add(
                &INLINE_SECRET,
                &file.at(node.line),
                format!("`{key}` stands in the file, and Prometheus expands no variables there"),
                format!("use `{file_key}`"),
            );
        }
    }
}

fn check_remotes(file: &File, root: &Node, sheet: &mut Sheet) {
    for key in ["remote_write", "remote_read"] {
        for remote in root.get(key).map(Node::items).unwrap_or_default() {
            check_credentials(file, remote, sheet);
        }
    }
}

fn check_rule_files(file: &File, root: &Node, folder: &Folder, sheet: &mut Sheet) {
    let patterns = root.get("rule_files").map(Node::items).unwrap_or_default();
    let rules = || {
        let files = folder.files.iter();
        files.filter(|file| matches!(file.content, Content::Rules(_) | Content::Broken(_)))
    };
    let mut read = HashSet::new();
    for pattern in patterns {
        let Some(text) = pattern.as_str() else {
            continue;
        };
        // Where it will be mounted is elsewhere, so names are what can be compared.
        let name = text.rsplit('/').next().unwrap_or(text);
        let matching = rules().filter(|file| matches(name, file.name()));
        let matching: Vec<&str> = matching.map(|file| file.path.as_str()).collect();
        if matching.is_empty() && folder.is_whole {
            sheet.add(
                &NO_RULE_FILES,
                &file.at(pattern.line),
                format!("no file of rules is `{text}`, and Prometheus starts without it"),
                match rules().next() {
                    Some(rules) => format!("there is `{}`", rules.path),
                    None => "write one, or remove the line".to_owned(),
                },
            );
        }
        read.extend(matching);
    }
    let is_alone = folder
        .files
        .iter()
        .filter(|file| matches!(file.content, Content::Prometheus(_)));
    if is_alone.count() != 1 {
        return;
    }
    for rules in rules() {
        if matches!(rules.content, Content::Rules(_)) && !read.contains(rules.path.as_str()) {
            sheet.add(
                &UNUSED_RULES,
                &rules.place(),
                format!("`{}` does not read it", file.path),
                format!("add `{}` to `rule_files`", rules.name()),
            );
        }
    }
}

fn check_alerting(file: &File, root: &Node, folder: &Folder, sheet: &mut Sheet) {
    let has_alerts = folder.files.iter().any(|file| match &file.content {
        Content::Rules(root) => {
            let groups = root.get("groups").map(Node::items).unwrap_or_default();
            let rules = groups.iter().filter_map(|group| group.get("rules"));
            rules
                .flat_map(Node::items)
                .any(|rule| rule.get("alert").is_some())
        }
        _ => false,
    });
    let managers = root
        .at(&["alerting", "alertmanagers"])
        .map(Node::items)
        .unwrap_or_default();
    if has_alerts && managers.is_empty() {
        sheet.add(
            &NO_ALERTMANAGER,
            &file.place(),
            "there are alerts, and nobody is told of them",
            "say where Alertmanager is, in `alerting.alertmanagers`",
        );
    }
}

/// Whether a name fits a pattern with `*` and `?`.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if p < pattern.len() && (pattern[p] == '?' || pattern[p] == name[n] && pattern[p] != '*') {
            (p, n) = (p + 1, n + 1);
        } else if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, n));
            p += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            (p, n) = (at + 1, taken + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn names_fit_patterns() {
        for (pattern, name, fits) in [
            ("*.yml", "a.yml", true),
            ("*.yml", "a.yaml", false),
            ("alert_rules.yml", "alert_rules.yml", true),
            ("rules-?.yml", "rules-1.yml", true),
            ("*a*b", "xaayb", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
