//! `vitalsigns verify` as a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use vitalsigns::Registry;
use vitalsigns::families::HttpServer;

const WRONG: &str = "groups:\n  - name: a\n    rules:\n      - {alert: A, expr: 'rate(scrape_series_added[5m]) > 1', \
                     labels: {severity: info}, annotations: {summary: a}}\n";
const RIGHT: &str = "groups:\n  - name: a\n    rules:\n      - {record: a:up, expr: 'max(up)'}\n";

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vitalsigns"));
    command
        .arg("verify")
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

/// The exit code, stdout and stderr.
fn ran(folder: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let output = command(folder, words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn the_exit_code_says_what_came_of_it() {
    let wrong = folder("verify-wrong", &[("rules.yml", WRONG)]);
    let (code, out, err) = ran(&wrong, &["."]);
    assert_eq!((code, err.as_str()), (Some(1), ""), "{out}");
    assert!(out.starts_with("warning[no-watchdog]: "), "{out}");
    assert!(
        out.contains("error[rate-of-gauge]: `scrape_series_added` is a gauge"),
        "{out}"
    );
    assert!(out.contains("  --> ./rules.yml:4, alert `A`\n"), "{out}");
    assert!(out.ends_with("1 error, 2 warnings\n"), "{out}");

    let right = folder("verify-right", &[("rules.yml", RIGHT)]);
    assert_eq!(ran(&right, &["."]), (Some(0), String::new(), String::new()));
    // Of a file alone nothing is said that others may have.
    let (code, out, _) = ran(&wrong, &["rules.yml"]);
    assert_eq!(code, Some(1));
    assert!(out.ends_with("1 error, 1 warning\n"), "{out}");
    assert_eq!(ran(&right, &["nowhere"]).0, Some(3));
    assert_eq!(ran(&right, &[]).0, Some(2));
    assert_eq!(ran(&right, &["--wathc", "."]).0, Some(2));
    let empty = folder("verify-empty", &[("readme.txt", "")]);
    let (code, _, err) = ran(&empty, &["."]);
    assert_eq!(code, Some(3));
    assert!(err.contains("there is no configuration in `.`"), "{err}");
}

#[test]
fn what_is_not_wanted_is_left_out() {
    let wrong = folder("verify-allow", &[("rules.yml", WRONG)]);
    let (code, out, _) = ran(&wrong, &["--errors-only", "rules.yml"]);
    assert_eq!(code, Some(1));
    assert!(out.ends_with("1 error, 0 warnings\n"), "{out}");
    let (code, out, _) = ran(&wrong, &["--errors-only", "--allow", "rate-of-gauge", "."]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
    let (code, _, err) = ran(&wrong, &["--allow", "rate-of-gauges", "."]);
    assert_eq!(code, Some(2));
    assert!(err.contains("did you mean `rate-of-gauge`?"), "{err}");
    let (_, out, _) = ran(&wrong, &["--rules"]);
    assert!(
        out.lines().any(|line| line.starts_with("rate-of-gauge ")),
        "{out}"
    );
}

#[test]
fn machines_read_it_too() {
    let wrong = folder("verify-output", &[("rules.yml", WRONG)]);
    let (_, out, _) = ran(&wrong, &["--output", "json", "--errors-only", "."]);
    let read: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(read["findings"][0]["code"], "rate-of-gauge");
    assert_eq!(read["findings"][0]["line"], 4);
    let (_, out, _) = ran(&wrong, &["--output", "sarif", "."]);
    assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok());
    let (_, out, _) = ran(&wrong, &["--output", "junit", "."]);
    assert!(out.contains("<testsuites"), "{out}");
}

#[test]
fn catalogues_may_be_named() {
    let registry = Registry::new();
    HttpServer::register(&registry).unwrap();
    let catalogue = registry.catalogue().to_json();
    let rules = "groups:\n  - name: a\n    rules:\n      - {record: 'a:b', expr: 'sum(rate(http_request_total[5m]))'}\n";
    let folder = folder(
        "verify-catalogue",
        &[("rules/a.yml", rules), ("shop.json", &catalogue)],
    );
    // Nobody says what is exported, so anything may be.
    assert_eq!(ran(&folder, &["rules"]).0, Some(0));
    for word in ["shop.json", "shop=shop.json"] {
        let (code, out, _) = ran(&folder, &["--catalogue", word, "rules"]);
        assert_eq!(code, Some(1));
        assert!(out.contains("there is `http_requests_total`"), "{out}");
    }
    assert_eq!(
        ran(&folder, &["--catalogue", "shop=nowhere.json", "rules"]).0,
        Some(3)
    );
}

/// Ends with the test, whatever comes of it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_change_is_looked_at() {
    let folder = folder("verify-watch", &[("rules.yml", RIGHT)]);
    let mut child = command(&folder, &["--watch", "--errors-only", "."]);
    let child = child
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let (sender, lines) = mpsc::channel();
    let mut out = running.0.stdout.take().unwrap();
    let mut err = running.0.stderr.take().unwrap();
    let said = sender.clone();
    thread::spawn(move || read_to(&mut err, &said));
    thread::spawn(move || read_to(&mut out, &sender));
    let wait_for = |what: &str| {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut seen = String::new();
        while !seen.contains(what) {
            let left = deadline.saturating_duration_since(Instant::now());
            let more = lines.recv_timeout(left);
            seen.push_str(&more.unwrap_or_else(|_| panic!("no `{what}` in: {seen}")));
        }
    };
    wait_for("waiting for a change");
    fs::write(folder.join("rules.yml"), WRONG).unwrap();
    wait_for("error[rate-of-gauge]");
    fs::write(folder.join("rules.yml"), RIGHT).unwrap();
    wait_for("nothing was found");
}

fn read_to(from: &mut impl std::io::Read, to: &mpsc::Sender<String>) {
    let mut bytes = [0; 1024];
    while let Ok(read @ 1..) = from.by_ref().read(&mut bytes) {
        if to
            .send(String::from_utf8_lossy(&bytes[..read]).into_owned())
            .is_err()
        {
            return;
        }
    }
}

#[test]
fn what_runs_is_asked_where_it_is_said_to_be() {
    let empty = folder("verify-live", &[("rules.yml", RIGHT)]);
    // Nothing listens at a port that was free a moment ago.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let prometheus = format!("http://{nobody}");
    let (code, out, err) = ran(&empty, &["--live", &prometheus]);
    assert_eq!((code, err.as_str()), (Some(1), ""), "{out}");
    assert!(
        out.starts_with("error[unreachable]: Prometheus cannot be asked: "),
        "{out}"
    );
    assert!(out.ends_with("1 error, 0 warnings\n"), "{out}");
    let page = format!("shop=http://{nobody}/metrics");
    let (_, out, _) = ran(&empty, &["--live", &prometheus, "--service", &page, "."]);
    assert!(out.contains("error[target-down]: "), "{out}");
    assert!(out.contains(", job `shop`\n"), "{out}");

    for (words, said) in [
        (&["--service", &page, "."][..], "go with `--live`"),
        (
            &["--live", &prometheus, "--service", "http://a/metrics"],
            "has to be a job and",
        ),
        (&[], "or the Prometheus that runs"),
    ] {
        let (code, _, err) = ran(&empty, words);
        assert_eq!(code, Some(2), "{words:?}");
        assert!(err.contains(said), "{words:?}: {err}");
    }
}
