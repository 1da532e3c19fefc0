//! prometheus-client inside ours, and ours inside prometheus-client, with the real crate.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry as Theirs, Unit};
use std::sync::atomic::AtomicU64;
use vitalsigns::families::HttpServer;
use vitalsigns::{Format, Kind, MetricGroup, PrometheusClient, RegisterError, Registry, StateSet};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Topic {
    topic: String,
}

/// A registry that has all of prometheus-client's surprises in it.
fn theirs() -> Theirs {
    let mut theirs = Theirs::default();
    let doubled: Counter = Counter::default();
    doubled.inc();
    theirs.register("jobs_total", "Jobs,\nin \"two\" lines \\ help", doubled);
    let family = Family::<Topic, Counter>::default();
    for topic in ["b", "a \"quoted\"\n\\"] {
        family
            .get_or_create(&Topic {
                topic: topic.into(),
            })
            .inc_by(2);
    }
    theirs.register("events", "Events", family);
    let latency = Histogram::new([0.5, 1.0, 1_000_000.0]);
    latency.observe(0.7);
    theirs.register_with_unit("latency_seconds", "Latency", Unit::Seconds, latency);
    theirs.register("version", "Version", Info::new([("version", "1.2")]));
    let load = Gauge::<f64, AtomicU64>::default();
    load.set(f64::INFINITY);
    theirs.register("load", "Load", load);
    theirs
}

const THEIR_SAMPLES: &str = r#"jobs_total 1
events_total{topic="a \"quoted\"\n\\"} 2
events_total{topic="b"} 2
latency_seconds_sum 0.7
latency_seconds_count 1
latency_seconds_bucket{le="0.5"} 0
latency_seconds_bucket{le="1.0"} 1
latency_seconds_bucket{le="1e+06"} 1
latency_seconds_bucket{le="+Inf"} 1
version_info{version="1.2"} 1
load +Inf
"#;

fn samples(page: &str) -> String {
    page.lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("vitalsigns_"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[test]
fn their_registry_comes_out_right_in_both_formats() {
    let registry = Registry::new();
    registry
        .attach(PrometheusClient::registry(Arc::new(theirs())))
        .unwrap();
    let text = registry.render(Format::Text);
    let open_metrics = registry.render(Format::OpenMetrics);
    assert_eq!(samples(&text), THEIR_SAMPLES);
    assert_eq!(samples(&open_metrics), THEIR_SAMPLES);
    assert!(text.contains("# TYPE jobs_total counter\n"), "{text}");
    assert!(
        text.contains("# HELP jobs_total Jobs,\\nin \"two\" lines \\\\ help.\n"),
        "{text}"
    );
    assert!(
        open_metrics.contains("# TYPE jobs counter\n"),
        "{open_metrics}"
    );
    assert!(
        open_metrics.contains("# UNIT latency_seconds seconds\n"),
        "{open_metrics}"
    );
    assert!(
        open_metrics.contains("# TYPE version info\n"),
        "{open_metrics}"
    );
    assert_eq!(
        registry.catalogue().family("jobs_total").unwrap().kind,
        Kind::Counter
    );
    assert_eq!(
        registry.catalogue().family("version_info").unwrap().group,
        "prometheus-client"
    );
}

#[test]
fn the_same_page_comes_out_every_time() {
    let registry = Registry::new();
    let family = Family::<Topic, Counter>::default();
    for number in 0..100 {
        family
            .get_or_create(&Topic {
                topic: format!("topic {number:03}"),
            })
            .inc();
    }
    registry
        .attach(PrometheusClient::metric("events", "Events", family))
        .unwrap();
    let page = registry.render(Format::Text);
    let lines: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("events_total"))
        .collect();
    assert_eq!(lines.len(), 100);
    assert!(lines.is_sorted());
}

#[test]
fn names_that_are_taken_or_illegal_are_refused_and_nothing_is_attached() {
    let registry = Registry::new();
    HttpServer::register(&registry).unwrap();
    let before = registry.render(Format::Text);
    let counter = Counter::<u64>::default;
    let taken = PrometheusClient::metric("http_requests", "Mine", counter());
    let error = registry.attach(taken).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metric `http_requests_total` of `prometheus-client` clashes with metric \
         `http_requests_total` of `HttpMetrics`; give one of the groups a prefix"
    );
    for name in [
        "no \"quotes\"",
        "two\nlines",
        "two\nli nes",
        "\n",
        "two words",
    ] {
        let illegal = PrometheusClient::metric(name, "Mine", counter());
        let refused = registry.attach(illegal);
        assert!(
            matches!(refused, Err(RegisterError::Foreign { .. })),
            "{name:?}"
        );
    }
    assert_eq!(registry.render(Format::Text), before);
}

