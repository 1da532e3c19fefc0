//! Exemplars: which are kept, and on which page they are.

use std::thread;
use std::time::Duration;

use vitalsigns::{
    ContentType, Counter, Exemplar, Family, Format, Histogram, LabelSet, MetricGroup, Registry,
    TraceContext,
};

use crate::decoded::{
    Exemplars, Labels, exemplars_of_protobuf, exemplars_of_text, families, read_exemplar,
};

#[derive(LabelSet)]
struct Paid {
    paid: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Orders.
    #[metric(exemplars)]
    orders_total: Family<Paid, Counter>,
    /// Time spent.
    #[metric(exemplars)]
    spent_seconds_total: Counter<f64>,
    /// Time to place an order.
    #[metric(exemplars, buckets = [0.5, 1, 2])]
    order_seconds: Histogram,
    /// Time to pack an order.
    #[metric(exemplars, histogram = "native")]
    pack_seconds: Histogram,
    /// Time to send an order.
    #[metric(exemplars, histogram = "both", buckets = [1])]
    send_seconds: Histogram,
    /// Refunds, without exemplars.
    refunds_total: Counter,
    /// Time to refund, without exemplars.
    refund_seconds: Histogram,
}

fn shop() -> (Registry, Shop) {
    let registry = Registry::new();
    let shop = Shop::register(&registry).unwrap();
    (registry, shop)
}

