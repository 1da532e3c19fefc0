use std::collections::BTreeMap;

use tests::judges::{promtool_check_metrics, strict_openmetrics, text_0_0_4};

/// Every kind of metric, written as the specification asks.
const GOOD_OPENMETRICS: &str = "\
# HELP jobs Jobs done, \\\"fast\\\" or not.\\nAll of them.
# TYPE jobs counter
jobs_total{kind=\"a\\\\b\"} 7 # {trace_id=\"x1\"} 1 1700000000.5
jobs_created{kind=\"a\\\\b\"} 1.7e+09
# HELP wait_seconds Time waited.
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_bucket{le=\"0.005\"} 0
wait_seconds_bucket{le=\"1.0\"} 2
wait_seconds_bucket{le=\"1e+06\"} 2
wait_seconds_bucket{le=\"+Inf\"} 3
wait_seconds_count 3
wait_seconds_sum 1e7
# HELP size_bytes Sizes.
# TYPE size_bytes summary
# UNIT size_bytes bytes
size_bytes{quantile=\"0.5\"} 10
size_bytes_count 4
size_bytes_sum 40
# HELP build What runs.
# TYPE build info
build_info{version=\"1.2\"} 1
# HELP odd Everything odd.
# TYPE odd gauge
odd{x=\"1\"} NaN
odd{x=\"2\"} -Inf
odd{x=\"3\"} 0.1
# EOF
";

/// With names and help texts that promtool has nothing to say about.
const GOOD_TEXT: &str = "\
# HELP jobs_total Jobs done.
# TYPE jobs_total counter
jobs_total{kind=\"a\"} 7
# HELP wait_seconds Time waited.
# TYPE wait_seconds histogram
wait_seconds_bucket{le=\"1\"} 2
wait_seconds_bucket{le=\"+Inf\"} 3
wait_seconds_sum 4.5
wait_seconds_count 3
";

/// Asserts that each page is refused, with a message that has these words.
#[track_caller]
fn assert_refused<T: std::fmt::Debug>(
    judge: fn(&str) -> Result<T, String>,
    pages: &[(&str, &str, &str)],
) {
    for (fault, page, said) in pages {
        match judge(page) {
            Ok(read) => panic!("{fault}: accepted as {read:#?}"),
            Err(message) => assert!(message.contains(said), "{fault}: {message}"),
        }
    }
}

#[test]
fn strict_openmetrics_reads_a_good_page() {
    let families = strict_openmetrics(GOOD_OPENMETRICS).unwrap();
    let shown: Vec<_> = families
        .iter()
        .map(|family| {
            (
                family.name.as_str(),
                family.kind.as_str(),
                family.unit.as_str(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("jobs", "counter", ""),
            ("wait_seconds", "histogram", "seconds"),
            ("size_bytes", "summary", "bytes"),
            ("build", "info", ""),
            ("odd", "gauge", ""),
        ]
    );

    let jobs = &families[0];
    assert_eq!(jobs.help, "Jobs done, \"fast\" or not.\nAll of them.");
    let total = &jobs.samples[0];
    assert_eq!(
        (total.name.as_str(), total.value.as_str(), total.number()),
        ("jobs_total", "7.0", 7.0)
    );
    assert_eq!(
        total.labels,
        BTreeMap::from([("kind".to_owned(), "a\\b".to_owned())])
    );
    assert_eq!(total.timestamp, None);
    let exemplar = total.exemplar.as_ref().unwrap();
    assert_eq!(exemplar.labels["trace_id"], "x1");
    assert_eq!(
        (exemplar.value.as_str(), exemplar.timestamp.is_some()),
        ("1.0", true)
    );

    let values: Vec<_> = families[4]
        .samples
        .iter()
        .map(|sample| sample.value.as_str())
        .collect();
    assert_eq!(values, ["NaN", "-Inf", "0.1"]);
    assert!(families[4].samples[0].number().is_nan());
}

#[test]
fn strict_openmetrics_refuses_bad_pages() {
    assert_refused(
        strict_openmetrics,
        &[
            ("no end", "# TYPE a gauge\na 1\n", "Missing # EOF at end"),
            ("nothing at all", "", "Missing # EOF at end"),
            (
                "lines after the end",
                "# TYPE a gauge\na 1\n# EOF\na 2\n",
                "Received line after # EOF",
            ),
            (
                "a comment",
                "# a comment\n# EOF\n",
                "Invalid line: # a comment",
            ),
            (
                "a blank line",
                "# TYPE a gauge\n\na 1\n# EOF\n",
                "Received blank line",
            ),
            (
                "CR LF",
                "# TYPE a gauge\r\na 1\r\n# EOF\r\n",
                "Invalid value",
            ),
            (
                "no number",
                "# TYPE a gauge\na one\n# EOF\n",
                "could not convert string to float: 'one'",
            ),
            (
                "a label's name",
                "# TYPE a gauge\na{x-y=\"1\"} 1\n# EOF\n",
                "Invalid labels",
            ),
            (
                "a label twice",
                "# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n# EOF\n",
                "Invalid labels",
            ),
            (
                "a label without end",
                "# TYPE a gauge\na{x=\"1 1\n# EOF\n",
                "Invalid labels",
            ),
            (
                "two types",
                "# TYPE a gauge\n# TYPE a gauge\na 1\n# EOF\n",
                "More than one TYPE",
            ),
            (
                "metadata after samples",
                "# TYPE a gauge\na 1\n# HELP a Late.\n# EOF\n",
                "Received metadata after samples",
            ),
            (
                "interleaved families",
                "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{x=\"1\"} 2\n# EOF\n",
                "Clashing name: a",
            ),
            (
                "clashing names",
                "# TYPE a counter\na_total 1\n# TYPE a_total gauge\na_total 1\n# EOF\n",
                "Clashing name: a_total",
            ),
            (
                "a unit that the name lacks",
                "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n",
                "Unit does not match metric name",
            ),
            (
                "a counter without _total",
                "# TYPE a counter\na 1\n# EOF\n",
                "Clashing name: a",
            ),
            (
                "a negative counter",
                "# TYPE a counter\na_total -1\n# EOF\n",
                "Counter-like samples cannot be negative",
            ),
            (
                "a counter that is no number",
                "# TYPE a counter\na_total NaN\n# EOF\n",
                "Counter-like samples cannot be NaN",
            ),
            (
                "an exemplar on a gauge",
                "# TYPE a gauge\na 1 # {x=\"1\"} 1\n# EOF\n",
                "and counters can have exemplars",
            ),
            (
                "info that is not 1",
                "# TYPE a info\na_info{x=\"1\"} 2\n# EOF\n",
                "Info samples can only have value one",
            ),
            (
                "a stateset without its label",
                "# TYPE a stateset\na 1\n# EOF\n",
                "Stateset missing label",
            ),
            (
                "a quantile over 1",
                "# TYPE a summary\na{quantile=\"2.0\"} 1\n# EOF\n",
                "Invalid quantile label",
            ),
            (
                "a quantile's number",
                "# TYPE a summary\na{quantile=\"0.50\"} 1\n# EOF\n",
                "a has quantile='0.50', canonical is '0.5'",
            ),
            (
                "series between others",
                "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 1\na{x=\"1\"} 3\n# EOF\n",
                "Invalid metric grouping",
            ),
            (
                "the same series twice",
                "# TYPE a gauge\na{x=\"} \",y=\"2\"} 1\na{x=\"} \",y=\"2\"} 1\n# EOF\n",
                "repeated: ['a x=\"} \" y=\"2\"']",
            ),
            (
                "the same labels in another order",
                "# TYPE a gauge\na{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 3\n# EOF\n",
                "repeated: ['a x=\"1\" y=\"2\"']",
            ),
            (
                "the same series without labels",
                "# TYPE a counter\na_total 1\na_total 2 # {x=\"1\"} 1\n# EOF\n",
                "repeated: ['a_total']",
            ),
            (
                "the same series at two times",
                "# TYPE a gauge\na 1 1\na 2 2\n# EOF\n",
                "the same series twice: a {}",
            ),
        ],
    );
}

#[test]
fn strict_openmetrics_refuses_bad_histograms() {
    for (fault, samples, said) in [
        (
            "no last bucket",
            "h_bucket{le=\"1.0\"} 1\nh_count 1\nh_sum 1\n",
            "+Inf bucket missing",
        ),
        (
            "falling buckets",
            "h_bucket{le=\"1.0\"} 3\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 1\n",
            "Bucket values out of order",
        ),
        (
            "unordered buckets",
            "h_bucket{le=\"2.0\"} 1\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 1\n",
            "Buckets out of order",
        ),
        (
            "another count",
            "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_count 3\nh_sum 1\n",
            "Count does not match +Inf value",
        ),
        (
            "a bucket twice",
            "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 1\n",
            "repeated: ['h_bucket le=\"1.0\"']",
        ),
        (
            "1",
            "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 1\n",
            "h_bucket has le='1', canonical is '1.0'",
        ),
        (
            "1000000.0",
            "h_bucket{le=\"1000000.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 1\n",
            "le='1000000.0', canonical is '1e+06'",
        ),
        (
            "0.00001",
            "h_bucket{le=\"0.00001\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 1\n",
            "le='0.00001', canonical is '1e-05'",
        ),
        (
            "1e5",
            "h_bucket{le=\"1e5\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 1\n",
            "le='1e5', canonical is '100000.0'",
        ),
        (
            "+inf",
            "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+inf\"} 2\nh_count 2\nh_sum 1\n",
            "Invalid le label",
        ),
    ] {
        let page = format!("# TYPE h histogram\n{samples}# EOF\n");
        assert_refused(strict_openmetrics, &[(fault, &page, said)]);
    }
}

#[test]
fn text_is_read() {
    let families = text_0_0_4(GOOD_TEXT).unwrap();
    assert_eq!(families.len(), 2);
    assert_eq!(
        (families[0].name.as_str(), families[0].kind.as_str()),
        ("jobs", "counter")
    );
    assert_eq!(families[0].samples[0].name, "jobs_total");
    assert_eq!(families[1].samples[0].labels["le"], "1");
}

#[test]
fn bad_text_is_refused() {
    assert_refused(
        text_0_0_4,
        &[
            (
                "no number",
                "a one\n",
                "could not convert string to float: 'one'",
            ),
            ("no value", "a\n", "invalid metric name"),
            ("a name", "a-b 1\n", "invalid metric name"),
            (
                "a type",
                "# TYPE a wrong\na 1\n",
                "Invalid metric type: wrong",
            ),
            ("a label twice", "a{x=\"1\",x=\"2\"} 1\n", "Invalid labels"),
            (
                "the same series twice",
                "a{x=\"1\"} 1\na{x=\"1\"} 2\n",
                "the same series twice: a {'x': '1'}",
            ),
        ],
    );
}

#[test]
fn promtool_accepts_a_good_page() {
    assert_eq!(promtool_check_metrics(GOOD_TEXT), Ok(()));
}

#[test]
fn promtool_refuses_bad_pages() {
    assert_refused(
        promtool_check_metrics,
        &[
            ("no help", "a 1\n", "exit code Some(3): a no help text"),
            (
                "a counter without _total",
                "# HELP a A.\n# TYPE a counter\na 1\n",
                "exit code Some(3): a counter metrics should have \"_total\" suffix",
            ),
            (
                "a gauge with _total",
                "# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n",
                "non-counter metrics should not have \"_total\" suffix",
            ),
            (
                "camelCase",
                "# HELP aB A.\n# TYPE aB gauge\naB 1\n",
                "'snake_case' not 'camelCase'",
            ),
            (
                "a unit",
                "# HELP a_milliseconds A.\n# TYPE a_milliseconds gauge\na_milliseconds 1\n",
                "use base unit \"seconds\"",
            ),
            (
                "no last line end",
                "# HELP a A.\n# TYPE a gauge\na 1",
                "exit code Some(1): error while linting: text format parsing error in line 3: unexpected end",
            ),
            (
                "two help texts",
                "# HELP a A.\n# TYPE a gauge\n# HELP a B.\na 1\n",
                "second HELP line",
            ),
            (
                "a type after samples",
                "# HELP a A.\na 1\n# TYPE a gauge\n",
                "TYPE reported after samples",
            ),
            (
                "a label twice",
                "# HELP a A.\n# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n",
                "duplicate label names",
            ),
            (
                "no number",
                "# HELP a A.\n# TYPE a gauge\na one\n",
                "expected float as value, got \"one\"",
            ),
            (
                "OpenMetrics",
                "# HELP a_total A.\n# TYPE a_total counter\na_total 1 # {x=\"1\"} 1\n",
                "expected integer as timestamp, got \"#\"",
            ),
        ],
    );
}
