//! Expressions: what they read, and what is refused.

use std::time::Duration;

use proptest::prelude::*;
use vitalsigns::Catalogue;
use vitalsigns_kit::query::{Quantity, Queries, QueryError, Rendering};

use crate::random::{Choices, catalogue, expression};

fn refused(query: impl FnOnce(&Queries<'_>) -> Result<(), QueryError>) -> String {
    let catalogue = catalogue();
    query(&Queries::new(&catalogue)).unwrap_err().to_string()
}

fn five_minutes() -> Rendering {
    Rendering::over(Duration::from_secs(300)).unwrap()
}

/// As Grafana hands it to Prometheus.
fn interpolated(text: &str) -> String {
    text.replace("$__rate_interval", "5m")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn every_expression_is_one_to_the_parser(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        thread_local! {
            static CATALOGUE: Catalogue = catalogue();
        }
        let text = CATALOGUE.with(|catalogue| expression(catalogue, &mut Choices::new(&bytes)));
        if let Ok(text) = text {
            let parsed = promql_parser::parser::parse(&interpolated(&text));
            prop_assert!(parsed.is_ok(), "{text}\n{parsed:?}");
        }
    }

    #[test]
    fn the_same_decisions_are_the_same_text(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let of = |bytes| expression(&catalogue(), &mut Choices::new(bytes));
        prop_assert_eq!(of(&bytes), of(&bytes));
    }
}

#[test]
fn most_decisions_lead_to_an_expression() {
    // Otherwise the properties above would say little.
    let catalogue = catalogue();
    let mut state = 1u64;
    let mut made = 0;
    for _ in 0..1000 {
        let bytes: Vec<u8> = (0..60)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 33) as u8
            })
            .collect();
        made += usize::from(expression(&catalogue, &mut Choices::new(&bytes)).is_ok());
    }
    assert!(made > 400, "{made} of 1000");
}

#[test]
fn a_family_that_is_not_there_is_refused_with_the_nearest() {
    assert_eq!(
        refused(|queries| queries.counter("http_request_total").map(drop)),
        "the catalogue has no family `http_request_total`; did you mean `http_requests_total`?"
    );
    assert_eq!(
        refused(|queries| queries.gauge("fully_unlike_anything").map(drop)),
        "the catalogue has no family `fully_unlike_anything`"
    );
}

#[test]
fn a_family_of_another_kind_is_refused() {
    assert_eq!(
        refused(|queries| queries.counter("odd_size_bytes").map(drop)),
        "`odd_size_bytes` is a gauge, it cannot be asked for as a counter; `gauge` has `value`, \
         and a level has no rate"
    );
    assert_eq!(
        refused(|queries| queries.histogram("http_requests_total").map(drop)),
        "`http_requests_total` is a counter, it cannot be asked for as a histogram; `counter` has \
         `rate` and `increase`"
    );
}

#[test]
fn labels_and_values_that_are_not_there_are_refused() {
    let requests = |queries: &Queries<'_>| queries.counter("http_requests_total");
    assert_eq!(
        refused(|queries| requests(queries)?.with("status_code", "500").map(drop)),
        "`http_requests_total` has no label `status_code`; it has `instance`, `job`, `method`, \
         `route`, `status`; did you mean `status`?"
    );
    assert_eq!(
        refused(|queries| requests(queries)?.rate().sum_by(["service"]).map(drop)),
        "`http_requests_total` has no label `service`; it has `instance`, `job`, `method`, \
         `route`, `status`"
    );
    assert!(
        refused(|queries| requests(queries)?.with("method", "get").map(drop))
            .ends_with("did you mean `GET`?")
    );
    assert_eq!(
        refused(|queries| {
            requests(queries)?
                .with("method", "GET")?
                .with("method", "PUT")
                .map(drop)
        }),
        "no value of label `method` satisfies all conditions on it; leave one out"
    );
    assert!(refused(|queries| requests(queries)?.with("le", "1").map(drop)).contains("`le`"));
}

