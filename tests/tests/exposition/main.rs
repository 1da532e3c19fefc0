//! Pages of every kind of metric, before judges that others wrote: promtool, and the two parsers
//! of PyPI's prometheus_client.

mod hostile;
mod random;

use std::collections::BTreeMap;
use std::sync::Arc;

use tests::judges::{Family, promtool_check_metrics, strict_openmetrics, text_0_0_4};
use vitalsigns::families::ai::{Level, Measured};
use vitalsigns::families::video::{ErrorKind, Output, Stage};
use vitalsigns::families::{AiOptimization, HttpServer, VideoGeneration};
use vitalsigns::{
    ContentType, Counter, Escaping, Format, Gauge, Histogram, Info, LabelSet, LabelValue,
    MetricGroup, PrometheusClient, Registry, StateSet,
};

#[derive(LabelValue, Clone, Copy)]
enum Theme {
    Tech,
    Nature,
}

#[derive(LabelSet)]
struct Text<'a> {
    #[label(cap = 100)]
    text: &'a str,
}

#[derive(MetricGroup)]
#[metrics(prefix = "all")]
struct All {
    /// A counter of "whole" numbers \ with a backslash.
    whole_total: vitalsigns::Family<Text<'static>, Counter>,
    /// A counter of fractions.
    part_seconds_total: Counter<f64>,
    /// A gauge.
    level: vitalsigns::Family<Text<'static>, Gauge<f64>>,
    /// A gauge of whole numbers.
    depth: Gauge,
    /// A histogram whose bounds are written in every way.
    #[metric(buckets = [0.00001, 0.1, 1, 100000, 1e6, 1048576, 1e21])]
    size_bytes: Histogram,
    /// A histogram without observations.
    #[expect(dead_code, reason = "nothing is recorded")]
    idle_seconds: Histogram,
    /// A histogram with a negative bound.
    #[metric(buckets = [-0.5, 0, 0.5])]
    change_ratio: vitalsigns::Family<Text<'static>, Histogram>,
    /// A native histogram.
    #[metric(histogram = "native")]
    native_seconds: vitalsigns::Family<Text<'static>, Histogram>,
    /// A histogram of both kinds.
    #[metric(histogram = "both", buckets = [-0.5, 0, 0.5])]
    both_ratio: Histogram,
    /// A counter with exemplars.
    #[metric(exemplars)]
    traced_total: vitalsigns::Family<Text<'static>, Counter>,
    /// A histogram with exemplars.
    #[metric(exemplars, buckets = [-0.5, 0, 0.5, 1e6])]
    traced_ratio: Histogram,
    /// A native histogram with exemplars.
    #[metric(exemplars, histogram = "native")]
    traced_seconds: Histogram,
    /// Facts.
    build_info: Info<Text<'static>>,
    /// Facts that were never set.
    #[expect(dead_code, reason = "nothing is set")]
    unset_info: Info<Text<'static>>,
    /// States.
    mode: StateSet<Theme>,
}

const HOSTILE: [&str; 12] = [
    "",
    "plain",
    "a \"quoted\" word",
    "back\\slash",
    "line\nfeed",
    "carriage\rreturn",
    "\\n is not a line feed",
    "braces {} , = #",
    "tab\tand \0 and \u{7f}",
    "ümläut 日本語 \u{1F3A5}",
    "# EOF",
    "ends in a backslash\\",
];

