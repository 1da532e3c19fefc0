//! Pages that are wrong, each in its own way, with the codes of what is to be found.

/// What is right about most of them.
const HEAD: &str = "# HELP jobs_total Jobs.\n# TYPE jobs_total counter\n";

/// The text of a page and the codes of its findings, sorted.
pub(crate) struct Case {
    pub(crate) page: String,
    pub(crate) codes: &'static [&'static str],
}

fn case(page: impl Into<String>, codes: &'static [&'static str]) -> Case {
    Case {
        page: page.into(),
        codes,
    }
}

/// One family with its HELP and TYPE.
fn family(name: &str, kind: &str, samples: &str) -> String {
    format!("# HELP {name} Help.\n# TYPE {name} {kind}\n{samples}")
}

fn histogram(samples: &str) -> String {
    family("wait_seconds", "histogram", samples)
}

/// Pages in text 0.0.4.
pub(crate) fn in_text() -> Vec<Case> {
    let mut cases = documents();
    cases.extend(lines());
    cases.extend(metadata());
    cases.extend(names());
    cases.extend(series());
    cases.extend(histograms());
    cases.extend(labels());
    cases
}

fn documents() -> Vec<Case> {
    vec![
        case(format!("{HEAD}jobs_total 1\n"), &[]),
        case("", &["empty-page"]),
        case("# nothing yet\n", &["empty-page"]),
        case("{\"status\": \"ok\"}", &["not-a-page"]),
        case("\"# HELP up Up.\\nup 1\\n\"", &["not-a-page"]),
        case("<!DOCTYPE html>\n<html></html>\n", &["not-a-page"]),
        case(format!("{HEAD}jobs_total 1"), &["missing-newline"]),
    ]
}

fn lines() -> Vec<Case> {
    let wrong = |line: &str| case(format!("{HEAD}jobs_total 1\n{line}\n"), &["syntax"]);
    vec![
        wrong("bad-name 1"),
        wrong("9lives 1"),
        wrong("jobs_total{kind=\"a\" 1"),
        wrong("jobs_total{kind=\"a} 1"),
        wrong("jobs_total{kind=a} 1"),
        wrong("jobs_total{kind} 1"),
        wrong("jobs_total{kind=\"a\",kind=\"b\"} 1"),
        wrong("jobs_total{__name__=\"a\"} 1"),
        wrong("jobs_total{kind=\"\\q\"} 1"),
        wrong("jobs_total{ki-nd=\"a\"} 1"),
        wrong("jobs_total"),
        wrong("jobs_total{kind=\"a\"}"),
        wrong("jobs_total{kind=\"a\"} many"),
        wrong("jobs_total{kind=\"a\"} 1e999"),
        wrong("jobs_total{kind=\"a\"} 1 soon"),
        wrong("jobs_total{kind=\"a\"} 1 5 6"),
        wrong("jobs_total{kind=\"a\"} 1 # {trace_id=\"1\"} 1"),
        wrong("{\"jobs.total\",kind=\"a\"} 1"),
        wrong("# TYPE other number"),
        wrong("# HELP oth-er Help."),
        wrong("# HELP other A \\q."),
        // What looks odd and is right.
        case(
            format!("{HEAD}\n\t jobs_total\t{{ a = \"\\\\\\\"\\n\" , }}  +Inf \n# EOF later\n#\n"),
            &["not-a-number"],
        ),
        case(family("free_ratio", "gauge", "free_ratio NaN\n"), &[]),
    ]
}

fn metadata() -> Vec<Case> {
    vec![
        case(
            "# TYPE jobs_total counter\njobs_total 1\n",
            &["missing-help"],
        ),
        case("# HELP jobs Jobs.\njobs 1\n", &["missing-type"]),
        case("jobs 1\n", &["missing-help", "missing-type"]),
        case(
            format!("{HEAD}# HELP jobs_total Again.\njobs_total 1\n"),
            &["duplicate-metadata"],
        ),
        case(
            format!("{HEAD}# TYPE jobs_total counter\njobs_total 1\n"),
            &["duplicate-metadata"],
        ),
        case(
            "# HELP jobs_total Jobs.\njobs_total 1\n# TYPE jobs_total counter\n",
            &["metadata-order"],
        ),
        case(
            format!(
                "{HEAD}jobs_total{{k=\"a\"}} 1\n{}jobs_total{{k=\"b\"}} 1\n",
                family("x", "gauge", "x 1\n")
            ),
            &["torn-family"],
        ),
    ]
}

