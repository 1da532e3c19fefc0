//! Pairs of expressions: one with a fault, and the same without.

use vitalsigns::Catalogue;
use vitalsigns_kit::artefact::Artefact;
use vitalsigns_kit::exporters::Exporter;
use vitalsigns_kit::finding::Place;
use vitalsigns_kit::verify::{Folder, Knowledge, Purpose, expression, verify};

use crate::random::catalogue;

fn knowledge() -> Knowledge {
    Knowledge::new()
        .job("shop", &catalogue())
        .exporter("node", Exporter::Node)
        .exporter("redis", Exporter::Redis)
        .exporter("postgres", Exporter::Postgres)
}

fn codes(text: &str) -> Vec<&'static str> {
    let place = Place::of("rules.yml");
    let findings = expression(text, &knowledge(), &place, Purpose::Alert);
    findings.iter().map(|finding| finding.code()).collect()
}

/// What is found, the expression with the fault, the one without.
const PAIRS: &[(&str, &str, &str)] = &[
    ("promql-syntax", "sum by (job (up)", "sum by (job) (up)"),
    (
        "unknown-metric",
        "rate(http_request_total[5m]) > 1",
        "rate(http_requests_total[5m]) > 1",
    ),
    (
        "unknown-metric",
        "rate(http_requests[5m]) > 1",
        "rate(http_requests_total[5m]) > 1",
    ),
    (
        "histogram-name",
        "http_request_duration_seconds > 300",
        "rate(http_request_duration_seconds_count[5m]) > 300",
    ),
    (
        "unknown-label",
        "sum by (job) (rate(http_requests_total{code=\"500\"}[5m])) > 1",
        "sum by (job) (rate(http_requests_total{status=\"500\"}[5m])) > 1",
    ),
    (
        "unknown-label",
        "sum by (handler) (rate(http_requests_total[5m])) > 1",
        "sum by (route) (rate(http_requests_total[5m])) > 1",
    ),
    (
        "unknown-label",
        "max by (route) (sum by (job) (rate(http_requests_total[5m]))) > 1",
        "max by (job) (sum by (job, route) (rate(http_requests_total[5m]))) > 1",
    ),
    (
        "impossible-value",
        "rate(http_requests_total{method=\"get\"}[5m]) > 1",
        "rate(http_requests_total{method=\"GET\"}[5m]) > 1",
    ),
    (
        "impossible-value",
        "rate(http_requests_total{method=~\"GET|POTS\"}[5m]) > 1",
        "rate(http_requests_total{method=~\"GET|POST\"}[5m]) > 1",
    ),
    (
        "no-bucket",
        "sum(rate(http_request_duration_seconds_bucket{le=\"2\"}[5m])) > 1",
        "sum(rate(http_request_duration_seconds_bucket{le=\"2.5\"}[5m])) > 1",
    ),
    (
        "nothing-matches",
        "rate(http_requests_total{method=~\"X.*\"}[5m]) > 1",
        "rate(http_requests_total{method=~\"P.*\"}[5m]) > 1",
    ),
    (
        "nothing-matches",
        "rate(http_requests_total{job=\"node\"}[5m]) > 1",
        "rate(http_requests_total{job=\"shop\"}[5m]) > 1",
    ),
    (
        "rate-of-gauge",
        "rate(odd_size_bytes[5m]) > 80",
        "deriv(odd_size_bytes[5m]) > 80",
    ),
    (
        "gauge-function",
        "deriv(http_requests_total[5m]) > 1",
        "rate(http_requests_total[5m]) > 1",
    ),
    (
        "raw-counter",
        "sum(http_requests_total{status=\"500\"}) > 10",
        "sum(increase(http_requests_total{status=\"500\"}[5m])) > 10",
    ),
    (
        "quantile-without-le",
        "histogram_quantile(0.95, sum by (route) (rate(http_request_duration_seconds_bucket[5m]))) > 1",
        "histogram_quantile(0.95, sum by (route, le) (rate(http_request_duration_seconds_bucket[5m]))) > 1",
    ),
    (
        "quantile-without-le",
        "histogram_quantile(0.95, sum by (method) (rate(http_requests_total[5m]))) > 1",
        "histogram_quantile(0.95, sum by (method, le) (rate(http_request_duration_seconds_bucket[5m]))) > 1",
    ),
    (
        "quantile-of-totals",
        "histogram_quantile(0.95, sum by (le) (http_request_duration_seconds_bucket)) > 1",
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 1",
    ),
    (
        "quantile-by-series",
        "histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m])) > 1",
        "histogram_quantile(0.95, sum by (job, le) (rate(http_request_duration_seconds_bucket[5m]))) > 1",
    ),
    (
        "impossible-quantile",
        "histogram_quantile(95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 1",
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 1",
    ),
    (
        "buckets-added",
        "sum by (job) (rate(http_request_duration_seconds_bucket[5m])) > 10",
        "sum by (job) (rate(http_request_duration_seconds_count[5m])) > 10",
    ),
    (
        "self-division",
        "rate(http_requests_total{status=~\"5..\"}[5m]) / rate(http_requests_total[5m]) > 0.05",
        "sum by (job) (rate(http_requests_total{status=~\"5..\"}[5m])) / sum by (job) (rate(http_requests_total[5m])) > 0.05",
    ),
    (
        "self-division",
        "sum by (status) (rate(http_requests_total{status=~\"5..\"}[5m])) / sum by (status) (rate(http_requests_total[5m])) > 0.05",
        "sum by (status) (rate(http_requests_total{status=~\"5..\"}[5m])) / ignoring (status) group_left () sum(rate(http_requests_total[5m])) > 0.05",
    ),
    (
        "labels-never-match",
        "rate(video_generation_failures_total[10m]) / rate(video_generation_total[10m]) > 0.2",
        "sum by (job) (rate(video_generation_failures_total[10m])) / sum by (job) (rate(video_generation_total[10m])) > 0.2",
    ),
    (
        "labels-never-match",
        "rate(http_requests_total{method=\"GET\"}[5m]) / rate(http_requests_total{method=\"POST\"}[5m]) > 2",
        "sum by (job) (rate(http_requests_total{method=\"GET\"}[5m])) / sum by (job) (rate(http_requests_total{method=\"POST\"}[5m])) > 2",
    ),
    (
        "labels-never-match",
        "up == 0 and sum(rate(http_requests_total[5m])) > 1",
        "up == 0 and on (job) sum by (job) (rate(http_requests_total[5m])) > 1",
    ),
    (
        "many-to-one",
        "rate(http_requests_total[5m]) / on (job) sum by (job) (rate(http_requests_total[5m])) > 0.5",
        "rate(http_requests_total[5m]) / on (job) group_left () sum by (job) (rate(http_requests_total[5m])) > 0.5",
    ),
    (
        "unknown-label",
        "up * on (job, instance) group_left (release) build_info == 0",
        "up * on (job, instance) group_left (version) build_info == 0",
    ),
    (
        "threshold-above-buckets",
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 60",
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 7.5",
    ),
    (
        "threshold-between-buckets",
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 2",
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 2.5",
    ),
    (
        "ratio-above-one",
        "sum(rate(http_requests_total{status=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m])) > 5",
        "100 * sum(rate(http_requests_total{status=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m])) > 5",
    ),
    (
        "ratio-above-one",
        "odd_fill_ratio > 80",
        "odd_fill_ratio > 0.8",
    ),
    ("never-true", "up < 0", "up < 1"),
    (
        "never-true",
        "0 > rate(http_requests_total[5m])",
        "1 > rate(http_requests_total[5m])",
    ),
    (
        "always-true",
        "sum(rate(http_requests_total[5m])) >= 0",
        "sum(rate(http_requests_total[5m])) > 0",
    ),
    (
        "unit-mismatch",
        "odd_size_bytes > scrape_duration_seconds",
        "odd_size_bytes > 2 * odd_size_bytes offset 1d",
    ),
    (
        "unit-mismatch",
        "max(video_generation_oldest_start_timestamp_seconds) > max(odd_size_bytes)",
        "time() - video_generation_oldest_start_timestamp_seconds > 600",
    ),
    (
        "unguarded-division",
        "redis_memory_used_bytes / redis_memory_max_bytes > 0.9",
        "redis_memory_used_bytes / redis_memory_max_bytes > 0.9 and redis_memory_max_bytes > 0",
    ),
    (
        "unguarded-division",
        "redis_memory_used_bytes / redis_memory_max_bytes * 100 > 90",
        "redis_memory_used_bytes / (redis_memory_max_bytes > 0) * 100 > 90",
    ),
    (
        "mean-of-ratios",
        "avg(histogram_quantile(0.9, sum by (job, le) (rate(http_request_duration_seconds_bucket[5m])))) > 1",
        "max(histogram_quantile(0.9, sum by (job, le) (rate(http_request_duration_seconds_bucket[5m])))) > 1",
    ),
    (
        "rate-of-sum",
        "rate(sum(http_requests_total)[5m:1m]) > 1",
        "sum(rate(http_requests_total[5m])) > 1",
    ),
    (
        "labels-never-match",
        "pg_stat_activity_count / pg_settings_max_connections > 0.8",
        "sum by (instance) (pg_stat_activity_count) / on (instance) pg_settings_max_connections > 0.8",
    ),
];

