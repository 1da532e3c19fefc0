//! The formats side by side: content types, names that need escaping, and when series began.

use std::time::{SystemTime, UNIX_EPOCH};

use vitalsigns::{
    ContentType, Counter, Endpoint, EndpointRequest, Escaping, Family, Format, Gauge, Histogram,
    LabelSet, MetricGroup, Registry, SelfTestError, StateSet,
};

use crate::decoded::{families, of_protobuf, of_text, proto};

#[derive(LabelSet)]
struct Order<'a> {
    #[label(cap = 10)]
    sales_channel: &'a str,
}

#[derive(MetricGroup)]
struct Shop {
    /// Orders placed.
    orders_total: Family<Order<'static>, Counter>,
    /// Carts that are open.
    open_carts: Gauge,
    /// Time to place an order.
    #[metric(buckets = [0.5, 1e6])]
    order_duration_seconds: Histogram,
    /// Whether it is open.
    shop_state: StateSet<bool>,
}

const ESCAPINGS: [Escaping; 4] = [
    Escaping::Underscores,
    Escaping::Dots,
    Escaping::Values,
    Escaping::AllowUtf8,
];

fn shop(registry: &Registry) -> Shop {
    let shop = Shop::register(registry).unwrap();
    shop.orders_total
        .with(&Order {
            sales_channel: "by_phone \"1\"\n\\",
        })
        .inc();
    shop.open_carts.set(-2);
    shop.order_duration_seconds.observe(0.5);
    shop.shop_state.set(true);
    shop
}

#[test]
fn the_newer_text_format_is_the_older_one_under_another_name() {
    let registry = Registry::new();
    let _shop = shop(&registry);
    assert_eq!(
        registry.render(Format::TextV1),
        registry.render(Format::Text)
    );
    assert_eq!(
        Format::TextV1.content_type(),
        "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"
    );
}

#[test]
fn protobuf_has_the_samples_of_the_text_formats() {
    let registry = Registry::builder()
        .constant_label("site", "a\"b")
        .build()
        .unwrap();
    let _shop = shop(&registry);
    for escaping in ESCAPINGS {
        let protobuf = of_protobuf(&registry.encode(ContentType::PROTOBUF.escaped(escaping)));
        for format in [Format::Text, Format::TextV1, Format::OpenMetrics] {
            let page = registry.encode(ContentType::from(format).escaped(escaping));
            let text = of_text(std::str::from_utf8(&page).unwrap());
            // The oldest format has no quoted names, but none here needs them.
            assert_eq!(text, protobuf, "{format}, {escaping}");
        }
    }
}

#[test]
fn protobuf_has_the_metadata() {
    let registry = Registry::new();
    let _shop = shop(&registry);
    let page = registry.encode(ContentType::PROTOBUF);
    let all: Vec<_> = families(&page)
        .into_iter()
        .map(|family| {
            (
                family.name.unwrap(),
                family.kind.unwrap(),
                family.help.unwrap(),
                family.unit,
            )
        })
        .filter(|(name, ..)| !name.starts_with("vitalsigns_"))
        .collect();
    let text = str::to_owned;
    assert_eq!(
        all,
        [
            (text("open_carts"), 1, text("Carts that are open."), None),
            (
                text("order_duration_seconds"),
                4,
                text("Time to place an order."),
                Some(text("seconds"))
            ),
            (text("orders_total"), 0, text("Orders placed."), None),
            (text("shop_state"), 1, text("Whether it is open."), None),
        ]
    );
}

#[test]
fn dots_double_the_underscores_of_all_names() {
    let registry = Registry::new();
    let _shop = shop(&registry);
    let dots = |format| {
        String::from_utf8(registry.encode(ContentType::from(format).escaped(Escaping::Dots)))
            .unwrap()
    };
    for line in [
        "# TYPE orders__total counter\n",
        "orders__total{sales__channel=\"by_phone \\\"1\\\"\\n\\\\\"} 1\n",
        "order__duration__seconds_bucket{le=\"0.5\"} 1\n",
        "order__duration__seconds_count 1\n",
        "shop__state{shop__state=\"true\"} 1\n",
    ] {
        assert!(
            dots(Format::Text).contains(line),
            "{line}{}",
            dots(Format::Text)
        );
    }
    // The sample is what it is in the other formats; only the family has less of a name.
    let open_metrics = dots(Format::OpenMetrics);
    assert!(
        open_metrics.contains("# TYPE orders_ counter\n"),
        "{open_metrics}"
    );
    assert!(open_metrics.contains("\norders__total{"), "{open_metrics}");
}

