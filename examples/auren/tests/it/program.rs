//! The program itself: its flags, its exit, its demo, and its sudden death.

use std::{
    net::SocketAddr,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use auren::{
    Config,
    config::Secrets,
    events::{Event, Kind},
    memory::now,
    webhooks::Vendor,
};
use tests::{postgres::Postgres, redis::Redis};
use visitor::{
    client::Request,
    testing::{Program, signals_end_a_demo},
};

use crate::support::{DEADLINE, config, get, quiet, secrets, start, until};

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auren"));
    command.args(args);
    for name in ["REDIS_URL", "DATABASE_URL"] {
        command.env_remove(name);
    }
    let secrets: Secrets = secrets();
    for (name, secret) in [
        ("AUREN_RING_SECRET", secrets.ring),
        ("AUREN_STRAP_SECRET", secrets.strap),
        ("AUREN_WATCH_SECRET", secrets.watch),
    ] {
        command.env(name, secret.0);
    }
    command
}

#[test]
fn wrong_flags_are_refused() {
    for flags in [
        ["--workers", "0"].as_slice(),
        &["--queue", "0"],
        &["--listen", "here"],
        &["--demo-seconds", "3"],
        &["--data"],
        &["--nonsense"],
        &["more"],
    ] {
        let said = Program::complaint(program(flags));
        assert!(said.contains("see --help"), "{flags:?}: {said}");
    }
    for name in ["REDIS_URL", "DATABASE_URL", "AUREN_RING_SECRET"] {
        let mut command = program(&[]);
        command.env(name, "");
        assert!(Program::complaint(command).contains(&format!("{name} is empty")));
    }
    for (flag, url) in [("--redis", "nothing"), ("--postgres", "nothing")] {
        let secret = format!("{url}-secret");
        let said = Program::complaint(program(&["--listen", "127.0.0.1:0", flag, &secret]));
        assert!(said.contains("cannot use"), "{said}");
        assert!(
            !said.contains(&secret),
            "an address may have a password in it: {said}"
        );
    }
    let help = program(&["--help"]).output().expect("it runs");
    assert!(help.status.success() && help.stdout.starts_with(b"auren: "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_or_a_folder_in_use_is_a_clear_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(Config {
        data_dir: Some(folder.path().to_owned()),
        ..config()
    })
    .await;
    let addr = server.addr().to_string();
    let said = Program::complaint(program(&["--listen", &addr]));
    let wanted = format!("cannot listen on {addr}: the port is in use");
    assert!(said.contains(&wanted), "{said}");
    let path = folder.path().to_str().expect("text");
    let said = Program::complaint(program(&["--listen", "127.0.0.1:0", "--data", path]));
    assert!(
        said.contains("another program works in the data folder"),
        "{said}"
    );
    server.shutdown().await;
}

#[test]
fn signals_stop_it_at_once_and_it_leaves_nothing_behind() {
    let demo = || program(&["--listen", "127.0.0.1:0", "--demo"]);
    signals_end_a_demo(demo, &["agent:", "requests"], Duration::from_secs(8));
}

#[test]
fn the_demo_runs_with_redis_and_postgresql_and_says_what_it_did() {
    let (redis, postgres) = (Redis::start(), Postgres::start());
    let mut command = program(&["--listen", "127.0.0.1:0", "--demo", "--demo-seconds", "4"]);
    command
        .args(["--redis", &redis.url()])
        .env("DATABASE_URL", postgres.url());
    let mut program = Program::start(command);
    program.address();
    let line = program.line();
    assert!(line.contains("hot in Redis, warm in PostgreSQL"), "{line}");
    let said = program.rest();
    assert_eq!(program.exit_code(DEADLINE), Some(0));
    let last = said.last().expect("a line");
    assert!(
        last.contains("end") && !last.contains("hot 0, warm 0"),
        "{last}"
    );
    assert_eq!(program.complaints(), "");
}

/// Sends events, one after the other, until the service is gone; notes what was accepted.
async fn visit(addr: SocketAddr, task: usize, accepted: Arc<Mutex<Vec<String>>>) {
    for number in 0.. {
        let event = Event {
            vendor: Vendor::Ring,
            id: format!("{task}-{number}"),
            kind: Kind::HeartRate,
            value: 60.0,
            at: now(),
        };
        let name = event.name();
        let (headers, body) = Vendor::Ring.write(secrets().of(Vendor::Ring), &[event], now());
        let request = Request::new("POST", "/webhooks/ring").header(headers[0].0, &headers[0].1);
        match request.body(body).send(addr).await {
            Ok(response) => assert_eq!(response.status, 202),
            Err(_) => return,
        }
        accepted.lock().expect("no panic").push(name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_no_event_that_it_has_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("text");
    let mut program = Program::start(program(&["--listen", "127.0.0.1:0", "--data", path]));
    let addr = program.address();
    let accepted = Arc::new(Mutex::new(Vec::new()));
    let visits: Vec<_> = (0..6)
        .map(|task| tokio::spawn(visit(addr, task, accepted.clone())))
        .collect();
    until("enough is accepted", || {
        accepted.lock().expect("no panic").len() >= 60
    })
    .await;
    program.kill();
    for visit in visits {
        visit.await.expect("every answer was a good one");
    }
    let accepted = std::mem::take(&mut *accepted.lock().expect("no panic"));

    let server = start(Config {
        data_dir: Some(folder.path().to_owned()),
        ..config()
    })
    .await;
    quiet(&server).await;
    for name in &accepted {
        let item = get(&server, &format!("/memory/{name}")).await;
        assert_eq!(item.status, 200, "{name}");
    }
    // What was there at the start is not counted as written.
    let page = crate::support::page(&server).await;
    assert_eq!(page.sum("memory_tier_drift_items", &[]), 0.0);
    let items = page.sum("memory_tier_items", &[]);
    assert!(
        items >= accepted.len() as f64,
        "{items} of {}",
        accepted.len()
    );
    server.shutdown().await;
}
