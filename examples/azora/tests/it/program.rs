//! The program itself: its flags, its exit, its demo, and its sudden death.

use std::{
    net::SocketAddr,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use azora::Config;
use serde_json::json;
use visitor::{
    client::Request,
    testing::{Program, signals_end_a_demo},
};

use crate::support::{DEADLINE, PASSWORD, config, number, start, token, until};

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_azora"));
    command.args(args).env_remove("AZORA_PROVIDER_KEY");
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_a_clear_error() {
    let server = start(config()).await;
    let addr = server.addr().to_string();
    let said = Program::complaint(program(&["--listen", &addr]));
    let wanted = format!("cannot listen on {addr}: the port is in use");
    assert!(said.contains(&wanted), "{said}");
}

#[test]
fn a_folder_that_cannot_be_used_is_a_clear_error() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("text");
    let said = Program::complaint(program(&["--listen", "127.0.0.1:0", "--data", path]));
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
        let said = Program::complaint(program(flags));
        assert!(said.contains("see --help"), "{flags:?}: {said}");
    }
    let mut command = program(&[]);
    command.env("AZORA_PROVIDER_KEY", "");
    assert!(Program::complaint(command).contains("AZORA_PROVIDER_KEY is empty"));
    let help = program(&["--help"]).output().expect("it runs");
    assert!(help.status.success() && help.stdout.starts_with(b"azora: "));
}

#[test]
fn signals_stop_it_at_once_and_it_leaves_nothing_behind() {
    let demo = || program(&["--listen", "127.0.0.1:0", "--demo"]);
    signals_end_a_demo(demo, &["users:", "requests"], Duration::from_secs(8));
}

#[test]
fn the_demo_ends_by_itself_and_says_what_it_did() {
    let demo = ["--listen", "127.0.0.1:0", "--demo", "--demo-seconds", "3"];
    let mut program = Program::start(program(&demo));
    program.address();
    let said = program.rest();
    assert_eq!(program.exit_code(DEADLINE), Some(0));
    let last = said.last().expect("a line");
    assert!(
        last.contains("end") && !last.contains("users: 0;"),
        "{last}"
    );
    assert_eq!(program.complaints(), "");
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
    let mut program = Program::start(program(&["--listen", "127.0.0.1:0", "--data", path]));
    let addr = program.address();
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let visits: Vec<_> = (0..6)
        .map(|task| tokio::spawn(visit(addr, task, acknowledged.clone())))
        .collect();
    until("enough is answered", || {
        acknowledged.lock().expect("no panic").len() >= 20
    })
    .await;
    program.kill();
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
