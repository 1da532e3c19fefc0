//! The fleet as a program.

use std::{net::SocketAddr, process::Command, time::Duration};

use visitor::{
    client::Request,
    testing::{DEADLINE, Program},
};

const NAMES: [&str; 3] = ["aura-render", "azora", "auren"];

fn fleet(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(args);
    for name in ["REDIS_URL", "DATABASE_URL"] {
        command.env_remove(name);
    }
    command
}

/// Starts it on free ports and reads the table: where each service is.
fn start() -> (Program, Vec<SocketAddr>) {
    let mut program = Program::start(fleet(&["--any-port"]));
    assert_eq!(program.line(), "");
    let headings = program.line();
    assert!(
        headings.contains("metrics") && headings.contains("health"),
        "{headings}"
    );
    let addresses = NAMES.map(|name| {
        let line = program.line();
        assert!(line.starts_with(name), "{line}");
        let url = line.split_whitespace().nth(1).unwrap_or_default();
        let address = url
            .strip_prefix("http://")
            .and_then(|url| url.strip_suffix('/'));
        address
            .and_then(|address| address.parse().ok())
            .expect("an address")
    });
    (program, addresses.into())
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let answer = Request::new("GET", path)
        .send(address)
        .await
        .expect("an answer");
    (
        answer.status,
        String::from_utf8_lossy(&answer.body).into_owned(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn all_three_serve_their_pages_and_probes_and_end_with_the_fleet() {
    for signal in ["INT", "TERM"] {
        let (mut program, addresses) = start();
        for (address, family) in addresses.iter().zip([
            "video_generation_total",
            "gateway_",
            "memory_tier_operations_total",
        ]) {
            for path in ["/livez", "/readyz", "/startupz", "/healthz"] {
                let (status, body) = get(*address, path).await;
                assert_eq!(status, 200, "{path}: {body}");
            }
            let (status, page) = get(*address, "/metrics").await;
            assert_eq!(status, 200);
            assert!(page.contains(family), "{family}");
        }
        program.signal(signal);
        let said = program.rest();
        assert_eq!(program.exit_code(DEADLINE), Some(0), "{signal}");
        // Each has said something, by its name.
        for name in NAMES {
            assert!(
                said.iter().any(|line| line.starts_with(name)),
                "{name}: {said:?}"
            );
        }
        for address in addresses {
            assert!(std::net::TcpStream::connect(address).is_err(), "{address}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_service_outlives_a_fleet_that_was_killed() {
    let (mut program, addresses) = start();
    program.kill();
    let gone = || {
        let mut all = addresses.iter();
        all.all(|address| std::net::TcpStream::connect(address).is_err())
    };
    visitor::testing::until("the services are gone", gone).await;
}

#[test]
fn it_stops_after_the_time_that_it_was_given() {
    let mut program = Program::start(fleet(&["--any-port", "--seconds", "1", "--quiet"]));
    let said = program.rest();
    assert_eq!(program.exit_code(DEADLINE), Some(0));
    assert!(said.iter().all(|line| !line.contains(" | ")), "{said:?}");
}

#[test]
fn one_that_cannot_start_is_told_and_the_others_end() {
    // Nobody answers there.
    let command = fleet(&["--any-port", "--redis", "no address"]);
    let said = Program::complaint(command);
    assert!(said.contains("fleet: auren ended by itself"), "{said}");
    assert!(said.contains("auren       | auren:"), "{said}");
}

#[test]
fn wrong_flags_are_refused() {
    for flags in [
        ["--seconds"].as_slice(),
        &["--port", "1"],
        &["more"],
        &["--redis"],
    ] {
        let said = Program::complaint(fleet(flags));
        assert!(said.contains("see --help"), "{flags:?}: {said}");
    }
    let said = Program::complaint(fleet(&["--as", "nobody"]));
    assert!(
        said.contains("wants one of aura-render, azora, auren"),
        "{said}"
    );
    let mut help = Program::start(fleet(&["--help"]));
    assert!(help.line().starts_with("fleet: the three example services"));
    assert_eq!(help.exit_code(Duration::from_secs(20)), Some(0));
}