#[test]
fn a_name_of_two_lines_takes_nothing_else_with_it() {
    let mut theirs = Theirs::default();
    for name in ["before", "two\nlines", "after"] {
        theirs.register(
            name,
            "Help\n# HELP of\nthree lines",
            Counter::<u64>::default(),
        );
    }
    let error = Registry::new()
        .attach(PrometheusClient::registry(Arc::new(theirs)))
        .unwrap_err()
        .to_string();
    assert!(error.contains("two cannot stand"), "{error}");
}

#[test]
fn a_name_that_is_taken_later_is_left_out_and_counted() {
    #[derive(MetricGroup)]
    #[allow(dead_code)]
    struct Mine {
        /// Jobs.
        jobs_total: vitalsigns::Counter,
    }
    let registry = Registry::new();
    let jobs = Counter::<u64>::default();
    registry
        .attach(PrometheusClient::metric("jobs", "Jobs", jobs))
        .unwrap();
    Mine::register(&registry).unwrap();
    registry.render(Format::Text);
    let page = registry.render(Format::Text);
    assert_eq!(page.matches("# TYPE jobs_total").count(), 1);
    let dropped = "vitalsigns_foreign_families_dropped_total{cause=\"duplicate\"} ";
    let count = page
        .lines()
        .find_map(|line| line.strip_prefix(dropped))
        .unwrap();
    assert!(count.parse::<u64>().unwrap() >= 1, "{count}");
}

#[test]
fn ours_is_a_collector_of_theirs() {
    #[derive(MetricGroup)]
    struct Lamp {
        /// Whether it is lit.
        lamp_lit: StateSet<bool>,
        /// Energy used.
        energy_joules_total: vitalsigns::Counter<f64>,
    }
    let ours = Registry::builder()
        .constant_label("room", "attic")
        .build()
        .unwrap();
    let lamp = Lamp::register(&ours).unwrap();
    lamp.lamp_lit.set(true);
    lamp.energy_joules_total.add(1.5);
    let http = HttpServer::register(&ours).unwrap();
    drop(http.start("GET", Some("/users/{id}")));

    let mut theirs = Theirs::default();
    theirs.register_collector(Box::new(ours.clone()));
    let mut page = String::new();
    encode(&mut page, &theirs).unwrap();

    for expected in [
        "# TYPE energy_joules counter\n# UNIT energy_joules joules\nenergy_joules_total{room=\"attic\"} 1.5\n",
        "lamp_lit{room=\"attic\",lamp_lit=\"false\"} 0\n",
        "lamp_lit{room=\"attic\",lamp_lit=\"true\"} 1\n",
        "# TYPE http_requests counter\n",
        "http_requests_total{room=\"attic\",method=\"GET\",route=\"/users/{id}\",status=\"499\"} 1\n",
        "# UNIT http_request_duration_seconds seconds\n",
        "http_request_duration_seconds_count{room=\"attic\",method=\"GET\",route=\"/users/{id}\"} 1\n",
    ] {
        assert!(page.contains(expected), "{expected}\n--- is not in\n{page}");
    }
}

#[test]
fn registries_with_labels_of_their_own_are_one_family() {
    let mut theirs = Theirs::default();
    for shard in ["2", "1"] {
        let label = ("shard".into(), shard.into());
        let jobs = Counter::<u64>::default();
        jobs.inc();
        theirs
            .sub_registry_with_label(label)
            .register("jobs", "Jobs", jobs);
    }
    let registry = Registry::new();
    registry
        .attach(PrometheusClient::registry(Arc::new(theirs)))
        .unwrap();
    let page = registry.render(Format::Text);
    assert_eq!(
        samples(&page),
        "jobs_total{shard=\"1\"} 1\njobs_total{shard=\"2\"} 1\n"
    );
    assert_eq!(page.matches("# TYPE jobs_total").count(), 1);
}