fn names() -> Vec<Case> {
    let gauge = |name: &str| family(name, "gauge", &format!("{name} 1\n"));
    vec![
        case(
            family("jobs", "counter", "jobs 1\n"),
            &["counter-without-total"],
        ),
        case(gauge("jobs_total"), &["total-on-other"]),
        case(gauge("jobs_count"), &["reserved-suffix"]),
        case(gauge("jobs_sum"), &["reserved-suffix"]),
        case(gauge("jobs_bucket"), &["reserved-suffix"]),
        case(gauge("wait_milliseconds"), &["non-base-unit"]),
        case(gauge("wait_minutes"), &["non-base-unit"]),
        case(gauge("heat_fahrenheit"), &["non-base-unit"]),
        case(gauge("size_kibibytes"), &["non-base-unit"]),
        case(gauge("wait_ms"), &["abbreviated-unit"]),
        case(gauge("wait_s_now"), &["abbreviated-unit"]),
        case(gauge("cpu_percent"), &["percent"]),
        case(gauge("jobs_gauge"), &["type-in-name"]),
        case(gauge("a_histogram_of_it"), &["type-in-name"]),
        case(gauge("job:jobs"), &["colon-in-name"]),
        case(gauge("jobsRunning"), &["camel-case"]),
        case(
            family("jobs", "gauge", "jobs{kindOf=\"a\"} 1\n"),
            &["camel-case"],
        ),
        case(
            format!("{}{}", gauge("wait_seconds"), gauge("wait_milliseconds")),
            &["mixed-units", "non-base-unit"],
        ),
        case(
            family("jobs", "gauge", "jobs{le=\"1\"} 1\n"),
            &["reserved-label"],
        ),
        case(
            family("jobs", "gauge", "jobs{quantile=\"1\"} 1\n"),
            &["reserved-label"],
        ),
        case(
            family("jobs", "gauge", "jobs{instance=\"a\"} 1\n"),
            &["reserved-label"],
        ),
    ]
}

fn series() -> Vec<Case> {
    vec![
        case(
            format!("{HEAD}jobs_total{{a=\"1\",b=\"2\"}} 1\njobs_total{{b=\"2\",a=\"1\"}} 1\n"),
            &["duplicate-series"],
        ),
        case(
            format!("{HEAD}jobs_total{{a=\"1\"}} 1\njobs_total{{b=\"1\"}} 1\n"),
            &["inconsistent-labels"],
        ),
        case(format!("{HEAD}jobs_total -1\n"), &["negative-counter"]),
        case(format!("{HEAD}jobs_total NaN\n"), &["not-a-number"]),
        case(
            format!("{HEAD}jobs_total 1 1700000000000\n"),
            &["timestamp"],
        ),
    ]
}

