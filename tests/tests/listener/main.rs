//! The metrics on a port of their own, read by programs that others wrote.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};

use tests::judges::{promtool_check_metrics, strict_openmetrics};
use tests::program::{Program, find, free_port, workspace_binary};
use tests::prometheus::Prometheus;
use tests::scrape::Target;
use tests::temp::TempDir;
use tests::victoria_metrics::VictoriaMetrics;
use tests::{http, poll};
use vitalsigns::families::HttpServer;
use vitalsigns::{Counter, Endpoint, Listener, MetricGroup, Registry};

#[derive(MetricGroup)]
struct Jobs {
    /// Jobs done.
    jobs_total: Counter,
}

fn registry() -> Registry {
    let registry = Registry::new();
    Jobs::register(&registry).unwrap().jobs_total.add(3);
    HttpServer::register(&registry).unwrap();
    registry
}

fn start() -> Listener {
    Listener::bind(Endpoint::new(&registry()), "127.0.0.1:0").unwrap()
}

fn curl(arguments: &[&str]) -> Output {
    let output = Command::new(find("curl"))
        .args(["--silent", "--show-error", "--max-time", "20"])
        .args(arguments)
        .output();
    output.unwrap_or_else(|error| panic!("cannot run curl: {error}"))
}

/// What curl wrote; it must have ended well.
#[track_caller]
fn read(arguments: &[&str]) -> String {
    let output = curl(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn curl_reads_the_page_in_every_way_that_it_has() {
    let server = start();
    let url = format!("http://{}/metrics", server.address());
    let page = read(&["--fail", &url]);
    assert!(page.contains("\njobs_total 3\n"), "{page}");
    promtool_check_metrics(&page).unwrap();

    let compressed = read(&["--fail", "--compressed", "--include", &url]);
    let (head, unpacked) = compressed.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\ncontent-encoding: "), "{head}");
    assert!(unpacked.contains("\njobs_total 3\n"));
    let sent: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap()
        .parse()
        .unwrap();
    assert!(sent < unpacked.len() / 2, "{sent} of {}", unpacked.len());

    let openmetrics = "Accept: application/openmetrics-text; version=1.0.0";
    strict_openmetrics(&read(&["--fail", "--header", openmetrics, &url])).unwrap();

    assert!(read(&["--fail", "--http1.0", &url]).contains("\njobs_total 3\n"));
    let head = read(&["--fail", "--head", &url]);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    // curl asks for HTTP/2 in passing, and lives with the answer.
    assert!(read(&["--fail", "--http2", &url]).contains("\njobs_total 3\n"));
    // As a client of a proxy writes it.
    let proxy = format!("http://{}", server.address());
    let through = read(&["--fail", "--proxy", &proxy, "http://elsewhere/metrics"]);
    assert!(through.contains("\njobs_total 3\n"));
}

#[test]
fn curl_asks_again_on_the_same_connection() {
    let server = start();
    let url = format!("http://{}/metrics", server.address());
    let format = "%{stderr}%{num_connects} ";
    let output = curl(&["--write-out", format, &url, &url, &url]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "1 0 0 ");
}

#[test]
fn bodies_of_curl_get_an_answer_whatever_their_length() {
    let server = start();
    let url = format!("http://{}/metrics", server.address());
    let dir = TempDir::new();
    // With more than a megabyte curl waits for `100 Continue`.
    for (size, chunked, expected) in [
        (10, false, "405"),
        (10, true, "405"),
        (60_000, false, "405"),
        (200_000, false, "413"),
        (200_000, true, "413"),
        (2_000_000, false, "405"),
    ] {
        let file = dir.write("body", vec![b'x'; size]);
        let data = format!("@{}", file.display());
        let mut arguments = vec!["--write-out", "%{http_code}", "--output", "/dev/null"];
        arguments.extend(["--data-binary", &data]);
        if chunked {
            arguments.extend(["--header", "Transfer-Encoding: chunked"]);
        }
        arguments.push(&url);
        let output = curl(&arguments);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected,
            "{size} {chunked}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn curl_reads_a_unix_socket() {
    let dir = TempDir::new();
    let path = dir.path().join("metrics.sock");
    let server = Listener::bind_unix(Endpoint::new(&registry()), &path).unwrap();
    let page = read(&["--fail", "--unix-socket", text(&path), "http://a/metrics"]);
    assert!(page.contains("\njobs_total 3\n"), "{page}");
    server.shut_down();
    assert!(!path.exists());
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn prometheus_scrapes_with_the_token_and_not_without() {
    let dir = TempDir::new();
    let token = dir.write("token", "a long secret\n");
    let wrong = dir.write("wrong", "a long guess\n");
    let endpoint = Endpoint::builder(&registry())
        .bearer_token_file(&token)
        .build()
        .unwrap();
    let server = Listener::bind(endpoint, "127.0.0.1:0").unwrap();
    let address = server.address().to_string();
    let targets = [
        Target::new("with", &address).bearer_token_file(&token),
        Target::new("wrong", &address).bearer_token_file(&wrong),
        Target::new("without", &address),
    ];
    let prometheus = Prometheus::start(&targets);
    let victoria = VictoriaMetrics::start(&targets);
    prometheus.wait_until_up("with");
    prometheus.wait_for_value("jobs_total", 3.0);
    // Both kinds of counts, each from a scraper that keeps its connection.
    prometheus.wait_for("vitalsigns_scrapes_total{code=\"200\"} > 2");
    victoria.wait_until_up("with");
    victoria.wait_for_value("jobs_total", 3.0);
    for job in ["wrong", "without"] {
        let error = prometheus.wait_until_down(job);
        assert!(error.contains("401"), "{error}");
    }
    let authorization = format!("Authorization: Bearer {}", "a long secret");
    let url = format!("http://{address}/metrics");
    let page = read(&["--fail", "--header", &authorization, &url]);
    promtool_check_metrics(&page).unwrap();
}

#[test]
fn it_answers_while_the_runtime_of_the_service_is_stuck() {
    let registry = registry();
    let server = Listener::bind(Endpoint::new(&registry), "127.0.0.1:0").unwrap();
    let (release, released) = mpsc::channel::<()>();
    let (stuck, is_stuck) = mpsc::channel();
    let runtime = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(async move {
            stuck.send(()).unwrap();
            let _ = released.recv();
        });
    });
    is_stuck.recv().unwrap();
    let url = format!("http://{}/metrics", server.address());
    assert_eq!(http::get(&url, &[]).unwrap().status, 200);
    drop(release);
    runtime.join().unwrap();
}

#[test]
fn a_process_without_files_left_goes_on_when_it_has_some() {
    let binary = workspace_binary("aura-render", "aura-render");
    let port = free_port();
    let program = Program::serve("/metrics", Duration::from_secs(30), |main| {
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -n 48; exec \"$0\" \"$@\""])
            .arg(&binary)
            .args(["--renderer", "embedded"])
            .args(["--listen", &format!("127.0.0.1:{main}")])
            .args(["--metrics-listen", &format!("127.0.0.1:{port}")]);
        command
    });
    let address = format!("127.0.0.1:{port}");
    poll::until(Duration::from_secs(30), "the port of the metrics", || {
        TcpStream::connect(&address).ok()
    });
    let ticks = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", program.pid())).unwrap();
        let (_, rest) = stat.rsplit_once(')').unwrap();
        let fields: Vec<_> = rest.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = ticks();
    // More than it has files for; each is in the middle of a request.
    let held: Vec<_> = (0..80)
        .map(|_| {
            let mut client = TcpStream::connect(&address).unwrap();
            client.write_all(b"GET /metrics HTTP/1.1\r\nHo").unwrap();
            client
        })
        .collect();
    thread::sleep(Duration::from_secs(2));
    // A loop without a pause would have used most of the two seconds, which are 200 ticks.
    let used = ticks() - before;
    assert!(used < 100, "{used} ticks");
    drop(held);
    let url = format!("http://{address}/metrics");
    poll::until_ok(Duration::from_secs(30), "a page", || {
        match http::get(&url, &[]) {
            Ok(answer) if answer.status == 200 => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
}

#[test]
fn a_thousand_connections_leave_no_thread_behind() {
    let binary = workspace_binary("aura-render", "aura-render");
    let port = free_port();
    let program = Program::serve("/metrics", Duration::from_secs(30), |main| {
        let mut command = Command::new(&binary);
        command
            .args(["--renderer", "embedded"])
            .args(["--listen", &format!("127.0.0.1:{main}")])
            .args(["--metrics-listen", &format!("127.0.0.1:{port}")]);
        command
    });
    let address = format!("127.0.0.1:{port}");
    poll::until(Duration::from_secs(30), "the port of the metrics", || {
        TcpStream::connect(&address).ok()
    });
    let count = |name: &str| {
        let tasks = fs::read_dir(format!("/proc/{}/task", program.pid())).unwrap();
        let names =
            tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|found| found.trim() == name).count()
    };
    for number in 0..1_000 {
        let mut client = TcpStream::connect(&address).unwrap();
        if number % 2 == 0 {
            let _ = client.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
            let _ = client.read(&mut [0; 64]);
        }
    }
    poll::until_ok(
        Duration::from_secs(30),
        "the threads to end",
        || match count("metrics-conn") {
            0 => Ok(()),
            left => Err(format!("{left} are left")),
        },
    );
    assert_eq!(count("metrics-listen"), 1);
}