#[test]
fn foreign_families_do_not_clash_with_each_other_either() {
    let registry = Registry::new();
    let counter = || Counter::<u64>::default();
    registry
        .attach(PrometheusClient::metric("x", "Counter", counter()))
        .unwrap();
    let gauge = PrometheusClient::metric("x_total", "Gauge", Gauge::<i64>::default());
    let error = registry.attach(gauge).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metric `x_total` of `prometheus-client` clashes with metric `x_total` of \
         `prometheus-client`; it is registered already, with other types or by another source"
    );
    let histogram = Histogram::new([1.0]);
    registry
        .attach(PrometheusClient::metric("h", "Histogram", histogram))
        .unwrap();
    let count = PrometheusClient::metric("h_count", "Gauge", Gauge::<i64>::default());
    assert!(registry.attach(count).is_err());
    let reserved = Info::new([("__name__", "q")]);
    let error = registry
        .attach(PrometheusClient::metric("m", "Info", reserved))
        .unwrap_err();
    assert!(
        error.to_string().contains("m cannot stand on a page"),
        "{error}"
    );
}

#[test]
fn registries_that_contain_each_other_come_to_an_end() {
    let registry = Registry::new();
    HttpServer::register(&registry).unwrap();
    let mut theirs = Theirs::default();
    let inside = theirs.sub_registry_with_prefix("inner");
    inside.register_collector(Box::new(registry.clone()));
    registry
        .attach(PrometheusClient::registry(Arc::new(theirs)))
        .unwrap();
    let page = registry.render(Format::OpenMetrics);
    assert!(
        page.contains("# TYPE inner_http_requests counter\n"),
        "{page}"
    );
    assert!(page.ends_with("# EOF\n"));
}

#[test]
fn looking_at_the_catalogue_counts_nothing() {
    #[derive(MetricGroup)]
    #[allow(dead_code)]
    struct Mine {
        /// Jobs.
        jobs_total: vitalsigns::Counter,
    }
    let registry = Registry::new();
    registry
        .attach(PrometheusClient::metric(
            "jobs",
            "Jobs",
            Counter::<u64>::default(),
        ))
        .unwrap();
    Mine::register(&registry).unwrap();
    registry.catalogue();
    registry.render(Format::Text);
    let page = registry.render(Format::Text);
    let dropped = "vitalsigns_foreign_families_dropped_total{cause=\"duplicate\"} 2\n";
    assert!(page.contains(dropped), "one for each page: {page}");
}

#[test]
fn a_series_that_stands_twice_is_refused() {
    type Labels = Vec<(&'static str, &'static str)>;
    let twice = |first: Labels, second: Labels| {
        let mut theirs = Theirs::default();
        for labels in [first, second] {
            let family = Family::<Labels, Counter>::default();
            family.get_or_create(&labels).inc();
            theirs.register("jobs", "Jobs", family);
        }
        Registry::new().attach(PrometheusClient::registry(Arc::new(theirs)))
    };
    for (first, second) in [
        (vec![], vec![]),
        (vec![("a", "1")], vec![("a", "1")]),
        // In another order, and where names are escaped.
        (vec![("a", "1"), ("b", "2")], vec![("b", "2"), ("a", "1")]),
        (vec![("a.b", "1")], vec![("a_b", "1")]),
    ] {
        let error = twice(first, second).unwrap_err();
        assert!(error.to_string().contains("a series"), "{error}");
    }
    assert_eq!(twice(vec![("a", "1")], vec![("a", "2")]), Ok(()));
}

#[test]
fn help_with_samples_in_it_is_refused_or_makes_a_page_that_can_be_read() {
    for (line, is_read) in [
        ("a 1", true),
        ("a_total 1", false),
        ("a{b=\"\\q\"} 1", false),
        ("a 1\na 2", false),
    ] {
        let help = format!("B\n# TYPE b counter\n# HELP a A\n# TYPE a gauge\n{line}\n# HELP b B");
        let registry = Registry::new();
        let metric = PrometheusClient::metric("b", help, Counter::<u64>::default());
        assert_eq!(registry.attach(metric).is_ok(), is_read, "{line}");
    }
}

#[test]
fn labels_whose_names_have_commas_or_quotes_are_refused() {
    for label in [",a", "a,", "a=\"1\"b"] {
        let family = Family::<Vec<(&str, &str)>, Counter>::default();
        family.get_or_create(&vec![(label, "1")]).inc();
        let metric = PrometheusClient::metric("jobs", "Jobs", family);
        assert!(Registry::new().attach(metric).is_err(), "{label}");
    }
}

#[test]
fn a_name_with_a_space_is_not_a_name_and_a_value() {
    let metric = PrometheusClient::metric("jobs 12 1", "Jobs", Counter::<u64>::default());
    assert!(Registry::new().attach(metric).is_err());
}
