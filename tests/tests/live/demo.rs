//! The program of the README, run as a newcomer runs it.

use std::process::Command;
use std::time::Duration;

use tests::program::{Program, workspace_binary};
use tests::{http, poll};

#[test]
fn the_demo_serves_rising_numbers_and_ends_when_it_is_told() {
    let binary = workspace_binary("aura-render", "aura-render");
    let mut demo = Program::serve("/metrics", Duration::from_secs(30), |port| {
        let mut command = Command::new(&binary);
        command.args(["--demo", "--listen", &format!("127.0.0.1:{port}")]);
        command
    });
    let requests = || -> f64 {
        let page = http::get(&demo.url("/metrics"), &[]).unwrap();
        let lines = page
            .text()
            .lines()
            .filter(|line| line.starts_with("http_requests_total{"));
        lines
            .map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap())
            .sum()
    };
    let first = requests();
    poll::until_ok(
        Duration::from_secs(30),
        "the numbers to rise",
        || match requests() {
            now if now > first + 10.0 => Ok(()),
            now => Err(format!("{now} requests after {first}")),
        },
    );
    let log = demo.log();
    assert!(
        log.contains(&demo.url("/metrics")),
        "the page is named: {log}"
    );
    demo.signal("INT");
    let status = demo.wait(Duration::from_secs(10));
    assert!(status.success(), "{status}: {}", demo.log());
}
