//! The program itself: its flags, its exit, its demo, and its sudden death.

use std::{
    io::{BufRead, BufReader, Lines, Read},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use azora::{Config, client::Request};
use serde_json::json;

use crate::support::{DEADLINE, PASSWORD, config, number, start, token};

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_azora"));
    command
        .args(args)
        .env_remove("AZORA_PROVIDER_KEY")
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

/// Runs a program that must fail, and gives what it says.
fn complaint(mut command: Command) -> String {
    let mut child = command.spawn().expect("the program starts");
    assert_eq!(exit_code(&mut child, DEADLINE), Some(1));
    let mut said = String::new();
    let mut stderr = child.stderr.take().expect("a pipe");
    stderr.read_to_string(&mut said).expect("text");
    said
}

/// Reads where a program listens from its first line.
fn address(child: &mut Child) -> (SocketAddr, Lines<BufReader<ChildStdout>>) {
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let first = lines.next().expect("a line").expect("text");
    assert!(first.contains("/metrics"), "{first}");
    let addr = first
        .split("http://")
        .nth(1)
        .and_then(|rest| rest.split('/').next());
    let addr = addr.and_then(|addr| addr.parse().ok());
    (
        addr.unwrap_or_else(|| panic!("no address in {first}")),
        lines,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_a_clear_error() {
    let server = start(config()).await;
    let addr = server.addr().to_string();
    let said = complaint(program(&["--listen", &addr]));
    let wanted = format!("cannot listen on {addr}: the port is in use");
    assert!(said.contains(&wanted), "{said}");
}

#[test]
fn a_folder_that_cannot_be_used_is_a_clear_error() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("text");
    let said = complaint(program(&["--listen", "127.0.0.1:0", "--data", path]));
    assert!(
        said.contains(&format!("cannot use the data folder {path}")),
        "{said}"
    );
}

#[test]
fn wrong_flags_are_refused() {
    for flags in [
        ["--workers", "0"].as_slice(),
        &["--listen", "here"],
        &["--demo-seconds", "3"],
        &["--data"],
        &["--nonsense"],
        &["more"],
    ] {
        let said = complaint(program(flags));
        assert!(said.contains("see --help"), "{flags:?}: {said}");
    }
    let mut command = program(&[]);
    command.env("AZORA_PROVIDER_KEY", "");
    assert!(complaint(command).contains("AZORA_PROVIDER_KEY is empty"));
    let help = program(&["--help"]).output().expect("it runs");
    assert!(help.status.success() && help.stdout.starts_with(b"azora: "));
}

#[test]
fn signals_stop_it_at_once_and_it_leaves_nothing_behind() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = program(&["--listen", "127.0.0.1:0", "--demo"])
            .env("TMPDIR", folder.path())
            .spawn()
            .expect("the program starts");
        let (_, mut lines) = address(&mut child);
        // The first line of progress: the demo runs.
        let progress = lines.nth(1).expect("a line").expect("text");
        assert!(
            progress.contains("users:") && progress.contains("requests"),
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
            exit_code(&mut child, Duration::from_secs(8)),
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
fn the_demo_ends_by_itself_and_says_what_it_did() {
    let mut child = program(&["--listen", "127.0.0.1:0", "--demo", "--demo-seconds", "3"])
        .spawn()
        .expect("the program starts");
    let (_, lines) = address(&mut child);
    let said: Vec<String> = lines.map(|line| line.expect("text")).collect();
    assert_eq!(exit_code(&mut child, DEADLINE), Some(0));
    let last = said.last().expect("a line");
    assert!(
        last.contains("end") && !last.contains("users: 0;"),
        "{last}"
    );
    let mut complaints = String::new();
    let mut stderr = child.stderr.take().expect("a pipe");
    stderr.read_to_string(&mut complaints).expect("text");
    assert_eq!(complaints, "");
}

/// Registers and buys, one after the other, until the service is gone; notes what was answered.
async fn visit(addr: SocketAddr, task: usize, acknowledged: Arc<Mutex<Vec<(String, String)>>>) {
    for number in 0.. {
        let email = format!("u{task}-{number}@example.org");
        let user = json!({ "email": email, "name": "A", "password": PASSWORD });
        let login = json!({ "email": email, "password": PASSWORD });
        let buy = async {
            let made = Request::new("POST", "/users")
                .json(&user)
                .send(addr)
                .await?;
            assert_eq!(made.status, 201);
            let login = Request::new("POST", "/sessions")
                .json(&login)
                .send(addr)
                .await?;
            let token = login.json()["token"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let order = json!({ "plan": "pro", "source": "tok_ok" });
            let request = Request::new("POST", "/payments").token(&token).key("key");
            let paid = request.json(&order).send(addr).await?;
            assert_eq!(paid.status, 201);
            acknowledged.lock().expect("no panic").push((email, token));
            std::io::Result::Ok(())
        };
        if buy.await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("text");
    let mut child = program(&["--listen", "127.0.0.1:0", "--data", path])
        .spawn()
        .expect("the program starts");
    let (addr, _lines) = address(&mut child);
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let visits: Vec<_> = (0..6)
        .map(|task| tokio::spawn(visit(addr, task, acknowledged.clone())))
        .collect();
    let end = Instant::now() + DEADLINE;
    while acknowledged.lock().expect("no panic").len() < 20 {
        assert!(Instant::now() < end, "too little is answered");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    child.kill().expect("it is killed");
    child.wait().expect("it has ended");
    for visit in visits {
        visit.await.expect("every answer was a good one");
    }
    let acknowledged = std::mem::take(&mut *acknowledged.lock().expect("no panic"));

    let server = start(Config {
        data_dir: Some(folder.path().to_owned()),
        ..config()
    })
    .await;
    for (email, token) in &acknowledged {
        let me = crate::support::get(&server, "/users/me", token).await;
        assert_eq!(
            (me.status, &me.json()["plan"]),
            (200, &json!("pro")),
            "{email}"
        );
    }
    let sql = "SELECT count(*) FROM payments WHERE state = 'authorised'";
    assert!(number(&server, sql).await >= acknowledged.len() as i64);
    let sql = "SELECT count(*) FROM payments WHERE state = 'pending'";
    assert_eq!(number(&server, sql).await, 0);
    token(&server, &acknowledged[0].0).await;
    server.shutdown().await;
}