fn histograms() -> Vec<Case> {
    let with = |buckets: &str, count: u32| {
        histogram(&format!(
            "{buckets}wait_seconds_sum 3\nwait_seconds_count {count}\n"
        ))
    };
    let bucket = |le: &str, value: u32| format!("wait_seconds_bucket{{le=\"{le}\"}} {value}\n");
    let two = |one: &str, first: u32, other: &str, second: u32| {
        format!("{}{}", bucket(one, first), bucket(other, second))
    };
    vec![
        case(with(&two("1", 1, "+Inf", 2), 2), &[]),
        case(with(&two("1", 3, "+Inf", 2), 2), &["bucket-not-cumulative"]),
        case(with(&bucket("1", 1), 1), &["missing-inf"]),
        case(with(&two("1", 1, "+Inf", 2), 5), &["count-mismatch"]),
        case(with(&two("+Inf", 2, "1", 1), 2), &["unordered-buckets"]),
        case(
            with(
                &format!("{}{}", two("1", 1, "1.0", 1), bucket("+Inf", 2)),
                2,
            ),
            &["bad-bound"],
        ),
        case(with(&two("small", 1, "+Inf", 2), 2), &["bad-bound"]),
        case(
            with(&format!("wait_seconds_bucket 1\n{}", bucket("+Inf", 2)), 2),
            &["bad-bound"],
        ),
        case(
            histogram(&format!("{}wait_seconds_count 2\n", bucket("+Inf", 2))),
            &["missing-parts"],
        ),
        case(
            histogram("wait_seconds 2\n"),
            &["foreign-sample", "missing-parts"],
        ),
        case(
            histogram(
                "wait_seconds_bucket{k=\"a\",le=\"1\"} 1\nwait_seconds_bucket{k=\"a\",le=\"+Inf\"} 1\n\
                 wait_seconds_sum{k=\"a\"} 1\nwait_seconds_count{k=\"a\"} 1\n\
                 wait_seconds_bucket{k=\"b\",le=\"2\"} 1\nwait_seconds_bucket{k=\"b\",le=\"+Inf\"} 1\n\
                 wait_seconds_sum{k=\"b\"} 1\nwait_seconds_count{k=\"b\"} 1\n",
            ),
            &["bucket-layouts"],
        ),
        case(
            family(
                "wait_seconds",
                "summary",
                "wait_seconds{quantile=\"0.5\"} 1\nwait_seconds_sum 1\nwait_seconds_count 1\n",
            ),
            &[],
        ),
        case(
            family(
                "wait_seconds",
                "summary",
                "wait_seconds{quantile=\"95\"} 1\nwait_seconds_sum 1\nwait_seconds_count 1\n",
            ),
            &["bad-quantile"],
        ),
        case(
            family(
                "wait_seconds",
                "summary",
                "wait_seconds{quantile=\"much\"} 1\nwait_seconds_sum 1\nwait_seconds_count 1\n",
            ),
            &["bad-quantile"],
        ),
    ]
}

fn labels() -> Vec<Case> {
    let values = |values: &[&str]| -> String {
        let samples = values
            .iter()
            .map(|value| format!("jobs_total{{of=\"{value}\"}} 1\n"));
        format!("{HEAD}{}", samples.collect::<String>())
    };
    vec![
        case(
            format!("{HEAD}jobs_total{{user_id=\"a\"}} 1\n"),
            &["identifying-label"],
        ),
        case(values(&["ann@example.org"]), &["identifying-value"]),
        case(values(&["/users/17"]), &["identifying-value"]),
        case(values(&["/users/{id}", "/v1/orders", "PUT"]), &[]),
        case(values(&["/search?q=cats"]), &["identifying-value"]),
        case(
            values(&[
                "9f0c3b1e-7d61-4a4e-8a3b-0c7c1f0a9b55",
                "0d9a4e6f-1f4c-4f57-9a0e-6d9f6f1f2a01",
            ]),
            &["identifying-value"],
        ),
        case(
            values(&["deadbeef00c0ffee", "0123456789abcdef"]),
            &["identifying-value"],
        ),
        case(
            values(&["10.1.2.3:4711", "10.1.2.4:4712"]),
            &["identifying-value"],
        ),
        case(
            values(&["1763740000", "1763740001"]),
            &["identifying-value"],
        ),
        case(
            values(&["2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"]),
            &["identifying-value"],
        ),
        case(values(&["200", "404", "500", "sd_hd", "1080"]), &[]),
        case(
            histogram(
                "wait_seconds_bucket{wait_category=\"fast\",le=\"+Inf\"} 1\n\
                 wait_seconds_sum{wait_category=\"fast\"} 1\n\
                 wait_seconds_count{wait_category=\"fast\"} 1\n",
            ),
            &["derived-label"],
        ),
    ]
}

