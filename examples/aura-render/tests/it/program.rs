//! The program itself: its flags, its exit, and its demo.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{DEADLINE, config, start};

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aura-render"));
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits for the end of a program and gives its exit code.
fn exit_code(child: &mut Child, within: Duration) -> Option<i32> {
    let end = Instant::now() + within;
    loop {
        if let Some(status) = child.try_wait().expect("the program can be waited for") {
            return status.code();
        }
        if Instant::now() > end {
            child.kill().expect("the program can be killed");
            panic!("the program does not end within {within:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_a_clear_error() {
    let server = start(config()).await;
    let addr = server.addr().to_string();
    let mut child = program(&["--listen", &addr])
        .spawn()
        .expect("the program starts");
    assert_eq!(exit_code(&mut child, DEADLINE), Some(1));
    let mut said = String::new();
    child
        .stderr
        .take()
        .expect("a pipe")
        .read_to_string(&mut said)
        .expect("text");
    assert!(
        said.contains(&format!("cannot listen on {addr}: the port is in use")),
        "{said}"
    );
}

#[test]
fn wrong_flags_are_refused() {
    for flags in [
        ["--workers", "0"].as_slice(),
        &["--queue", "many"],
        &["--renderer", "magic"],
        &["--listen", "here"],
        &["--listen", "127.0.0.1:0", "--metrics-listen", "here"],
        &["--listen", "127.0.0.1:0", "--metrics-listen", "0.0.0.0:0"],
        &["--demo-seconds", "3"],
        &["--nonsense"],
    ] {
        let mut child = program(flags).spawn().expect("the program starts");
        assert_eq!(exit_code(&mut child, DEADLINE), Some(1), "{flags:?}");
    }
}

#[test]
fn signals_stop_it_at_once_and_it_leaves_nothing_behind() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = program(&[
            "--listen",
            "127.0.0.1:0",
            "--renderer",
            "embedded",
            "--demo",
        ])
        .env("TMPDIR", folder.path())
        .spawn()
        .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let first = lines.next().expect("a line").expect("text");
        assert!(
            first.contains("http://127.0.0.1:") && first.contains("/metrics"),
            "{first}"
        );
        // The first line of progress: the demo runs.
        let progress = lines.nth(1).expect("a line").expect("text");
        assert!(
            progress.contains("embedded") && progress.contains("requests"),
            "{progress}"
        );
        let pid = child.id().to_string();
        // The shell's own `kill`: the program of this name is not on every machine.
        let kill = Command::new("sh")
            .args(["-c", "kill \"$0\" \"$1\"", signal, &pid])
            .status()
            .expect("kill can be run");
        assert!(kill.success());
        assert_eq!(
            exit_code(&mut child, Duration::from_secs(2)),
            Some(0),
            "{signal}"
        );
        let left = std::fs::read_dir(folder.path())
            .expect("the folder is there")
            .count();
        assert_eq!(left, 0, "{signal} leaves files behind");
    }
}

#[test]
fn the_metrics_have_a_port_of_their_own_as_well() {
    let mut child = program(&["--renderer", "embedded", "--listen", "127.0.0.1:0"])
        .args(["--metrics-listen", "127.0.0.1:0"])
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let line = lines.nth(2).expect("a line").expect("text");
    let address = line.strip_prefix("metrics alone: http://");
    let address = address.and_then(|rest| rest.strip_suffix("/metrics"));
    let address = address.unwrap_or_else(|| panic!("{line}"));
    let mut client = TcpStream::connect(address).expect("the port is open");
    client
        .write_all(b"GET /metrics HTTP/1.0\r\n\r\n")
        .expect("it takes a request");
    let mut page = String::new();
    client.read_to_string(&mut page).expect("text");
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
    assert!(page.contains("video_generation_in_progress"), "{page}");
    child.kill().expect("the program can be killed");
    child.wait().expect("the program can be waited for");
}

#[test]
fn the_demo_ends_by_itself() {
    let mut child = program(&[
        "--listen",
        "127.0.0.1:0",
        "--renderer",
        "embedded",
        "--demo",
    ])
    .args(["--demo-seconds", "1"])
    .spawn()
    .expect("the program starts");
    assert_eq!(exit_code(&mut child, DEADLINE), Some(0));
}
