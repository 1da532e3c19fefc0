//! Metrics of prometheus-client, which checks nothing: names, help and labels that break its page.
//!
//! An input that starts with `#` is a page of its own, which gets into theirs as help; that is not
//! escaped. Any other input is metrics, one per line, in fields between tabs: kind, name, help,
//! label, its value and a number. A carriage return in a field is a line feed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry as Theirs, Unit};
use vitalsigns::{ContentType, Escaping, Format, PrometheusClient, Registry};

use crate::decoded::{of_protobuf, of_text};

type Labels = Vec<(String, String)>;

pub(crate) fn run(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    let registry = Registry::new();
    let own = families(&registry.render(Format::OpenMetrics));
    let theirs = match input.starts_with('#') {
        true => page(input),
        false => metrics(input),
    };
    if registry
        .attach(PrometheusClient::registry(Arc::new(theirs)))
        .is_err()
    {
        return;
    }
    // Each escaping every few inputs is enough.
    let escaping = [
        Escaping::AllowUtf8,
        Escaping::Underscores,
        Escaping::Values,
        Escaping::Dots,
    ][input.len() % 4];
    let protobuf = of_protobuf(&registry.encode(ContentType::PROTOBUF.escaped(escaping)));
    for format in [Format::TextV1, Format::OpenMetrics] {
        let page = registry.encode(ContentType::from(format).escaped(escaping));
        let page = String::from_utf8(page).expect("text");
        assert_eq!(of_text(&page), protobuf, "{format}, {escaping}");
        if format == Format::OpenMetrics {
            assert_eq!(page.matches("\n# EOF\n").count(), 1, "{page}");
            assert!(page.ends_with("\n# EOF\n"));
            if escaping != Escaping::Dots {
                assert!(own.is_subset(&families(&page)), "{page}");
            }
        }
    }
}

/// The families of a page by their metadata, of which each must have one.
fn families(page: &str) -> BTreeSet<String> {
    let mut families = BTreeSet::new();
    for line in page.split('\n') {
        if let Some(line) = line.strip_prefix("# TYPE ") {
            let (name, _) = line.rsplit_once(' ').expect("a kind");
            assert!(families.insert(name.to_owned()), "{name} twice: {page}");
        }
    }
    families
}

fn page(input: &str) -> Theirs {
    let mut theirs = Theirs::default();
    let help = format!("First\n# TYPE carrier counter\n{input}\n# HELP carrier Again");
    theirs.register("carrier", help, Counter::<u64>::default());
    theirs
}

fn metrics(input: &str) -> Theirs {
    let mut theirs = Theirs::default();
    for line in input.split('\n').take(8) {
        let mut fields = line.split('\t').map(|field| field.replace('\r', "\n"));
        let mut field = || fields.next().unwrap_or_default();
        let (kind, name, help) = (field(), field(), field());
        let (label, value, number) = (field(), field(), field());
        let number: f64 = number.parse().unwrap_or(0.5);
        let labels = vec![(label, value)];
        match kind.as_str() {
            "c" => {
                let family = Family::<Labels, Counter>::default();
                family.get_or_create(&labels).inc_by(number as u64);
                theirs.register(name, help, family);
            }
            "f" => {
                let family = Family::<Labels, Counter<f64, AtomicU64>>::default();
                family.get_or_create(&labels).inc_by(number);
                theirs.register_with_unit(name, help, Unit::Seconds, family);
            }
            "h" => {
                let family = Family::<Labels, Histogram>::new_with_constructor(|| {
                    Histogram::new([0.5, 1.0])
                });
                family.get_or_create(&labels).observe(number);
                theirs.register(name, help, family);
            }
            "i" => theirs.register(name, help, Info::new(labels)),
            "u" => {
                let unit = Unit::Other(labels[0].0.clone());
                theirs.register_with_unit(name, help, unit, Gauge::<i64>::default());
            }
            _ => {
                let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
                family.get_or_create(&labels).set(number);
                theirs.register(name, help, family);
            }
        }
    }
    theirs
}
