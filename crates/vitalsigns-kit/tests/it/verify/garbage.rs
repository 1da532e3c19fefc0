//! Whatever is in a file, it is judged and not stumbled over.

use proptest::prelude::*;
use vitalsigns_kit::artefact::Artefact;
use vitalsigns_kit::finding::Place;
use vitalsigns_kit::verify::{Folder, Knowledge, Purpose, expression, verify};

fn judge(path: &str, text: &str) {
    verify(&Folder::of([Artefact::new(path, text)]), &Knowledge::new());
}

/// Words of every language that is read, put together in any order.
fn words(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => prop::sample::select(of).prop_map(str::to_owned),
        1 => "[ -~]{0,4}",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

const PROMQL: &[&str] = &[
    "sum",
    "rate",
    "(",
    ")",
    "[5m]",
    "[",
    "]",
    "{",
    "}",
    "up",
    "http_requests_total",
    " / ",
    " > ",
    "0.5",
    "by (job)",
    "on",
    "group_left",
    " and ",
    " or ",
    "le",
    "=",
    "=~",
    "\"",
    "$x",
    "${y}",
    "[[z]]",
    "histogram_quantile",
    ",",
    " offset 5m",
    " @ start()",
    "[5m:1m]",
    "-",
    "Inf",
    "1e999",
    "label_replace",
    "absent",
    "topk",
    "without",
    " bool ",
    "unless",
    "\\",
    "'",
    "`",
];

const YAML: &[&str] = &[
    "groups:",
    "\n",
    "  ",
    "- ",
    "rules:",
    "alert: x",
    "expr: up == 0",
    "for: 5m",
    "labels:",
    "annotations:",
    "scrape_configs:",
    "job_name: a",
    "static_configs:",
    "targets: ['a:1']",
    "rule_files:",
    "route:",
    "receivers:",
    "routes:",
    "matchers:",
    "['a=\"b\"']",
    "services:",
    "image: a:1",
    "ports:",
    "'9090:9090'",
    "environment:",
    "A=b",
    "volumes:",
    "./a:/b",
    "panels:",
    "title: x",
    "schemaVersion: 1",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "&a",
    "*a",
    "<<:",
    "|",
    ">",
    "\"",
    "command:",
    "$",
    "$$",
    "healthcheck:",
    "test:",
    "description: '{{ $value }}%'",
    "null",
];

const SHELL: &[&str] = &[
    "curl ",
    "-s",
    "-f",
    " | ",
    "grep",
    "docker ps",
    "\n",
    "cat <<EOF",
    "EOF",
    "<<",
    "$$",
    "rm -rf ",
    "/prometheus",
    "if ",
    "> /dev/null",
    "-u",
    "admin:x",
    "#",
    "'",
    "\"",
    "é",
    "$(",
    ")",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn expressions(text in words(PROMQL)) {
        expression(&text, &Knowledge::new(), &Place::of("x"), Purpose::Alert);
    }

    #[test]
    fn configuration(text in words(YAML)) {
        judge("x.yml", &text);
        judge("x.json", &text);
    }

    #[test]
    fn scripts(text in words(SHELL)) {
        judge("check.sh", &text);
        judge("test_x.py", &text);
        judge("x.env", &text);
    }

    #[test]
    fn anything(text in any::<String>()) {
        for path in ["x.yml", "x.json", "x.sh", "x.py", ".env"] {
            judge(path, &text);
        }
        expression(&text, &Knowledge::new(), &Place::of("x"), Purpose::Panel);
    }
}

#[test]
fn nothing_is_too_deep() {
    let nested = |open: &str, close: &str, times: usize| {
        format!("{}up{}", open.repeat(times), close.repeat(times))
    };
    for text in [
        nested("(", ")", 9000),
        nested("-", "", 9000),
        nested("sum(", ")", 4000),
        format!("up{}", " + up".repeat(3900)),
        format!("up{}", " ^ up".repeat(3900)),
        format!("up{}", "[5m:1m]".repeat(1000)),
    ] {
        expression(&text, &Knowledge::new(), &Place::of("x"), Purpose::Alert);
    }
    for text in [
        nested("[", "]", 50_000),
        nested("{a: ", "}", 50_000),
        "- ".repeat(50_000),
        "a:\n".repeat(10),
    ] {
        judge("x.yml", &text);
        judge("x.json", &text);
    }
    let bomb: String = (1..12)
        .map(|level| {
            let below = format!("*a{}, ", level - 1).repeat(9);
            format!("a{level}: &a{level} [{below}]\n")
        })
        .collect();
    judge("x.yml", &format!("a0: &a0 [up]\n{bomb}"));
}