#[test]
fn a_unit_stands_where_the_written_name_ends_with_it() {
    #[derive(MetricGroup)]
    struct Power {
        /// Energy used.
        used_joules_total: Counter<f64>,
        /// Time on.
        on_seconds: Gauge<f64>,
    }
    let registry = Registry::new();
    let power = Power::register(&registry).unwrap();
    power.used_joules_total.add(1.0);
    power.on_seconds.set(1.0);
    let units = |escaping| {
        let page = registry.encode(ContentType::PROTOBUF.escaped(escaping));
        let families = families(&page).into_iter();
        let units: Vec<(String, String)> = families
            .filter_map(|family| Some((family.name?, family.unit?)))
            .filter(|(name, _)| !name.starts_with("vitalsigns"))
            .collect();
        let units: Vec<String> = units.into_iter().map(|(_, unit)| unit).collect();
        let page = registry.encode(ContentType::from(Format::OpenMetrics).escaped(escaping));
        let page = String::from_utf8(page).unwrap();
        let lines = page.lines().filter_map(|line| line.strip_prefix("# UNIT "));
        let lines = lines.filter(|line| !line.starts_with("vitalsigns"));
        let written: Vec<&str> = lines.filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(units, written);
        units
    };
    assert_eq!(units(Escaping::Underscores), ["seconds", "joules"]);
    // `used__joules__total` without `_total` does not end with its unit: readers would refuse it.
    assert_eq!(units(Escaping::Dots), ["seconds"]);
}

fn seconds(created: Option<proto::Timestamp>) -> f64 {
    let created = created.unwrap();
    created.seconds as f64 + f64::from(created.nanos) / 1e9
}

fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
}

#[test]
fn created_times_are_in_protobuf_always_and_in_openmetrics_if_asked_for() {
    for asked in [false, true] {
        let registry = Registry::builder().created_series(asked).build().unwrap();
        let before = now();
        let _shop = shop(&registry);
        let page = registry.encode(ContentType::PROTOBUF);
        let mut times = 0;
        for metric in families(&page).into_iter().flat_map(|family| family.metric) {
            let created = [
                metric.counter.map(|counter| counter.created),
                metric.histogram.map(|histogram| histogram.created),
            ];
            for created in created.into_iter().flatten() {
                // The library's own series are there before the shop.
                assert!((before - 1.0..=now()).contains(&seconds(created)));
                times += 1;
            }
        }
        assert!(times >= 4, "{times}");

        assert!(!registry.render(Format::Text).contains("_created"));
        let page = registry.render(Format::OpenMetrics);
        let lines = page.lines().filter(|line| line.contains("_created"));
        assert_eq!(lines.count(), if asked { times } else { 0 });
        if asked {
            let line = page
                .lines()
                .find_map(|line| line.strip_prefix("order_duration_seconds_created "));
            let created: f64 = line.unwrap().parse().unwrap();
            assert!((before - 0.001..=now()).contains(&created));
        }
    }
}

#[test]
fn a_series_that_is_forgotten_and_comes_back_begins_anew() {
    let registry = Registry::new();
    let shop = shop(&registry);
    let labels = Order {
        sales_channel: "web",
    };
    let created = || {
        let family = families(&registry.encode(ContentType::PROTOBUF))
            .into_iter()
            .find(|family| family.name.as_deref() == Some("orders_total"));
        let of_web = |metric: &proto::Metric| metric.label[0].value.as_deref() == Some("web");
        let metric = family.unwrap().metric.into_iter().find(of_web).unwrap();
        seconds(metric.counter.unwrap().created)
    };
    shop.orders_total.with(&labels).inc();
    let first = created();
    let pause = || std::thread::sleep(std::time::Duration::from_millis(2));
    pause();
    // Held, it goes on from the value that it had; so it began when it began.
    let held = shop.orders_total.with(&labels);
    assert!(shop.orders_total.remove(&labels));
    held.inc();
    assert_eq!(created(), first);
    drop(held);
    assert!(shop.orders_total.remove(&labels));
    pause();
    shop.orders_total.with(&labels).inc();
    assert!(created() > first);
}

#[test]
fn the_judge_reads_every_format() {
    let registry = Registry::new();
    let endpoint = Endpoint::new(&registry);
    let _shop = shop(&registry);
    for format in [
        Format::Text.into(),
        Format::TextV1.into(),
        Format::OpenMetrics.into(),
        ContentType::PROTOBUF,
    ] {
        for escaping in ESCAPINGS {
            let content_type: ContentType = format;
            let content_type = content_type.escaped(escaping);
            let answer = endpoint.answer(
                &EndpointRequest::new("GET").header("accept", content_type.as_str().as_bytes()),
            );
            let named = answer.header("content-type").unwrap();
            assert_eq!(named, content_type.as_str());
            assert_eq!(
                endpoint.judge(200, Some(named), &answer.body),
                Ok(()),
                "{named}"
            );
        }
    }
    let named = Some(ContentType::PROTOBUF.as_str());
    let whole = registry.encode(ContentType::PROTOBUF);
    let cut_off = endpoint.judge(200, named, &whole[..whole.len() - 1]);
    assert_eq!(cut_off, Err(SelfTestError::CutOff));
    let missing = endpoint.judge(200, named, &Registry::new().encode(ContentType::PROTOBUF));
    assert!(matches!(missing, Err(SelfTestError::Missing { families, .. }) if families.len() == 7));
}