/// Pages in OpenMetrics and the codes of their findings, sorted.
pub(crate) const OPEN_METRICS: &[(&str, &[&str])] = &[
    (
        "# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total 1\n# EOF\n",
        &[],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total 1 # {trace_id=\"1\"} 1 1.5\n# EOF\n",
        &[],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total 1\n",
        &["missing-eof"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs counter\njobs 1\n# EOF\n",
        &["foreign-sample"],
    ),
    (
        "# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total 1\n# EOF\n",
        &["counter-without-total", "foreign-sample"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs 1\n# EOF\njobs 2\n",
        &["syntax"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs gauge\n\njobs 1\n# EOF\n",
        &["syntax"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs  1\n# EOF\n",
        &["syntax"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs gauge\n# a comment\njobs 1\n# EOF\n",
        &["syntax"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs{a=\"b\",} 1\n# EOF\n",
        &["syntax"],
    ),
    (
        "# HELP jobs Jobs.\r\n# TYPE jobs gauge\njobs 1\n# EOF\n",
        &["missing-help", "syntax"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs 1 # {trace_id=\"1\"} 1\n# EOF\n",
        &["misplaced-exemplar"],
    ),
    (
        "# HELP wait Wait.\n# TYPE wait gauge\n# UNIT wait seconds\nwait 1\n# EOF\n",
        &["unit-not-suffix"],
    ),
    (
        "# HELP build Build.\n# TYPE build info\nbuild_info{version=\"1\"} 2\n# EOF\n",
        &["not-one"],
    ),
    (
        "# HELP mode Mode.\n# TYPE mode stateset\nmode{state=\"on\"} 1\n# EOF\n",
        &["state-label"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs 1 1700000000.5\n# EOF\n",
        &["timestamp"],
    ),
    (
        "# HELP \"jobs.now\" Jobs.\n# TYPE \"jobs.now\" gauge\n{\"jobs.now\",a=\"b\"} 1\n# EOF\n",
        &[],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total -1\n# EOF\n",
        &["negative-counter"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total NaN\n# EOF\n",
        &["not-a-number"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs gauge\n# TYPE jobs gauge\njobs 1\n# EOF\n",
        &["duplicate-metadata"],
    ),
    (
        "# HELP jobs Jobs.\njobs 1\n# TYPE jobs gauge\n# EOF\n",
        &["metadata-order"],
    ),
    (
        "# HELP a A.\n# TYPE a gauge\na{k=\"1\"} 1\n# HELP b B.\n# TYPE b gauge\nb 1\na{k=\"2\"} 1\n# EOF\n",
        &["torn-family"],
    ),
    (
        "# HELP w W.\n# TYPE w histogram\nw_bucket{le=\"1.0\"} 1\nw_sum 1\nw_count 1\n# EOF\n",
        &["missing-inf"],
    ),
    (
        "# HELP w W.\n# TYPE w histogram\nw_bucket{le=\"1.0\"} 3\nw_bucket{le=\"+Inf\"} 2\nw_sum 1\nw_count 2\n# EOF\n",
        &["bucket-not-cumulative"],
    ),
    (
        "# HELP w W.\n# TYPE w histogram\nw_bucket{le=\"+Inf\"} 2\nw_sum 1\nw_count 3\n# EOF\n",
        &["count-mismatch"],
    ),
    (
        "# HELP w W.\n# TYPE w histogram\nw_bucket{le=\"+Inf\"} 2\nw_bucket{le=\"1.0\"} 1\nw_sum 1\nw_count 2\n# EOF\n",
        &["unordered-buckets"],
    ),
    (
        "# HELP w W.\n# TYPE w summary\nw{quantile=\"2.0\"} 1\nw_sum 1\nw_count 2\n# EOF\n",
        &["bad-quantile"],
    ),
    (
        "# HELP m M.\n# TYPE m stateset\nm{m=\"on\"} 2\n# EOF\n",
        &["not-one"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs{a=\"1\",a=\"2\"} 1\n# EOF\n",
        &["syntax"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs number\njobs 1\n# EOF\n",
        &["missing-type", "syntax"],
    ),
    (
        "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs 1 soon\n# EOF\n",
        &["syntax"],
    ),
];