#[test]
fn each_fault_is_found_and_nothing_where_there_is_none() {
    for (code, wrong, right) in PAIRS {
        assert_eq!(codes(wrong), [*code], "{wrong}");
        assert_eq!(codes(right), [""; 0], "{right}");
    }
}

/// What experienced people write, and what is right.
const FINE: &[&str] = &[
    "up == 0",
    "absent(up{job=\"shop\"})",
    "absent(nobody) or vector(0)",
    "100 - (avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m])) * 100) > 85",
    "(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) * 100 > 90",
    "node_filesystem_avail_bytes / node_filesystem_size_bytes * 100 < 10",
    "predict_linear(node_filesystem_avail_bytes{fstype!~\"tmpfs|overlay\"}[6h], 24*3600) < 0",
    "sum by (job) (rate(http_request_duration_seconds_sum[5m])) / sum by (job) (rate(http_request_duration_seconds_count[5m])) > 1",
    "sum by (job) (rate(http_request_duration_seconds_bucket{le=\"0.5\"}[5m])) / sum by (job) (rate(http_request_duration_seconds_count[5m])) < 0.95",
    "sum by (job) (rate(http_requests_total[5m])) < 0.5 * sum by (job) (rate(http_requests_total[5m] offset 1w))",
    "rate(http_requests_total[5m]) > 2 * rate(http_requests_total[5m] offset 1d)",
    "count by (job) (up == 0) / count by (job) (up) > 0.1",
    "sum without (instance) (rate(http_requests_total[5m])) > 100",
    "topk(3, sum by (route) (rate(http_requests_total[5m]))) > 10",
    "label_replace(up, \"host\", \"$1\", \"instance\", \"(.*):.*\") == 0",
    "changes(up[10m]) > 3",
    "max_over_time(odd_fill_ratio[1h]) > 0.9",
    "scrape_duration_seconds > 10",
    "time() - node_boot_time_seconds < 600",
    "ALERTS{alertstate=\"firing\",severity=\"critical\"} == 1",
    "up unless on (job) rate(http_requests_total[5m]) > 0",
    "rate(http_requests_total{status!=\"500\"}[5m]) > 1 or rate(http_requests_total[5m]) > 2",
    "odd_mode{odd_mode=\"on\"} == 1",
    "histogram_quantile(0.9, rate(odd_native_seconds[5m])) > 0.3",
    "histogram_quantile(0.9, sum(rate(odd_native_seconds[5m]))) > 0.3",
    "vector(1)",
    "hour() > 8 and hour() < 18",
    "clamp_max(odd_fill_ratio, 1) > 0.9",
    "sum(increase(http_requests_total[1h])) < 5",
    "sum by (job, le) (rate(http_request_duration_seconds_bucket[5m])) > 100",
];

