//! Whether services come up again, and whether anybody sees that they do not work.

use super::super::sheet::Sheet;
use super::super::wiring::{Service, exporter_named};
use super::{
    HEALTHCHECK_TOOL, NO_HEALTHCHECK, NO_LIMIT, NO_RESTART, PLAIN_DEPENDS, named, place, words,
};
use crate::exporters::Exporter;
use crate::yaml::Node;

pub(super) fn restart(service: &Service<'_>, sheet: &mut Sheet) {
    let policy = service.node.get("restart").and_then(Node::text);
    let deployed = service.node.at(&["deploy", "restart_policy"]);
    if deployed.is_some() {
        return;
    }
    let cause = match policy.as_deref() {
        None => "it has no restart policy, so it stays down once it has ended".to_owned(),
        Some("no" | "false") if service.exporter().is_some() => {
            "it is never started again".to_owned()
        }
        // What is to end once has nothing to be started for again.
        Some(_) => return,
    };
    sheet.add(
        &NO_RESTART,
        &place(service, "restart"),
        cause,
        "add `restart: unless-stopped`",
    );
}

pub(super) fn healthcheck(service: &Service<'_>, sheet: &mut Sheet) {
    let check = service.node.get("healthcheck");
    let is_off =
        check.is_some_and(|check| check.get("disable").and_then(Node::as_bool) == Some(true));
    if check.is_none() || is_off {
        let policy = service.node.get("restart").and_then(Node::text);
        let ends = matches!(policy.as_deref(), Some("no" | "false"));
        // What is built here may have one in its image; that of dcgm-exporter has nothing to ask with.
        let can_have_one = service.exporter() != Some(Exporter::Dcgm) && !ends;
        if can_have_one && service.image.is_some() && service.node.get("build").is_none() {
            sheet.add(
                &NO_HEALTHCHECK,
                &place(service, "healthcheck"),
                "it has no health check, so nothing can wait for it or see that it hangs",
                "add `healthcheck:`; `vitalsigns healthcheck URL` needs no curl in the image",
            );
        }
        return;
    }
    healthcheck_tool(service, sheet);
}

/// Whether the image has what its check is made with.
pub(super) fn healthcheck_tool(service: &Service<'_>, sheet: &mut Sheet) {
    let Some(test) = service.node.at(&["healthcheck", "test"]) else {
        return;
    };
    let told = words(Some(test));
    let uses = |tool: &str| {
        told.iter().any(|(_, word)| {
            let mut parts = word.split([' ', ';', '|', '&', '(']);
            parts.any(|part| part.rsplit('/').next() == Some(tool))
        })
    };
    let image = service.image.as_deref().unwrap_or_default();
    let lacks = lacking(image);
    for tool in ["curl", "wget"] {
        if uses(tool) && lacks.contains(&tool) {
            sheet.add(
                &HEALTHCHECK_TOOL,
                &named(service, test.line),
                format!("`{image}` has no `{tool}`, so the check always fails"),
                match tool {
                    "curl" if !lacks.contains(&"wget") => {
                        "use `wget -q --spider URL`, which it has"
                    }
                    _ => {
                        "use a program that it has, or copy `vitalsigns` into it (`vitalsigns \
                          healthcheck URL`)"
                    }
                },
            );
        } else if uses(tool) && image.is_empty() {
            sheet.add(
                &HEALTHCHECK_TOOL,
                &named(service, test.line),
                format!("the check needs `{tool}`, and this does not say that the image has it"),
                "copy `vitalsigns` into it: `vitalsigns healthcheck URL` needs nothing else",
            );
        }
    }
}

/// What the images of well-known programs do not have.
fn lacking(image: &str) -> &'static [&'static str] {
    let path = image.split(['@', ':']).next().unwrap_or(image);
    match exporter_named(image) {
        // Busybox: `wget` and no `curl`.
        Some(Exporter::Prometheus | Exporter::Alertmanager | Exporter::Node)
            if path.contains("prom/") || path.contains("prometheus/") =>
        {
            &["curl"]
        }
        Some(Exporter::Blackbox) => &["curl"],
        Some(Exporter::Cadvisor) => &["curl"],
        // From scratch.
        Some(Exporter::Redis) if !image.contains("alpine") => &["curl", "wget"],
        Some(Exporter::Postgres) => &["curl"],
        _ if path.contains("distroless") => &["curl", "wget"],
        _ if path.contains("prom/pushgateway") => &["curl"],
        _ if matches!(
            path,
            "redis" | "postgres" | "library/redis" | "library/postgres"
        ) =>
        {
            &["curl"]
        }
        _ => &[],
    }
}

pub(super) fn depends(service: &Service<'_>, sheet: &mut Sheet) {
    let Some(depends) = service.node.get("depends_on") else {
        return;
    };
    let plain: Vec<String> = depends.items().iter().filter_map(Node::text).collect();
    if !plain.is_empty() {
        sheet.add(
            &PLAIN_DEPENDS,
            &place(service, "depends_on"),
            format!(
                "it starts as soon as `{}` has been started",
                plain.join("`, `")
            ),
            "say `condition: service_healthy`",
        );
    }
}

pub(super) fn memory(service: &Service<'_>, sheet: &mut Sheet) {
    let has = |keys: &[&str]| service.node.at(keys).is_some();
    if !has(&["mem_limit"]) && !has(&["deploy", "resources", "limits", "memory"]) {
        sheet.add(
            &NO_LIMIT,
            &place(service, "mem_limit"),
            "it may take all memory of the machine",
            "add `mem_limit:`, and for Prometheus `--storage.tsdb.retention.size` too",
        );
    }
}
