//! Names that the classic formats have no letters for, beside a second reading of how Prometheus
//! escapes them: a metric's and a label's, each on a line of its own.

use std::collections::BTreeSet;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use vitalsigns::{ContentType, Escaping, Format, PrometheusClient, Registry};

use crate::decoded::{Samples, of_protobuf, of_text};

pub(crate) fn run(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    let (metric, label) = input.split_once('\n').unwrap_or((input, "label"));
    // What looks like several labels cannot be told from them.
    if label.contains("\",") {
        return;
    }
    let registry = Registry::new();
    let own = names(&read(&registry, ContentType::PROTOBUF));
    let family = Family::<Vec<(String, String)>, Counter>::default();
    family
        .get_or_create(&vec![(label.to_owned(), "value".to_owned())])
        .inc();
    if registry
        .attach(PrometheusClient::metric(metric, "Help", family))
        .is_err()
    {
        return;
    }
    // One `_total` is theirs, one ours.
    let complete = format!("{}_total", metric.strip_suffix("_total").unwrap_or(metric));
    for escaping in [
        Escaping::Underscores,
        Escaping::Dots,
        Escaping::Values,
        Escaping::AllowUtf8,
    ] {
        let expected = (
            escaped(&complete, true, escaping),
            escaped(label, false, escaping),
        );
        for content_type in [ContentType::from(Format::TextV1), ContentType::PROTOBUF] {
            let samples = read(&registry, content_type.escaped(escaping));
            let sample = samples.keys().find(|(name, _)| *name == expected.0);
            let Some((_, labels)) = sample else {
                panic!("no {expected:?} with {escaping}: {samples:?}");
            };
            assert_eq!(labels.keys().collect::<Vec<_>>(), [&expected.1]);
            if escaping != Escaping::Dots {
                assert!(own.is_subset(&names(&samples)));
            }
        }
        if escaping == Escaping::Values {
            for (escaped, name) in [(&expected.0, &*complete), (&expected.1, label)] {
                // What looks escaped and is not cannot be told from what is.
                assert!(escaped == name || unescaped(escaped) == name, "{escaped}");
            }
        }
        if escaping != Escaping::AllowUtf8 {
            assert!(
                expected
                    .0
                    .chars()
                    .enumerate()
                    .all(|(place, c)| legal(c, place, true))
            );
            assert!(
                expected
                    .1
                    .chars()
                    .enumerate()
                    .all(|(place, c)| legal(c, place, false))
            );
        }
    }
}

fn read(registry: &Registry, content_type: ContentType) -> Samples {
    let page = registry.encode(content_type);
    match content_type.format() {
        Some(_) => of_text(&String::from_utf8(page).expect("text")),
        None => of_protobuf(&page),
    }
}

/// The names of samples that are there from the start.
fn names(samples: &Samples) -> BTreeSet<String> {
    samples.keys().map(|(name, _)| name.clone()).collect()
}

fn legal(c: char, place: usize, metric: bool) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '_' => true,
        '0'..='9' => place > 0,
        ':' => metric,
        _ => false,
    }
}

/// As `EscapeName` of prometheus/common.
fn escaped(name: &str, metric: bool, escaping: Escaping) -> String {
    let chars = || name.chars().enumerate();
    let is_legal = chars().all(|(place, c)| legal(c, place, metric));
    match escaping {
        Escaping::Underscores => chars()
            .map(|(place, c)| if legal(c, place, metric) { c } else { '_' })
            .collect(),
        Escaping::Dots => chars()
            .map(|(place, c)| match c {
                '_' => "__".to_owned(),
                '.' => "_dot_".to_owned(),
                c if legal(c, place, metric) => c.to_string(),
                _ => "__".to_owned(),
            })
            .collect(),
        Escaping::Values if !is_legal => chars()
            .map(|(place, c)| match c {
                '_' => "__".to_owned(),
                c if legal(c, place, metric) => c.to_string(),
                c => format!("_{:x}_", u32::from(c)),
            })
            .fold("U__".to_owned(), |name, part| name + &part),
        _ => name.to_owned(),
    }
}

/// The name that was escaped as [`Escaping::Values`].
fn unescaped(name: &str) -> String {
    let Some(mut rest) = name.strip_prefix("U__") else {
        return name.to_owned();
    };
    let mut plain = String::new();
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '_' {
            plain.push(c);
        } else if let Some(behind) = rest.strip_prefix('_') {
            plain.push('_');
            rest = behind;
        } else {
            let (number, behind) = rest.split_once('_').expect("a closed number");
            let code = u32::from_str_radix(number, 16).expect("a number");
            plain.push(char::from_u32(code).expect("a character"));
            rest = behind;
        }
    }
    plain
}
