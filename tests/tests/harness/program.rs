use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tests::poll;
use tests::program::{Program, find, free_port, workspace_binary};
use tests::temp::TempDir;

const SOON: Duration = Duration::from_secs(10);

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// A server of the standard library; its pages are the files of its folder.
fn file_server(port: u16, folder: &Path) -> Command {
    let mut command = Command::new("python3");
    command
        .args([
            "-m",
            "http.server",
            "--bind",
            "127.0.0.1",
            &port.to_string(),
        ])
        .current_dir(folder);
    command
}

/// The message of the panic that this must cause.
fn panic_of<T>(action: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(action()))).expect_err("it must panic");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast_ref::<&str>().expect("a panic with a text")).to_string(),
    }
}

fn is_alive(pid: u32) -> bool {
    shell(&format!("kill -0 {pid}"))
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

#[test]
fn a_server_is_ready_and_ends_when_dropped() {
    let folder = TempDir::new();
    folder.write("ready", "yes");
    let server = Program::serve("/ready", SOON, |port| file_server(port, folder.path()));
    let response = tests::http::get(&server.url("/ready"), &[]).unwrap();
    assert_eq!(response.text(), "yes");
    poll::until(SOON, "the request to be in the log", || {
        server.log().contains("GET /ready").then_some(())
    });

    let pid = server.pid();
    assert!(is_alive(pid));
    drop(server);
    assert!(!is_alive(pid));
}

#[test]
fn a_panic_ends_the_program() {
    let mut pid = 0;
    panic_of(|| {
        let program = Program::start(shell("exec sleep 60"));
        pid = program.pid();
        panic!("a test fails");
    });
    assert_ne!(pid, 0);
    assert!(!is_alive(pid));
}

#[test]
fn a_program_outlives_the_thread_that_started_it() {
    let mut program = thread::spawn(|| Program::start(shell("exec sleep 60")))
        .join()
        .unwrap();
    // Long enough for the signal that it would get.
    thread::sleep(Duration::from_millis(100));
    assert!(program.is_running());
}

/// The test starts itself once more, as a process that is killed while it holds a program.
#[cfg(target_os = "linux")]
#[test]
fn a_program_ends_with_a_killed_test() {
    const PID_FILE: &str = "VITALSIGNS_TEST_PID_FILE";
    if let Some(file) = env::var_os(PID_FILE) {
        let program = Program::start(shell("exec sleep 60"));
        fs::write(file, format!("{}\n", program.pid())).unwrap();
        loop {
            thread::park();
        }
    }

    let folder = TempDir::new();
    let file = folder.path().join("pid");
    let mut test = Command::new(env::current_exe().unwrap())
        .args(["--exact", "program::a_program_ends_with_a_killed_test"])
        .env(PID_FILE, &file)
        // What the killed process leaves behind is removed with this folder.
        .env("TMPDIR", folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = poll::until(SOON, "the other test to start its program", || {
        fs::read_to_string(&file)
            .ok()?
            .strip_suffix('\n')?
            .parse::<u32>()
            .ok()
    });
    test.kill().unwrap();
    test.wait().unwrap();
    poll::until(SOON, "the program to end", || {
        // Ended, and perhaps not waited for by the process that has inherited it.
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        (status.is_empty() || status.contains("State:\tZ")).then_some(())
    });
}

#[test]
fn a_program_that_ends_early_is_noticed_at_once() {
    let started = Instant::now();
    let message = panic_of(|| {
        Program::serve("/", SOON * 6, |_| {
            shell("echo no such flag >&2; echo last line; exit 3")
        })
    });
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert!(
        message.starts_with("sh: ended before http://127.0.0.1:"),
        "{message}"
    );
    assert!(message.contains("exit status: 3\n"), "{message}");
    assert!(
        message.ends_with("its log:\nno such flag\nlast line"),
        "{message}"
    );
}

#[test]
fn a_program_that_is_never_ready_is_given_up() {
    let mut command = shell("echo starting; exec sleep 60");
    let message = panic_of(|| {
        Program::serve("/", Duration::from_millis(200), |_| {
            std::mem::replace(&mut command, shell("exit 1"))
        })
    });
    assert!(message.contains("/ to be ready: "), "{message}");
    assert!(message.ends_with("its log:\nstarting"), "{message}");
}

#[test]
fn a_wrong_status_is_not_ready() {
    let folder = TempDir::new();
    let message = panic_of(|| {
        Program::serve("/absent", Duration::from_secs(1), |port| {
            file_server(port, folder.path())
        })
    });
    assert!(
        message.contains("/absent to be ready: status 404\n"),
        "{message}"
    );
}

#[test]
fn another_port_is_tried_when_one_is_taken() {
    let folder = TempDir::new();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut ports = vec![taken.local_addr().unwrap().port()];
    let server = Program::serve("/", SOON, |port| {
        // The first time the port is one that somebody else has.
        let first = ports.len() == 1;
        ports.push(port);
        file_server(if first { ports[0] } else { port }, folder.path())
    });
    assert_eq!(ports.len(), 3);
    assert_eq!(server.port(), ports[2]);
}

#[test]
fn a_program_that_ignores_sigterm_gets_a_signal_that_it_cannot_ignore() {
    use std::os::unix::process::ExitStatusExt as _;

    let program = Program::start(shell(
        "trap '' TERM; echo ready; while :; do sleep 0.1; done",
    ));
    poll::until(SOON, "the shell to be ready", || {
        program.log().contains("ready").then_some(())
    });
    assert_eq!(program.stop().signal(), Some(9));
}

#[test]
fn signals_arrive_and_the_end_is_seen() {
    let mut program = Program::start(shell(
        // Not SIGINT: a shell that was started with that ignored, as jobs in the background are,
        // cannot trap it.
        "trap 'exit 5' USR1; echo ready; while :; do sleep 0.05; done",
    ));
    poll::until(SOON, "the shell to be ready", || {
        program.log().contains("ready").then_some(())
    });
    program.signal("USR1");
    assert_eq!(program.wait(SOON).code(), Some(5));
    assert!(!program.is_running());
    let message =
        panic_of(|| Program::start(shell("exec sleep 60")).wait(Duration::from_millis(50)));
    assert!(
        message.starts_with("sh did not end within 50ms\n"),
        "{message}"
    );
}

#[test]
fn a_missing_program_is_named_with_what_to_do() {
    for message in [
        panic_of(|| find("no-such-program")),
        panic_of(|| Program::start(Command::new("no-such-program"))),
    ] {
        assert_eq!(
            message,
            "no-such-program is missing: run `cargo xtask install`"
        );
    }
}

#[test]
fn free_ports_differ() {
    let mut ports: Vec<_> = (0..100).map(|_| free_port()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 100);
}

#[test]
fn folders_are_removed() {
    let folder = TempDir::new();
    let path = folder.path().to_owned();
    folder.write("file", "content");
    assert!(path.join("file").is_file());
    assert_ne!(TempDir::new().path(), path);
    drop(folder);
    assert!(!path.exists());
}

#[test]
fn programs_of_the_workspace_are_built() {
    let mut program = Program::start(Command::new(workspace_binary("xtask", "xtask")));
    assert!(program.wait(SOON).success());
    assert!(
        program.log().starts_with("cargo xtask test "),
        "{}",
        program.log()
    );
    let message = panic_of(|| workspace_binary("xtask", "no-such-binary"));
    assert!(
        message.starts_with("cannot build no-such-binary of xtask:\n"),
        "{message}"
    );
}

#[test]
fn waiting_has_an_end() {
    let message = panic_of(|| poll::until(Duration::from_millis(50), "godot", || None::<()>));
    assert!(
        message.starts_with("waited ") && message.ends_with(" s for godot"),
        "{message}"
    );
    let message = panic_of(|| {
        poll::until_ok(Duration::from_millis(50), "godot", || {
            Err::<(), _>("he is late".to_owned())
        })
    });
    assert!(message.ends_with(" s for godot: he is late"), "{message}");
    let mut calls = 0;
    assert_eq!(
        poll::until(SOON, "the third call", || {
            calls += 1;
            (calls == 3).then_some("third")
        }),
        "third"
    );
}