#[test]
fn a_label_that_was_aggregated_away_is_gone() {
    assert_eq!(
        refused(|queries| {
            let rate = queries.counter("http_requests_total")?.rate();
            rate.sum_by(["job", "route"])?
                .max_by(["job"])?
                .topk(3)?
                .sum_by(["route"])
                .map(drop)
        }),
        "label `route` is gone after `max by (job)`, which leaves `job`; keep it there"
    );
}

#[test]
fn a_part_that_is_divided_by_itself_is_refused() {
    // The fault of two of the documents: without `sum`, each 5xx series meets itself.
    let reason = refused(|queries| {
        let requests = queries.counter("http_requests_total")?;
        let failed = requests.starts_with("status", "5")?.rate();
        failed.ratio_to(&requests.rate()).map(drop)
    });
    assert_eq!(
        reason,
        "the result is always 1: each series of `http_requests_total` is divided by itself, \
         because both sides still have `status`; sum both sides without it"
    );
    let grouped = refused(|queries| {
        let requests = queries.counter("http_requests_total")?;
        let failed = requests.starts_with("status", "5")?.rate();
        let failed = failed.sum_by(["job", "status"])?;
        failed
            .ratio_to(&requests.rate().sum_by(["job", "status"])?)
            .map(drop)
    });
    assert_eq!(grouped, reason);
}

#[test]
fn sides_that_cannot_meet_are_refused() {
    let differ = refused(|queries| {
        let failed = queries
            .counter("http_request_panics_total")?
            .rate()
            .sum_by(["job", "route"])?;
        let all = queries
            .counter("http_requests_total")?
            .rate()
            .sum_by(["job", "status"])?;
        failed.ratio_to(&all).map(drop)
    });
    assert_eq!(
        differ,
        "no series would find a partner: only the left side has `route`, only the right side \
         `status`; aggregate both by `job`, or join on these"
    );
    let values = refused(|queries| {
        let things = queries.counter("odd_things_total")?;
        let on = things.with("mode", "on")?.rate();
        on.minus(&things.with("mode", "off")?.rate()).map(drop)
    });
    assert_eq!(
        values,
        "no series would find a partner: label `mode` has other values on each side; aggregate it \
         away on both, or join on other labels"
    );
    let many = refused(|queries| {
        let things = queries.counter("odd_things_total")?.rate();
        things
            .ratio_on(["job"], &queries.counter("http_requests_total")?.rate())
            .map(drop)
    });
    assert_eq!(
        many,
        "several series of both sides have the same `job`; aggregate one side by exactly these \
         labels"
    );
}

#[test]
fn a_bound_that_the_buckets_do_not_have_is_refused() {
    let durations = |queries: &Queries<'_>| {
        queries
            .histogram("http_request_duration_seconds")?
            .by(["job"])
    };
    let share = refused(|queries| {
        durations(queries)?
            .share_above(Quantity::seconds(2.0))
            .map(drop)
    });
    assert!(share.starts_with("2 is no bucket bound of `http_request_duration_seconds`"));
    let p95 = |queries: &Queries<'_>| durations(queries)?.quantile(0.95);
    let between = refused(|queries| p95(queries)?.max()?.above(Quantity::seconds(2.0)).map(drop));
    assert!(between.starts_with("2 is no bucket bound of"), "{between}");
    let beyond = refused(|queries| p95(queries)?.above(Quantity::seconds(30.0)).map(drop));
    assert_eq!(
        beyond,
        "a quantile of `http_request_duration_seconds` is never above 10, its last bucket bound, \
         so it is never above 30; compare with a lower bound, or declare higher ones"
    );
    // Nor is it ever above the last one.
    let last = refused(|queries| p95(queries)?.above(Quantity::seconds(10.0)).map(drop));
    assert!(last.contains("never above 10"), "{last}");

    let catalogue = catalogue();
    let queries = Queries::new(&catalogue);
    p95(&queries)
        .unwrap()
        .above(Quantity::seconds(2.5))
        .unwrap();
    // A native histogram knows every bound.
    let native = queries.histogram("odd_native_seconds").unwrap().whole();
    let slow = native
        .quantile(0.95)
        .unwrap()
        .above(Quantity::seconds(2.0))
        .unwrap();
    assert_eq!(
        slow.promql(&five_minutes()),
        "histogram_quantile(0.95, sum(rate(odd_native_seconds[5m]))) > 2"
    );
    assert_eq!(
        native
            .share_above(Quantity::seconds(2.0))
            .unwrap()
            .promql(&five_minutes()),
        "1 - histogram_fraction(-Inf, 2, sum(rate(odd_native_seconds[5m])))"
    );
}

