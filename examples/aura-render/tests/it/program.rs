//! The program itself: its flags, its exit, and its demo.

use std::{process::Command, time::Duration};

use visitor::{
    client::Request,
    testing::{Program, signals_end_a_demo},
};

use crate::support::{DEADLINE, config, start};

/// The program on a free port, without ffmpeg.
const EMBEDDED: [&str; 4] = ["--listen", "127.0.0.1:0", "--renderer", "embedded"];

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aura-render"));
    command.args(args);
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
        let said = Program::complaint(program(flags));
        assert!(said.starts_with("aura-render: "), "{flags:?}: {said}");
    }
}

#[test]
fn signals_stop_it_at_once_and_it_leaves_nothing_behind() {
    let demo = || {
        let mut demo = program(&EMBEDDED);
        demo.arg("--demo");
        demo
    };
    signals_end_a_demo(demo, &["embedded", "requests"], Duration::from_secs(2));
}

#[tokio::test]
async fn the_metrics_have_a_port_of_their_own_as_well() {
    let mut command = program(&EMBEDDED);
    command.args(["--metrics-listen", "127.0.0.1:0"]);
    let mut program = Program::start(command);
    program.address();
    assert!(program.line().starts_with("renderer: embedded"));
    let alone = program.address();
    let page = Request::new("GET", "/metrics").send(alone).await;
    let page = page.expect("an answer");
    let text = String::from_utf8(page.body).expect("text");
    assert_eq!(page.status, 200, "{text}");
    assert!(text.contains("video_generation_in_progress"), "{text}");
}

#[test]
fn the_demo_ends_by_itself() {
    let mut command = program(&EMBEDDED);
    command.args(["--demo", "--demo-seconds", "1"]);
    let mut program = Program::start(command);
    program.address();
    program.rest();
    assert_eq!(program.exit_code(DEADLINE), Some(0));
}
