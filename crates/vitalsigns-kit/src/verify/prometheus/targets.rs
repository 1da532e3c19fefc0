//! Jobs against services: who is scraped that is not there, and who is there and not scraped.

use std::net::IpAddr;

use super::super::folder::{Content, Folder};
use super::super::knowledge::Knowledge;
use super::super::sheet::Sheet;
use super::super::wiring::{Job, Target, Wiring, exporter_named, raw_port};
use super::{NO_SERVICE, OTHER_PORT, PUBLIC_TARGET, RAW_PORT, UNKNOWN_JOB, UNSCRAPED, UNWATCHED};
use crate::exporters::Exporter;
use crate::nearest::nearest;

pub(in super::super) fn check(
    folder: &Folder,
    wiring: &Wiring<'_>,
    knowledge: &Knowledge,
    sheet: &mut Sheet,
) {
    for job in &wiring.jobs {
        for target in job.targets.iter().filter(|_| !job.is_probe()) {
            check_target(job, target, wiring, sheet);
        }
    }
    check_unscraped(folder, wiring, sheet);
    let unknown = knowledge.unknown_jobs();
    // Somebody who says nothing of what is exported wants the rest judged.
    if knowledge.has_catalogues() {
        for job in &wiring.jobs {
            // What is not there exports nothing, and that was said.
            let mut hosts = job.targets.iter().map(|target| target.host.as_str());
            let is_gone = wiring.has_stack()
                && hosts.any(|host| host.contains("exporter") && wiring.service(host).is_none());
            if unknown.contains(&job.name.as_str()) && !is_gone {
                sheet.add(
                    &UNKNOWN_JOB,
                    &job.file
                        .at(job.node.line)
                        .in_part(format!("job `{}`", job.name)),
                    format!("nothing is known of what `{}` exports", job.name),
                    format!(
                        "add `catalogue/{}.json` (`vitalsigns catalogue show`), or \
                         `--catalogue {}=FILE`",
                        job.name, job.name
                    ),
                );
            }
        }
    }
}

fn check_target(job: &Job<'_>, target: &Target, wiring: &Wiring<'_>, sheet: &mut Sheet) {
    let place = job
        .file
        .at(target.line)
        .in_part(format!("job `{}`", job.name));
    if let Some(port) = target.port
        && let Some((owner, instead)) = raw_port(port)
    {
        sheet.add(
            &RAW_PORT,
            &place,
            format!("port {port} is {owner}'s own, which answers no scrape"),
            format!("scrape {instead} in its place"),
        );
        // That nobody has this host as well would be the same cause.
        return;
    }
    let is_local = matches!(
        target.host.as_str(),
        "localhost" | "host.docker.internal" | ""
    );
    match target.host.parse::<IpAddr>() {
        Ok(address) if is_public(address) => {
            sheet.add(
                &PUBLIC_TARGET,
                &place,
                format!("`{}` is a public address", target.host),
                "scrape it by the name of its service, within their network",
            );
            return;
        }
        Ok(_) => return,
        Err(_) => {}
    }
    // Without a stack beside it, nobody knows who is there; a name with dots is elsewhere.
    let is_elsewhere = target.host.contains(['.', '$']);
    if !wiring.has_stack() || is_local || is_elsewhere {
        return;
    }
    // A stack of monitoring alone says nothing of who is monitored.
    let is_monitoring = target.host.contains("exporter") || exporter_named(&target.host).is_some();
    if !wiring.has_services() && !is_monitoring && wiring.service(&target.host).is_none() {
        return;
    }
    match wiring.service(&target.host) {
        None => {
            let known = wiring.services.iter().flat_map(|service| &service.hosts);
            let near = nearest(&target.host, known.map(String::as_str));
            sheet.add(
                &NO_SERVICE,
                &place,
                format!("no service is `{}`", target.host),
                match near {
                    Some(near) => format!("there is `{near}`"),
                    None => "add the service, or remove the job".to_owned(),
                },
            );
        }
        Some(service) => {
            let image = service.image.as_deref().unwrap_or_default();
            let exporter = exporter_named(image);
            if let (Some(exporter), Some(port)) = (exporter, target.port)
                && port != exporter.port()
                && !service_mentions(service.node, port)
            {
                sheet.add(
                    &OTHER_PORT,
                    &place,
                    format!(
                        "`{}` listens on {}, not on {port}",
                        target.host,
                        exporter.port()
                    ),
                    format!("scrape `{}:{}`", target.host, exporter.port()),
                );
            }
        }
    }
}

/// Whether the port stands anywhere in what a service is told.
fn service_mentions(node: &crate::yaml::Node, port: u16) -> bool {
    let port = port.to_string();
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        if node.text().is_some_and(|text| text.contains(&port)) {
            return true;
        }
        stack.extend(node.items());
        stack.extend(node.entries().map(|(_, value)| value));
    }
    false
}

fn check_unscraped(folder: &Folder, wiring: &Wiring<'_>, sheet: &mut Sheet) {
    let has_prometheus = folder
        .files
        .iter()
        .any(|file| matches!(file.content, Content::Prometheus(_)));
    if !has_prometheus || wiring.jobs.is_empty() {
        return;
    }
    for service in &wiring.services {
        let Some(exporter) = exporter_named(service.image.as_deref().unwrap_or_default()) else {
            continue;
        };
        let mut targets = wiring.jobs.iter().flat_map(|job| &job.targets);
        let is_itself = |target: &Target| {
            let is_local = matches!(target.host.as_str(), "localhost" | "127.0.0.1");
            is_local && target.port == Some(exporter.port())
        };
        let is_scraped = targets
            .any(|target| service.hosts.contains(&target.host) || is_itself(target))
            || wiring
                .jobs
                .iter()
                .any(|job| wiring.exporter(job) == Some(exporter));
        if is_scraped {
            continue;
        }
        let place = service
            .file
            .at(service.line)
            .in_part(format!("service `{}`", service.name));
        let hint = format!("add a job for `{}:{}`", service.name, exporter.port());
        let is_monitoring = matches!(
            exporter,
            Exporter::Prometheus | Exporter::Alertmanager | Exporter::Grafana
        );
        match is_monitoring {
            true => sheet.add(
                &UNWATCHED,
                &place,
                format!(
                    "`{}` is not scraped, so nobody sees how it is",
                    service.name
                ),
                hint,
            ),
            false => sheet.add(
                &UNSCRAPED,
                &place,
                format!("`{}` runs, and no job scrapes it", service.name),
                hint,
            ),
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified())
        }
        IpAddr::V6(address) => {
            let first = address.segments()[0];
            let is_local = first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80;
            !(address.is_loopback() || address.is_unspecified() || is_local)
        }
    }
}
