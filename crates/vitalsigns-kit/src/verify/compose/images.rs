//! Images: which one it is, and where it comes from.

use super::super::sheet::Sheet;
use super::super::wiring::Service;
use super::{ANGULAR_PLUGIN, FROZEN_IMAGE, IMAGE_TAG, environment, named, place};

/// Plugins and panels that are made with Angular.
pub(in super::super) const ANGULAR: &[(&str, &str)] = &[
    ("grafana-piechart-panel", "the panel `piechart` is built in"),
    ("grafana-worldmap-panel", "the panel `geomap` is built in"),
    ("grafana-singlestat-panel", "the panel `stat` is built in"),
    (
        "natel-discrete-panel",
        "the panel `state-timeline` is built in",
    ),
    (
        "michaeldmoore-multistat-panel",
        "the panel `bargauge` is built in",
    ),
    ("briangann-datatable-panel", "the panel `table` is built in"),
    (
        "jdbranham-diagram-panel",
        "look for a version without Angular",
    ),
    ("vonage-status-panel", "the panel `stat` is built in"),
];

pub(super) fn tag(service: &Service<'_>, sheet: &mut Sheet) {
    let Some(image) = &service.image else { return };
    if image.contains('@') || image.contains("${") {
        return;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    let tag = name.split_once(':').map(|(_, tag)| tag);
    // What is built here is tagged by who builds it.
    if service.node.get("build").is_some() {
        return;
    }
    let cause = match tag {
        None | Some("") => format!("`{image}` has no tag, so it is `latest`"),
        Some("latest") => format!("`{image}` is whatever was released last"),
        Some(_) => return,
    };
    sheet.add(
        &IMAGE_TAG,
        &place(service, "image"),
        cause,
        "name a version, best with its digest",
    );
}

pub(super) fn frozen(service: &Service<'_>, sheet: &mut Sheet) {
    let Some(image) = &service.image else { return };
    let moved = [
        (
            "gcr.io/cadvisor/",
            "newer ones are at `ghcr.io/google/cadvisor`",
        ),
        (
            "gcr.io/google-containers/",
            "newer ones are at `registry.k8s.io`",
        ),
        ("k8s.gcr.io/", "newer ones are at `registry.k8s.io`"),
        (
            "google/cadvisor",
            "newer ones are at `ghcr.io/google/cadvisor`",
        ),
        (
            "docker.elastic.co/kibana/kibana-oss",
            "there are none any more",
        ),
    ];
    let found = moved.iter().find(|(start, _)| image.starts_with(start));
    if let Some((_, instead)) = found {
        sheet.add(
            &FROZEN_IMAGE,
            &place(service, "image"),
            format!("no new image of `{image}` appears there"),
            *instead,
        );
    }
}

pub(super) fn plugins(service: &Service<'_>, sheet: &mut Sheet) {
    for (line, name, value) in environment(service) {
        if name != "GF_INSTALL_PLUGINS" && name != "GF_PLUGINS_PREINSTALL" {
            continue;
        }
        for (plugin, instead) in ANGULAR {
            if value.contains(plugin) {
                sheet.add(
                    &ANGULAR_PLUGIN,
                    &named(service, line),
                    format!("`{plugin}` needs Angular, which Grafana 12 does not have"),
                    *instead,
                );
            }
        }
    }
}
