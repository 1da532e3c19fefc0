//! What Prometheus and VictoriaMetrics have stored is what the service reports.

use std::time::Duration;

use tests::judges::{promtool_check_metrics, strict_openmetrics};
use tests::poll;
use tests::prometheus::Prometheus;
use tests::scrape::{Api, Labels, Target};
use tests::victoria_metrics::VictoriaMetrics;
use vitalsigns::{Format, Kind};

use crate::service::{Aura, Samples, changes_by_itself, samples};

/// What a server has stored of the service, without the labels that it adds itself.
fn stored(api: &Api) -> Samples {
    api.query("{job=\"aura\"}")
        .into_iter()
        .map(|(mut labels, value)| {
            labels.remove("job");
            labels.remove("instance");
            (labels, value)
        })
        .collect()
}

/// Waits until the server has every sample of the service with its value; `precision` is how far
/// the server itself may be off.
fn assert_stored(api: &Api, server: &str, precision: f64, expected: &Samples) {
    let is_same = |stored: Option<&f64>, value: f64| {
        stored.is_some_and(|stored| {
            (stored - value).abs() <= precision * value.abs() || (stored.is_nan() && value.is_nan())
        })
    };
    let what = format!("{server} to have what the service reports");
    poll::until_ok(Duration::from_secs(90), &what, || {
        let stored = stored(api);
        let wrong: Vec<String> = expected
            .iter()
            .filter(|(labels, value)| !is_same(stored.get(*labels), **value))
            .map(|(labels, value)| format!("{labels:?}: {value}, stored {:?}", stored.get(labels)))
            .collect();
        match wrong.first() {
            None => Ok(()),
            Some(first) => Err(format!("{} samples differ, as {first}", wrong.len())),
        }
    });
}

#[test]
fn both_scrapers_store_what_the_service_reports() {
    let aura = Aura::start();
    let targets = [Target::new("aura", aura.address())];
    let prometheus = Prometheus::start(&targets);
    let victoria = VictoriaMetrics::start(&targets);
    let visitors = aura.visit();
    prometheus.wait_until_up("aura");
    victoria.wait_until_up("aura");

    // Under load: the numbers rise, and the pages please the judges at every moment.
    let requests = || prometheus.wait_for("sum(http_requests_total)")[0].1;
    let before = requests();
    poll::until_ok(Duration::from_secs(90), "traffic and jobs", || {
        let done = prometheus.query("sum(video_generation_total{outcome=\"success\"})");
        let sizes = prometheus.query("sum(ai_optimization_total{outcome=\"success\"})");
        let now = requests();
        match (done.first(), sizes.first()) {
            (Some((_, done)), Some((_, sizes)))
                if *done >= 5.0 && *sizes >= 2.0 && now >= before + 40.0 =>
            {
                Ok(())
            }
            _ => Err(format!(
                "{now} requests, {done:?} videos, {sizes:?} optimised"
            )),
        }
    });
    strict_openmetrics(&aura.registry().render(Format::OpenMetrics)).unwrap();
    promtool_check_metrics(&aura.registry().render(Format::Text)).unwrap();

    visitors.abort();
    aura.wait_until_idle();
    let mut expected = samples(aura.registry());
    expected.retain(|labels, _| !changes_by_itself(labels));
    assert!(expected.len() > 1_000, "only {} samples", expected.len());
    assert_stored(&prometheus, "Prometheus", 0.0, &expected);
    // VictoriaMetrics keeps the values of a block as decimals of one scale, which rounds a little.
    expected.retain(|_, value| !value.is_nan());
    assert_stored(&victoria, "VictoriaMetrics", 1e-9, &expected);

    every_family_had_traffic_or_none(&aura, &expected);
    prometheus_knows_kind_unit_and_help(&aura, &prometheus);
    the_rates_are_there(&prometheus);
}

/// The families that the visitors must have moved are not at 0, so that the comparison above
/// means something.
fn every_family_had_traffic_or_none(aura: &Aura, expected: &Samples) {
    let quiet = [
        // Nothing is in progress any more.
        "ai_optimization_in_progress",
        "http_requests_in_flight",
        "video_generation_in_progress",
        "video_generation_oldest_start_timestamp_seconds",
        // Quality is measured by optimisations here, and theirs is good.
        "ai_optimization_quality_regressions_total",
        "video_quality_score",
        // Nothing was beyond a cap, wrong or foreign, no collector failed, and nothing is native.
        "vitalsigns_collector_failures_total",
        "vitalsigns_collector_up",
        "vitalsigns_foreign_families_dropped_total",
        "vitalsigns_native_resolution_halvings_total",
        "vitalsigns_foreign_family_dropped",
        "vitalsigns_observations_rejected_total",
        "vitalsigns_series_overflow_total",
        // The rare ends of a job and of a request: which of them come up is the visitors' luck.
        "function_calls_in_flight",
        "function_errors_total",
        "http_request_panics_total",
        "http_responses_incomplete_total",
        // The service speaks neither WebSocket nor gRPC.
        "grpc_requests_total",
        "http_upgraded_connection_duration_seconds",
        "http_upgraded_connections",
        "http_upgrades_total",
        "video_generation_failures_total",
    ];
    let catalogue = aura.registry().catalogue();
    let families = catalogue.families.iter();
    let lasts =
        |name: &str| !changes_by_itself(&Labels::from([("__name__".to_owned(), name.to_owned())]));
    for family in families.filter(|family| lasts(&family.name)) {
        let is_of = |name: &str| {
            name == family.name
                || name
                    .strip_prefix(&family.name)
                    .is_some_and(|suffix| family.kind == Kind::Histogram && suffix == "_bucket")
        };
        let sum: f64 = expected
            .iter()
            .filter(|(labels, _)| is_of(&labels["__name__"]))
            .map(|(_, value)| value)
            .sum();
        assert_eq!(
            sum == 0.0,
            sum == 0.0 && quiet.contains(&family.name.as_str()),
            "{} had no traffic",
            family.name
        );
    }
}

/// Units come with OpenMetrics alone, so this shows which format Prometheus was served.
fn prometheus_knows_kind_unit_and_help(aura: &Aura, prometheus: &Prometheus) {
    for family in &aura.registry().catalogue().families {
        let base = family
            .name
            .strip_suffix("_total")
            .or(family.name.strip_suffix("_info"));
        let base = base.unwrap_or(&family.name);
        let metadata = prometheus.metadata(base);
        let metadata = metadata
            .first()
            .unwrap_or_else(|| panic!("no metadata of `{base}`"));
        assert_eq!(metadata.kind, family.kind.as_str(), "{base}");
        assert_eq!(
            metadata.unit,
            family.unit.clone().unwrap_or_default(),
            "{base}"
        );
        assert_eq!(metadata.help, family.help, "{base}");
    }
}

/// The queries that an operator asks first give an answer.
fn the_rates_are_there(prometheus: &Prometheus) {
    for query in [
        "sum by (route) (rate(http_requests_total[1m])) > 0",
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[1m])))",
        "histogram_quantile(0.5, sum by (le) (rate(video_generation_duration_seconds_bucket[1m])))",
        "sum(increase(ai_optimization_output_bytes_total[1m])) \
         / sum(increase(ai_optimization_input_bytes_total[1m])) < 1",
        "histogram_quantile(0.5, sum by (le) (rate(ai_optimization_size_reduction_ratio_bucket[1m]))) > 0",
        "render_renderer_info{renderer=\"ffmpeg\"} == 1",
    ] {
        assert!(!prometheus.wait_for(query).is_empty());
    }
}