/// Every kind of metric with labels and values that are hard to write.
fn registry(constant: bool) -> Registry {
    let mut builder = Registry::builder()
        .namespace("judged")
        .created_series(constant);
    if constant {
        builder = builder.constant_label("site", "a \"b\"\n\\");
    }
    let registry = builder.build().unwrap();
    let all = All::register(&registry).unwrap();
    let values = [
        0.0,
        -0.0,
        1.5,
        -3.25,
        1e300,
        5e-324,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    for (index, text) in HOSTILE.iter().enumerate() {
        let labels = Text { text };
        all.whole_total.with(&labels).add(u64::MAX - index as u64);
        all.level.with(&labels).set(values[index % values.len()]);
        all.change_ratio
            .with(&labels)
            .observe(-0.75 + 0.25 * index as f64);
        all.native_seconds.with(&labels).observe(0.1 * index as f64);
        all.both_ratio.observe(-0.75 + 0.25 * index as f64);
        let exemplar = [("said", *text), ("Number_1", "17")];
        all.traced_total.with(&labels).inc_with(&exemplar);
        let value: f64 = [-3.0, -0.25, 0.25, 1e5, 1e300][index % 5];
        all.traced_ratio.observe_with(value, &exemplar);
        all.traced_seconds.observe_with(value.abs(), &exemplar);
    }
    all.part_seconds_total.add(0.1);
    all.part_seconds_total.add(0.2);
    all.depth.set(i64::MIN);
    for exponent in -7..25 {
        all.size_bytes.observe(10f64.powi(exponent));
    }
    all.build_info.set(&Text { text: HOSTILE[2] });
    all.mode.set(Theme::Nature);

    let http = HttpServer::register(&registry).unwrap();
    drop(http.start("GET", Some("/users/{id}")));
    drop(http.start("BREW", None));
    let video = VideoGeneration::<Theme>::register(&registry).unwrap();
    let mut job = video.start(Theme::Tech);
    job.stage(Stage::Rendering);
    job.succeed(Output {
        seconds: 12.0,
        bytes: 3_400_000,
    });
    video.start(Theme::Nature).fail(ErrorKind::Timeout);
    let ai = AiOptimization::<Theme>::register(&registry)
        .unwrap()
        .quality_floor(0.9);
    ai.start(Theme::Tech, Level::Light).succeed(Measured {
        input_bytes: 1000,
        output_bytes: 1100,
        quality_before: Some(1.0),
        quality_after: Some(0.8),
    });

    let mut theirs = prometheus_client::registry::Registry::default();
    let counter: prometheus_client::metrics::counter::Counter = Default::default();
    theirs.register("their_jobs_total", "Jobs\nin two \"lines\"", counter);
    let facts = prometheus_client::metrics::info::Info::new([("version", "1\n2")]);
    theirs.register("their_version", "Version", facts);
    let dotted = prometheus_client::metrics::family::Family::<
        Vec<(String, String)>,
        prometheus_client::metrics::counter::Counter,
    >::default();
    let label = ("größe.in".to_owned(), "a \"b\"\n\\".to_owned());
    dotted.get_or_create(&vec![label]).inc_by(7);
    theirs.register("their.dotted-名", "Dots and more", dotted);
    registry
        .attach(PrometheusClient::registry(Arc::new(theirs)))
        .unwrap();
    registry
}

/// Every sample as (name, labels) and the bits of its value.
fn samples(families: &[Family]) -> BTreeMap<(String, Vec<(String, String)>), String> {
    families
        .iter()
        .flat_map(|family| &family.samples)
        // No two pages have the same.
        .filter(|sample| !sample.name.replace("__", "_").contains("last_success"))
        .map(|sample| {
            let labels = sample
                .labels
                .iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            let value = sample.number();
            let value = if value.is_nan() {
                "NaN".into()
            } else {
                format!("{value:e}")
            };
            ((sample.name.clone(), labels), value)
        })
        .collect()
}

/// The samples without the times at which series began, which only OpenMetrics has, and without
/// those that are another one on each page.
fn without_times(
    samples: BTreeMap<(String, Vec<(String, String)>), String>,
) -> BTreeMap<(String, Vec<(String, String)>), String> {
    samples
        .into_iter()
        .filter(|((name, _), _)| {
            !(name.ends_with("_created") || name.replace("__", "_").contains("_last_success_"))
        })
        .collect()
}

#[test]
fn promtool_has_no_complaint() {
    for constant in [false, true] {
        let page = registry(constant).render(Format::Text);
        if let Err(complaint) = promtool_check_metrics(&page) {
            panic!("{complaint}\n{page}");
        }
    }
}

#[test]
fn the_strict_parser_has_no_complaint_and_reads_the_same_as_in_the_other_formats() {
    for constant in [false, true] {
        let registry = registry(constant);
        for escaping in [
            Escaping::Underscores,
            Escaping::Dots,
            Escaping::Values,
            Escaping::AllowUtf8,
        ] {
            let page = |format: Format| {
                let page = registry.encode(ContentType::from(format).escaped(escaping));
                String::from_utf8(page).unwrap()
            };
            let open_metrics = match strict_openmetrics(&page(Format::OpenMetrics)) {
                Ok(families) => samples(&families),
                Err(complaint) => panic!("{escaping}: {complaint}"),
            };
            let text = samples(&text_0_0_4(&page(Format::TextV1)).unwrap());
            assert_eq!(
                without_times(open_metrics.clone()),
                without_times(text.clone()),
                "{escaping}"
            );
            let created = open_metrics.len() - text.len();
            assert_eq!(created > 0, constant, "{created} series began");

            // What was written is what is read: every hostile value is there, with its number.
            let name = match escaping {
                Escaping::Dots => "judged__all__whole__total",
                _ => "judged_all_whole_total",
            };
            for (index, value) in HOSTILE.iter().enumerate() {
                let mut labels = vec![("text".to_owned(), (*value).to_owned())];
                if constant {
                    labels.insert(0, ("site".to_owned(), "a \"b\"\n\\".to_owned()));
                }
                let number = (u64::MAX - index as u64) as f64;
                let key = (name.to_owned(), labels);
                assert_eq!(text.get(&key), Some(&format!("{number:e}")), "{value:?}");
            }
            let (name, label) = match escaping {
                Escaping::Dots => ("their_dot_dotted______total", "gr____e_dot_in"),
                Escaping::Values => (
                    "U__their_2e_dotted_2d__540d___total",
                    "U__gr_f6__df_e_2e_in",
                ),
                Escaping::AllowUtf8 => ("their.dotted-名_total", "größe.in"),
                _ => ("their_dotted___total", "gr__e_in"),
            };
            let labels = vec![(label.to_owned(), "a \"b\"\n\\".to_owned())];
            let key = (name.to_owned(), labels);
            assert_eq!(text.get(&key), Some(&"7e0".to_owned()), "{name}");
        }
    }
}

#[test]
fn the_strict_parser_reads_the_exemplars_that_were_recorded() {
    for escaping in [Escaping::Underscores, Escaping::AllowUtf8] {
        let page = ContentType::from(Format::OpenMetrics).escaped(escaping);
        let page = String::from_utf8(registry(false).encode(page)).unwrap();
        let families = strict_openmetrics(&page).unwrap_or_else(|fault| panic!("{fault}\n{page}"));
        let of = |name: &str| {
            let family = families.iter().find(|family| family.name == name).unwrap();
            let samples = family.samples.iter();
            samples
                .filter_map(|sample| Some((sample, sample.exemplar.as_ref()?)))
                .collect::<Vec<_>>()
        };
        let counted = of("judged_all_traced");
        assert_eq!(counted.len(), HOSTILE.len());
        for (sample, exemplar) in counted {
            let expected = BTreeMap::from([
                ("said".to_owned(), sample.labels["text"].clone()),
                ("Number_1".to_owned(), "17".to_owned()),
            ]);
            assert_eq!((&exemplar.labels, &*exemplar.value), (&expected, "1.0"));
            let time: f64 = exemplar.timestamp.as_ref().unwrap().parse().unwrap();
            assert!(time > 1.7e9, "{time}");
        }
        let observed = of("judged_all_traced_ratio");
        assert_eq!(observed.len(), 5);
        let mut below = f64::NEG_INFINITY;
        for (sample, exemplar) in observed {
            let bound: f64 = sample.labels["le"].parse().unwrap();
            let value: f64 = exemplar.value.parse().unwrap();
            assert!(
                below < value && value <= bound,
                "{value} is not below {bound}"
            );
            below = bound;
        }
        assert_eq!(of("judged_all_traced_seconds").len(), 1);
    }
}

#[test]
fn what_the_strict_parser_reads_is_what_the_catalogue_says() {
    let registry = registry(false);
    // The catalogue has names as they are.
    let names = ContentType::from(Format::OpenMetrics).escaped(Escaping::AllowUtf8);
    let page = String::from_utf8(registry.encode(names)).unwrap();
    let families = strict_openmetrics(&page).unwrap();
    let catalogue = registry.catalogue();
    assert_eq!(families.len(), catalogue.families.len());
    for entry in &catalogue.families {
        let base = entry
            .name
            .strip_suffix("_total")
            .or(entry.name.strip_suffix("_info"));
        let base = base.unwrap_or(&entry.name);
        let family = families.iter().find(|family| family.name == base);
        let family = family.unwrap_or_else(|| panic!("`{base}` is not on the page"));
        assert_eq!(family.kind, entry.kind.as_str(), "{base}");
        assert_eq!(
            family.unit,
            entry.unit.clone().unwrap_or_default(),
            "{base}"
        );
        assert_eq!(family.help, entry.help, "{base}");
    }
}