/// The exemplars, after text and protobuf were found to have the same.
fn exemplars(registry: &Registry) -> Exemplars {
    let text = exemplars_of_text(&registry.render(Format::OpenMetrics));
    let protobuf = exemplars_of_protobuf(&registry.encode(ContentType::PROTOBUF));
    let mut of_both = text.clone();
    // In text, one that is native only has its newest exemplar in its one bucket.
    of_both.retain(|(name, _), _| name != "pack_seconds_bucket");
    assert_eq!(of_both, protobuf);
    text
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_counter_has_the_amount_and_a_histogram_one_value_of_each_bucket() {
    let (registry, shop) = shop();
    let trace = TraceContext::from_ids([0xa1; 16], [0xb2; 8], true);
    shop.orders_total.with(&Paid { paid: true }).inc_with(trace);
    shop.spent_seconds_total.add_with(0.25, &[("order", "1")]);
    for (seconds, order) in [(0.5, "2"), (0.75, "3"), (1.0, "4"), (9.0, "5")] {
        shop.order_seconds
            .observe_with(seconds, &[("order", order)]);
    }
    shop.send_seconds
        .observe_with(Duration::from_secs(3), &[("order", "6")]);

    let found = exemplars(&registry);
    let of = |name: &str, of: &[(&str, &str)]| {
        let exemplar = found.get(&(name.to_owned(), labels(of)))?;
        Some((exemplar.labels.clone(), exemplar.value.get()))
    };
    let traced = labels(&[("trace_id", &"a1".repeat(16)), ("span_id", &"b2".repeat(8))]);
    assert_eq!(of("orders_total", &[("paid", "true")]), Some((traced, 1.0)));
    let order = |order, value| Some((labels(&[("order", order)]), value));
    assert_eq!(of("spent_seconds_total", &[]), order("1", 0.25));
    assert_eq!(
        of("order_seconds_bucket", &[("le", "0.5")]),
        order("2", 0.5)
    );
    // The second of the same bucket came too soon, unless a tenth of a second began in between.
    let second = of("order_seconds_bucket", &[("le", "1.0")]);
    assert!(
        second == order("3", 0.75) || second == order("4", 1.0),
        "{second:?}"
    );
    assert_eq!(of("order_seconds_bucket", &[("le", "2.0")]), None);
    assert_eq!(
        of("order_seconds_bucket", &[("le", "+Inf")]),
        order("5", 9.0)
    );
    assert_eq!(
        of("send_seconds_bucket", &[("le", "+Inf")]),
        order("6", 3.0)
    );
    assert_eq!(found.len(), 6);
    assert_eq!(shop.order_seconds.count(), 4);
}

#[test]
fn native_histograms_have_some_of_different_sizes() {
    let (registry, shop) = shop();
    for exponent in 0..20 {
        let order = exponent.to_string();
        let seconds = f64::from(1 << exponent);
        shop.pack_seconds
            .observe_with(seconds, &[("order", order.as_str())]);
        shop.send_seconds
            .observe_with(seconds, &[("order", order.as_str())]);
    }
    let page = registry.encode(ContentType::PROTOBUF);
    let native = |name: &str| {
        let family = families(&page)
            .into_iter()
            .find(|own| own.name.as_deref() == Some(name));
        let histogram = family.unwrap().metric.remove(0).histogram.unwrap();
        let found = histogram.exemplar.iter().map(read_exemplar);
        let mut sizes: Vec<i32> = found
            .map(|exemplar| exemplar.value.get().log2() as i32 % 8)
            .collect();
        sizes.sort_unstable();
        sizes
    };
    // Powers of two, eight in a row.
    assert_eq!(native("pack_seconds"), [0, 1, 2, 3, 4, 5, 6, 7]);
    // One of each classic bucket.
    assert_eq!(native("send_seconds").len(), 2);
    let text = exemplars_of_text(&registry.render(Format::OpenMetrics));
    let all = ("pack_seconds_bucket".to_owned(), labels(&[("le", "+Inf")]));
    assert!(text.contains_key(&all), "{text:?}");
}

#[test]
fn a_later_one_takes_the_place_of_the_one_before() {
    let (registry, shop) = shop();
    let orders = shop.orders_total.with(&Paid { paid: true });
    let key = ("orders_total".to_owned(), labels(&[("paid", "true")]));
    let mut before = 0;
    for order in ["a", "\u{1F3A5} longer than the one before", "", "b"] {
        orders.inc_with(&[("order", order)]);
        let found = &exemplars(&registry)[&key];
        assert_eq!(found.labels, labels(&[("order", order)]));
        assert!(found.millis >= before);
        before = found.millis;
        thread::sleep(Duration::from_millis(110));
    }
    // What does not fit leaves the last one where it is, and so does a trace that is none.
    orders.inc_with(&[("order", "x".repeat(200).as_str())]);
    orders.inc_with(TraceContext::parse("no trace"));
    assert_eq!(exemplars(&registry)[&key].labels, labels(&[("order", "b")]));
    orders.inc_with(TraceContext::from_ids([1; 16], [2; 8], false));
    let trace = &exemplars(&registry)[&key].labels["trace_id"];
    assert_eq!(*trace, "01".repeat(16));
    assert_eq!(orders.get(), 7);
}

#[test]
fn what_does_not_fit_is_counted_and_not_kept() {
    let (registry, shop) = shop();
    for exemplar in [
        Exemplar::new(&[]),
        Exemplar::new(&[("trace-id", "1")]),
        Exemplar::new(&[("a", "1"), ("a", "2")]),
        Exemplar::new(&[("__a", "1")]),
        Exemplar::new(&[("a", &"\u{1F3A5}".repeat(128))]),
    ] {
        shop.spent_seconds_total.add_with(1.0, exemplar);
        shop.order_seconds.observe_with(1.0, exemplar);
    }
    // A value that is refused has nothing to point from.
    shop.order_seconds.observe_with(f64::NAN, &[("a", "1")]);
    shop.spent_seconds_total.add_with(-1.0, &[("a", "1")]);
    assert_eq!(exemplars(&registry), Exemplars::new());
    assert_eq!(
        (shop.spent_seconds_total.get(), shop.order_seconds.count()),
        (5.0, 5)
    );
}

#[test]
fn the_text_formats_of_prometheus_have_none() {
    let (registry, shop) = shop();
    shop.spent_seconds_total.add_with(1.0, &[("a", "1")]);
    shop.order_seconds.observe_with(1, &[("a", "1")]);
    shop.pack_seconds.observe_with(1, &[("a", "1")]);
    for format in [Format::Text, Format::TextV1] {
        assert!(!registry.render(format).contains(" # "));
    }
    assert!(
        registry
            .render(Format::OpenMetrics)
            .contains(" # {a=\"1\"} 1.0 ")
    );
}

#[test]
fn without_a_declaration_there_is_nothing_to_keep() {
    let (registry, shop) = shop();
    shop.refunds_total.inc_with(&[("a", "1")]);
    shop.refund_seconds.observe_with(1, &[("a", "1")]);
    assert_eq!(
        (shop.refunds_total.get(), shop.refund_seconds.count()),
        (1, 1)
    );
    assert_eq!(exemplars(&registry), Exemplars::new());
    let catalogue = registry.catalogue();
    let declared = |name| catalogue.family(name).unwrap().exemplars;
    assert!(declared("orders_total") && declared("pack_seconds"));
    assert!(!declared("refunds_total") && !declared("refund_seconds"));
}

#[test]
fn threads_that_meet_lose_exemplars_and_nothing_else() {
    let (registry, shop) = shop();
    let counter = shop.orders_total.with(&Paid { paid: false });
    thread::scope(|scope| {
        for thread in 0..4_u8 {
            let counter = counter.clone();
            scope.spawn(move || {
                for _ in 0..5_000 {
                    let id = thread + 1;
                    counter.inc_with(TraceContext::from_ids([id; 16], [id; 8], true));
                }
            });
        }
        for _ in 0..50 {
            for exemplar in exemplars_of_text(&registry.render(Format::OpenMetrics)).values() {
                // Both are of one thread.
                let (trace, span) = (&exemplar.labels["trace_id"], &exemplar.labels["span_id"]);
                assert_eq!(trace, &span.repeat(2));
            }
        }
    });
    assert_eq!(counter.get(), 20_000);
    assert_eq!(exemplars(&registry).len(), 1);
}
