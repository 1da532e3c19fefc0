//! Clients that none of the other tests has: they are the rows of `docs/clients.md`.

use std::process::{Command, Stdio};

use tests::http;
use tests::judges::{promtool_check_metrics, text_0_0_4};
use tests::program::find;
use tests::prometheus::Prometheus;
use tests::temp::TempDir;
use vitalsigns::Format;

use crate::native::{App, FILMS, assert_native, number};

#[test]
fn prometheus_2_53_reads_open_metrics() {
    let app = App::start();
    let prometheus = Prometheus::start_2_53(&[app.target()], &[]);
    prometheus.wait_until_up("films");
    assert_eq!(
        number(&prometheus, "sum(film_rendered_total)"),
        f64::from(FILMS)
    );
    assert_eq!(
        number(&prometheus, "film_size_bytes_bucket{le=\"256.0\"}"),
        256.0
    );
    assert_eq!(number(&prometheus, "film_awards_total"), 7.0);
    // Units are in OpenMetrics alone.
    assert_eq!(prometheus.metadata("film_size_bytes")[0].unit, "bytes");
}

#[test]
fn prometheus_2_53_stores_native_histograms() {
    let app = App::start();
    let flags = ["--enable-feature=native-histograms"];
    assert_native(&Prometheus::start_2_53(&[app.target()], &flags));
}

#[test]
fn prometheus_3_has_names_as_they_are() {
    let app = App::start();
    let prometheus = Prometheus::start_newest(&[app.target()], &[]);
    prometheus.wait_until_up("films");
    assert_eq!(number(&prometheus, "{\"film.awards_total\"}"), 7.0);
    assert!(prometheus.query("film_awards_total").is_empty());
    assert_eq!(prometheus.metadata("film_size_bytes")[0].unit, "bytes");
}

/// Runs a program to its end: what it wrote on stdout.
fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}, {stderr}",
        output.status
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The lines about films, which no scrape changes.
fn films(page: &str) -> Vec<&str> {
    let lines: Vec<&str> = page.lines().filter(|line| line.contains("film")).collect();
    assert!(lines.len() > 20, "{page}");
    lines
}

#[test]
fn curl_shows_the_page_and_takes_it_compressed() {
    let app = App::start();
    let url = app.url();
    let curl = |arguments: &[&str]| {
        let mut command = Command::new(find("curl"));
        command.args(["--silent", "--show-error", "--max-time", "30"]);
        output(command.args(arguments).arg(&url))
    };
    let plain = curl(&["--fail"]);
    promtool_check_metrics(&plain).unwrap();
    text_0_0_4(&plain).unwrap();
    assert_eq!(films(&plain), films(&curl(&["--fail", "--compressed"])));
    let head = curl(&[
        "--dump-header",
        "-",
        "--output",
        "/dev/null",
        "--compressed",
    ]);
    let head = head.to_ascii_lowercase();
    let coding = |name: &str| head.contains(&format!("content-encoding: {name}\r\n"));
    assert!(coding("gzip") || coding("zstd"), "{head}");
    assert!(head.contains("vary: accept, accept-encoding\r\n"), "{head}");
    let head = curl(&["--head"]).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    assert!(!head.contains("content-encoding"), "{head}");
    assert!(head.contains("content-length: "), "{head}");
}

/// What Chromium asks with when somebody types an address.
const BROWSER: [(&str, &str); 2] = [
    (
        "Accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    ),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
];

#[test]
fn a_browser_shows_the_page_as_text() {
    let app = App::start();
    let answer = http::get(&app.url(), &BROWSER).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some(Format::Text.content_type())
    );
    assert_eq!(answer.header("content-encoding"), Some("zstd"));
    assert_eq!(answer.header("content-disposition"), None);
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));

    // A page that is saved in place of being shown has no text.
    let profile = TempDir::new();
    let mut chromium = Command::new(find("chromium"));
    chromium.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
    ]);
    chromium.args(["--no-first-run", "--disable-background-networking"]);
    chromium.args([
        "--disable-component-update",
        "--disable-sync",
        "--timeout=30000",
    ]);
    chromium.arg(format!("--user-data-dir={}", profile.path().display()));
    let shown = output(chromium.args(["--dump-dom", &app.url()]));
    assert!(shown.contains("<pre"), "{shown}");
    assert!(
        shown.contains("film_size_bytes_bucket{le=\"256.0\"} 256\n"),
        "{shown}"
    );
}