#[cfg(feature = "prometheus-client")]
mod foreign {
    use std::sync::Arc;

    use prometheus_client::metrics::counter::Counter;
    use prometheus_client::metrics::family::Family;
    use prometheus_client::metrics::gauge::Gauge;
    use prometheus_client::metrics::histogram::Histogram;
    use prometheus_client::registry::{Registry as Theirs, Unit};
    use vitalsigns::{PrometheusClient, RegisterError};

    use super::*;

    type Pairs = Vec<(String, String)>;

    fn attached() -> Registry {
        let mut theirs = Theirs::default();
        let jobs = Family::<Pairs, Counter>::default();
        jobs.get_or_create(&vec![("http.route".to_owned(), "/a\"b\n".to_owned())])
            .inc();
        theirs.register("render.jobs", "Jobs of the \"old\" part", jobs);
        let depth: Gauge = Gauge::default();
        theirs.register("tiefe-ä", "Tiefe", depth);
        let latency = Histogram::new([0.5]);
        latency.observe(0.25);
        theirs.register_with_unit("render.latency", "Latency", Unit::Seconds, latency);
        let registry = Registry::new();
        registry
            .attach(PrometheusClient::registry(Arc::new(theirs)))
            .unwrap();
        registry
    }

    fn page(registry: &Registry, format: Format, escaping: Escaping) -> String {
        let page = registry.encode(ContentType::from(format).escaped(escaping));
        let page = String::from_utf8(page).unwrap();
        let lines = page.lines().filter(|line| !line.contains("vitalsigns_"));
        lines.map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn names_are_as_the_client_wants_them() {
        let registry = attached();
        assert_eq!(
            page(&registry, Format::Text, Escaping::Underscores),
            r##"# HELP render_jobs_total Jobs of the "old" part.
# TYPE render_jobs_total counter
render_jobs_total{http_route="/a\"b\n"} 1
# HELP tiefe__ Tiefe.
# TYPE tiefe__ gauge
tiefe__ 0
# HELP render_latency_seconds Latency.
# TYPE render_latency_seconds histogram
render_latency_seconds_sum 0.25
render_latency_seconds_count 1
render_latency_seconds_bucket{le="0.5"} 1
render_latency_seconds_bucket{le="+Inf"} 1
"##
        );
        assert_eq!(
            page(&registry, Format::OpenMetrics, Escaping::AllowUtf8),
            r##"# HELP "render.jobs" Jobs of the \"old\" part.
# TYPE "render.jobs" counter
{"render.jobs_total","http.route"="/a\"b\n"} 1
# HELP "tiefe-ä" Tiefe.
# TYPE "tiefe-ä" gauge
{"tiefe-ä"} 0
# HELP "render.latency_seconds" Latency.
# TYPE "render.latency_seconds" histogram
# UNIT "render.latency_seconds" seconds
{"render.latency_seconds_sum"} 0.25
{"render.latency_seconds_count"} 1
{"render.latency_seconds_bucket",le="0.5"} 1
{"render.latency_seconds_bucket",le="+Inf"} 1
# EOF
"##
        );
        let dots = page(&registry, Format::TextV1, Escaping::Dots);
        assert!(
            dots.contains("\nrender_dot_jobs__total{http_dot_route=\"/a\\\"b\\n\"} 1\n"),
            "{dots}"
        );
        let values = page(&registry, Format::TextV1, Escaping::Values);
        assert!(
            values.contains("\nU__render_2e_jobs__total{U__http_2e_route=\"/a\\\"b\\n\"} 1\n"),
            "{values}"
        );
        assert!(values.contains("\nU__tiefe_2d__e4_ 0\n"), "{values}");
    }

    #[test]
    fn all_formats_have_the_same_samples() {
        let registry = attached();
        for escaping in ESCAPINGS {
            let protobuf = of_protobuf(&registry.encode(ContentType::PROTOBUF.escaped(escaping)));
            for format in [Format::TextV1, Format::OpenMetrics] {
                let page = registry.encode(ContentType::from(format).escaped(escaping));
                assert_eq!(
                    of_text(std::str::from_utf8(&page).unwrap()),
                    protobuf,
                    "{escaping}"
                );
            }
        }
    }

    #[test]
    fn what_is_one_name_once_escaped_cannot_stand_there_twice() {
        let registry = attached();
        let gauge = || Gauge::<i64>::default();
        let clash = registry.attach(PrometheusClient::metric("tiefe_ö", "Tiefe", gauge()));
        assert!(
            matches!(clash, Err(RegisterError::Clash { .. })),
            "{clash:?}"
        );
        let _shop = shop(&registry);
        let clash = registry.attach(PrometheusClient::metric("open-carts", "Mine", gauge()));
        assert!(
            matches!(clash, Err(RegisterError::Clash { .. })),
            "{clash:?}"
        );
    }
}