#[test]
fn what_is_right_is_left_alone() {
    let mut wrong = Vec::new();
    for text in FINE.iter().filter(|text| !text.contains("nobody")) {
        let found = codes(text);
        if !found.is_empty() {
            wrong.push(format!("{text}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn variables_of_grafana_are_understood() {
    for text in [
        "rate(http_requests_total{job=~\"$job\",method=\"$method\"}[$__rate_interval])",
        "sum by ($by) (rate(http_requests_total{job=~\"${job:regex}\"}[${window}]))",
        "topk($limit, rate(http_requests_total[$__range]))",
        "histogram_quantile($q, sum by (le) (rate(http_request_duration_seconds_bucket[[[window]]])))",
        "[[metric]]{job=\"x\"}",
        "label_replace(up, \"host\", \"$1\", \"instance\", \"(.*):.*\")",
        "increase(http_requests_total[$__interval]) / $__interval_ms",
        "http_requests_in_flight offset $ago",
    ] {
        let place = Place::of("x.json");
        let findings = expression(text, &knowledge(), &place, Purpose::Panel);
        assert_eq!(findings, [], "{text}");
    }
    let place = Place::of("x.json");
    let wrong = "sum by (handler) (rate(http_requests_total{job=~\"$job\"}[$__rate_interval]))";
    let findings = expression(wrong, &knowledge(), &place, Purpose::Panel);
    assert_eq!(findings[0].code(), "unknown-label");
}

#[test]
fn a_finding_says_what_would_be_right() {
    let hint = |text: &str| {
        let findings = expression(text, &knowledge(), &Place::of("x"), Purpose::Alert);
        (findings[0].cause.clone(), findings[0].hint.clone())
    };
    assert_eq!(
        hint("rate(http_requests[5m])"),
        (
            "nobody exports `http_requests`".to_owned(),
            "a counter ends in `_total`: `http_requests_total`".to_owned()
        )
    );
    assert_eq!(
        hint("rate(http_requests_total{methode=\"GET\"}[5m])").1,
        "there is `method`"
    );
    assert_eq!(
        hint("max by (route) (sum by (job) (rate(http_requests_total[5m])))").1,
        "`sum by (job)` took it away; keep it there"
    );
    assert_eq!(
        hint("histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 2").1,
        "the nearest bounds are 1 and 2.5; or give it that bucket"
    );
}

/// Prometheus with these jobs, and one alert.
fn with_jobs(jobs: &str, expr: &str) -> Vec<String> {
    let prometheus = format!(
        "global: {{scrape_interval: 1m}}\nalerting: {{alertmanagers: [{{static_configs: \
         [{{targets: ['am:9093']}}]}}]}}\nrule_files: [r.yml]\nscrape_configs:\n{jobs}"
    );
    let rules = format!(
        "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: {expr:?}\n        for: 5m\n        \
         labels: {{severity: info}}\n        annotations: {{summary: a, runbook_url: b}}\n      \
         - alert: Watchdog\n        expr: vector(1)\n        labels: {{severity: none}}\n        \
         annotations: {{summary: a, runbook_url: b}}\n      - alert: D\n        \
         expr: up == 0 or absent(up)\n        for: 5m\n        labels: {{severity: info}}\n        \
         annotations: {{summary: a, runbook_url: b}}\n"
    );
    let catalogue: Catalogue = catalogue();
    let folder = Folder::of([
        Artefact::new("prometheus.yml", prometheus),
        Artefact::new("r.yml", rules),
        Artefact::new("catalogue/shop.json", catalogue.to_json()),
    ]);
    let findings = verify(&folder, &Knowledge::new());
    let told = findings
        .iter()
        .map(|finding| format!("{}: {}", finding.code(), finding.cause));
    told.collect()
}

const SHOP: &str = "  - job_name: shop\n    static_configs: [{targets: ['shop:80']}]\n";

#[test]
fn what_is_scraped_decides_what_there_is() {
    let redis = "  - job_name: redis\n    static_configs: [{targets: ['redis-exporter:9121']}]\n";
    let other = "  - job_name: other\n    static_configs: [{targets: ['other:80']}]\n";
    assert_eq!(
        with_jobs(SHOP, "rate(http_requests_total[5m]) > 1"),
        [""; 0]
    );
    assert_eq!(
        with_jobs(SHOP, "redis_up == 0"),
        ["missing-exporter: `redis_up` is a metric of the exporter `redis`, which no job scrapes"]
    );
    assert_eq!(
        with_jobs(&format!("{SHOP}{redis}"), "redis_up == 0"),
        [""; 0]
    );
    // What an unknown job exports may be anything.
    assert_eq!(
        with_jobs(&format!("{SHOP}{other}"), "nobody_knows == 0"),
        ["unknown-job: nothing is known of what `other` exports"]
    );
    assert_eq!(
        with_jobs(SHOP, "nobody_knows == 0"),
        ["unknown-metric: nobody exports `nobody_knows`"]
    );
    assert_eq!(
        with_jobs(SHOP, "up{job=\"shopp\"} == 1"),
        ["impossible-value: `job` of `up` is never `shopp`"]
    );
}

#[test]
fn windows_are_compared_with_the_interval() {
    assert_eq!(
        with_jobs(SHOP, "rate(http_requests_total[1m]) > 1"),
        ["window-of-one-sample: a rate over 1m needs two samples, and there is one every 1m"]
    );
    assert_eq!(
        with_jobs(SHOP, "rate(http_requests_total[3m]) > 1"),
        ["short-window: a rate over 3m has no room for scrapes that fail: there is one every 1m"]
    );
    let often = "  - job_name: shop\n    scrape_interval: 15s\n    scrape_timeout: 5s\n    \
                 static_configs: [{targets: ['shop:80']}]\n";
    assert_eq!(
        with_jobs(often, "rate(http_requests_total[1m]) > 1"),
        [""; 0]
    );
}

#[test]
fn labels_of_targets_are_known() {
    let labelled =
        "  - job_name: shop\n    static_configs: [{targets: ['shop:80'], labels: {team: a}}]\n";
    assert_eq!(with_jobs(labelled, "up{team=\"a\"} == 1"), [""; 0]);
    assert_eq!(
        with_jobs(labelled, "up{teem=\"a\"} == 1"),
        ["unknown-label: `up` has no label `teem`"]
    );
    let relabelled = format!("{SHOP}    relabel_configs: [{{action: labelmap, regex: x}}]\n");
    assert_eq!(with_jobs(&relabelled, "up{any=\"a\"} == 1"), [""; 0]);
}