#[test]
fn values_of_other_units_are_refused() {
    let percent = refused(|queries| {
        queries
            .gauge("odd_fill_ratio")?
            .value()
            .above(Quantity::ratio(80.0))
            .map(drop)
    });
    assert_eq!(percent, "8000%: a ratio is from 0 to 1, so 5% is 0.05");
    let bytes = refused(|queries| {
        queries
            .gauge("odd_size_bytes")?
            .value()
            .above(Quantity::seconds(1.0))
            .map(drop)
    });
    assert_eq!(bytes, "bytes cannot be compared or combined with seconds");
    // The fault of one document: a rate, which is per second, compared with a number of an hour.
    let hourly = refused(|queries| {
        queries
            .counter("odd_things_total")?
            .rate()
            .below(Quantity::number(5.0))
            .map(drop)
    });
    assert_eq!(
        hourly,
        "a number per second cannot be compared or combined with a number"
    );
}

#[test]
fn sums_that_mean_nothing_are_refused() {
    let quantiles = refused(|queries| {
        let durations = queries.histogram("http_request_duration_seconds")?;
        durations
            .by(["job", "route"])?
            .quantile(0.99)?
            .mean_by(["job"])
            .map(drop)
    });
    assert!(quantiles.starts_with("avg: the sum or mean of quantiles is no quantile"));
    let ratios = refused(|queries| {
        let durations = queries.histogram("http_request_duration_seconds")?;
        durations
            .by(["job"])?
            .share_above(Quantity::seconds(1.0))?
            .sum()
            .map(drop)
    });
    assert!(
        ratios.starts_with("sum: the sum or mean of ratios"),
        "{ratios}"
    );
    let times = refused(|queries| {
        let start = queries.gauge("video_generation_oldest_start_timestamp_seconds")?;
        start.value().sum().map(drop)
    });
    assert!(times.contains("ask for its `age`"), "{times}");
    assert!(refused(|queries| queries.gauge("up")?.age().map(drop)).contains("is no time"));
    assert!(
        refused(|queries| queries
            .histogram("odd_change_ratio")?
            .whole()
            .mean()
            .map(drop))
        .contains("negative bucket bound")
    );
}

#[test]
fn what_is_last_week_is_all_last_week() {
    let catalogue = catalogue();
    let queries = Queries::new(&catalogue);
    let start = queries
        .gauge("video_generation_oldest_start_timestamp_seconds")
        .unwrap();
    let day = Duration::from_secs(86_400);
    let age = start.age().unwrap().max().unwrap().ago(day).unwrap();
    assert_eq!(
        age.promql(&five_minutes()),
        "max((time() - 86400) - \
         (video_generation_oldest_start_timestamp_seconds offset 1d > 0))"
    );
    let rate = queries
        .counter("odd_things_total")
        .unwrap()
        .rate()
        .sum()
        .unwrap();
    assert_eq!(
        rate.ago(day)
            .unwrap()
            .ago(day)
            .unwrap()
            .promql(&five_minutes()),
        "sum(rate(odd_things_total[5m] offset 2d))"
    );
}

#[test]
fn bounds_are_written_as_the_page_writes_them() {
    let catalogue = catalogue();
    let lengths = Queries::new(&catalogue)
        .histogram("odd_length_bytes")
        .unwrap();
    for (bound, le) in [
        (1e6, "1e+06"),
        (0.00001, "1e-05"),
        (1.0, "1.0"),
        (1_048_576.0, "1.048576e+06"),
    ] {
        let text = lengths
            .whole()
            .share_within(Quantity::bytes(bound))
            .unwrap();
        let text = text.promql(&five_minutes());
        assert!(text.contains(&format!("{{le=\"{le}\"}}")), "{text}");
    }
}
