//! Ready-made checks against the real thing.

use std::time::{Duration, Instant};

use vitalsigns::Registry;
use vitalsigns_health::checks::{
    Clock, Consumer, ConsumerStatus, QueueStatus, Responsiveness, TaskQueue,
};
use vitalsigns_health::{Cause, Check, CheckStatus, Failure, Health, State};

use tests::poll;

use crate::support::{DEADLINE, quick};

/// How the check stands after its first result.
#[track_caller]
pub(crate) fn first(check: Check) -> CheckStatus {
    let health = Health::builder(&Registry::new())
        .check(check.failures(1))
        .build()
        .unwrap();
    let name = "check";
    poll::until(DEADLINE, "the first result", || {
        let status = health.probes().check(name);
        status.filter(|status| status.age.is_some())
    })
}

#[track_caller]
fn assert_is(check: Check, state: State, cause: impl Into<Option<Cause>>) {
    let status = first(check);
    assert_eq!(
        (status.state, status.cause),
        (state, cause.into()),
        "{status:?}"
    );
}

#[test]
fn a_queue_is_as_the_program_tells() {
    let queue = |depth, oldest: Option<u64>, workers| {
        let oldest = oldest.map(Duration::from_secs);
        let status = QueueStatus {
            depth,
            oldest,
            workers,
        };
        TaskQueue::new(move || Ok::<_, Failure>(status))
            .most_depth(10)
            .oldest(Duration::from_secs(60))
            .check("check")
    };
    assert_is(queue(10, Some(60), 1), State::Up, None);
    assert_is(queue(11, None, 1), State::Degraded, Cause::Limit);
    assert_is(queue(1, Some(61), 1), State::Degraded, Cause::Limit);
    assert_is(queue(0, None, 0), State::Down, Cause::Reported);
    let status = first(queue(3, Some(2), 4));
    assert_eq!(
        (&status.details["depth"], &status.details["workers"]),
        (&3.into(), &4.into())
    );
    let broken = TaskQueue::new(|| Err::<QueueStatus, _>(Failure::new(Cause::Refused)));
    assert_is(broken.check("check"), State::Down, Cause::Refused);
}

#[test]
fn a_consumer_is_as_the_program_tells() {
    let consumer = |ago: Option<u64>, lag, assigned| {
        let now = Instant::now();
        let last_poll = ago.and_then(|ago| now.checked_sub(Duration::from_secs(ago)));
        let status = ConsumerStatus {
            last_poll,
            lag,
            assigned,
        };
        Consumer::new(move || Ok::<_, Failure>(status))
            .most_lag(100)
            .check("check")
    };
    assert_is(consumer(Some(0), Some(100), Some(3)), State::Up, None);
    assert_is(consumer(Some(0), None, None), State::Up, None);
    assert_is(
        consumer(Some(0), Some(101), Some(3)),
        State::Degraded,
        Cause::Limit,
    );
    assert_is(
        consumer(Some(0), Some(0), Some(0)),
        State::Degraded,
        Cause::Reported,
    );
    assert_is(
        consumer(None, Some(0), Some(3)),
        State::Down,
        Cause::Reported,
    );
    let long = Consumer::new(|| {
        let last_poll = Instant::now().checked_sub(Duration::from_millis(5));
        Ok::<_, Failure>(ConsumerStatus {
            last_poll,
            ..ConsumerStatus::default()
        })
    });
    let long = long.poll_within(Duration::from_millis(1)).check("check");
    assert_is(long, State::Down, Cause::Timeout);
}

#[test]
fn a_clock_that_goes_on_is_up() {
    assert_is(quick(Clock::new().check("check")), State::Up, None);
}

#[test]
fn a_runtime_that_is_stuck_is_told() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let check = || Responsiveness::of(runtime.handle().clone()).check("check");
    let status = first(check().timeout(Duration::from_secs(10)));
    assert!(status.details["milliseconds"].is_number(), "{status:?}");
    let (open, gate) = std::sync::mpsc::channel::<()>();
    runtime.spawn(async move { gate.recv() });
    assert_is(quick(check()), State::Down, Cause::Timeout);
    drop(open);
    let slow = Responsiveness::of(runtime.handle().clone()).degraded_above(Duration::ZERO);
    let slow = slow.check("check").timeout(Duration::from_secs(10));
    assert_is(slow, State::Degraded, Cause::Limit);
}

#[cfg(feature = "system")]
mod system {
    use vitalsigns_health::checks::{Cpu, DiskSpace, Memory};

    use super::*;

    #[test]
    fn the_machine_is_measured() {
        let disk = |degraded, down| DiskSpace::of("/").limits(degraded, down).check("check");
        assert_is(disk(1.1, 1.1), State::Up, None);
        assert_is(disk(0.0, 1.1), State::Degraded, Cause::Limit);
        assert_is(disk(0.0, 0.0), State::Down, Cause::Limit);
        assert_is(
            DiskSpace::of("/nowhere").check("check"),
            State::Down,
            Cause::Missing,
        );
        let memory = |degraded, down| Memory::new().limits(degraded, down).check("check");
        let status = first(memory(1.1, 1.1));
        assert_eq!(status.state, State::Up, "{status:?}");
        let bytes = |name| status.details[name].as_u64().unwrap();
        assert!(0 < bytes("used_bytes") && bytes("used_bytes") < bytes("limit_bytes"));
        assert_is(memory(0.0, 1.1), State::Degraded, Cause::Limit);
        assert_is(memory(0.0, 0.0), State::Down, Cause::Limit);
        assert!(first(Cpu::new().check("check")).state <= State::Degraded);
    }
}

#[cfg(feature = "model-files")]
mod model_files {
    use tests::temp::TempDir;
    use vitalsigns_health::checks::{ModelFile, ModelFiles};

    use super::*;
    use crate::support::wait_for;

    const OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn files_are_there_and_what_they_should_be() {
        let dir = TempDir::new();
        let abc = dir.write("abc.onnx", "abc");
        let file = || ModelFile::at(&abc);
        let check = |files: Vec<ModelFile>| ModelFiles::new(files).check("check");
        assert_is(check(vec![]), State::Down, Cause::NotConfigured);
        assert_is(
            check(vec![file(), file().bytes(3).sha256(OF_ABC)]),
            State::Up,
            None,
        );
        assert_is(
            check(vec![file().sha256(OF_ABC.to_uppercase())]),
            State::Up,
            None,
        );
        assert_is(check(vec![file().bytes(4)]), State::Down, Cause::Mismatch);
        assert_is(
            check(vec![file().sha256("00")]),
            State::Down,
            Cause::Mismatch,
        );
        assert_is(
            check(vec![ModelFile::at(dir.path())]),
            State::Down,
            Cause::Mismatch,
        );
        let empty = dir.write("empty.onnx", "");
        assert_is(
            check(vec![ModelFile::at(empty)]),
            State::Down,
            Cause::Mismatch,
        );
        let missing = ModelFile::at(dir.path().join("missing.onnx"));
        let status = first(check(vec![file(), missing]));
        assert_eq!(
            (status.state, status.cause),
            (State::Down, Some(Cause::Missing))
        );
        assert_eq!(status.details["failing"].to_string(), r#"["missing.onnx"]"#);
    }

    #[test]
    fn a_file_that_changes_is_read_again() {
        let dir = TempDir::new();
        let file = ModelFile::at(dir.write("abc.onnx", "abc")).sha256(OF_ABC);
        let check = quick(ModelFiles::new([file]).check("check"));
        let health = Health::builder(&Registry::new())
            .check(check)
            .build()
            .unwrap();
        wait_for(&health.probes(), "check", State::Up);
        dir.write("abc.onnx", "abcd");
        wait_for(&health.probes(), "check", State::Down);
        dir.write("abc.onnx", "abc");
        wait_for(&health.probes(), "check", State::Up);
    }
}

#[cfg(feature = "ffmpeg")]
mod ffmpeg {
    use std::os::unix::fs::PermissionsExt;
    use std::{fs, process};

    use tests::temp::TempDir;
    use vitalsigns_health::checks::Ffmpeg;

    use super::*;

    /// ffmpeg on a busy machine.
    fn patient(check: Check) -> Check {
        check.interval(DEADLINE * 2).timeout(DEADLINE)
    }

    #[test]
    fn a_real_one_encodes() {
        let status = first(patient(
            Ffmpeg::new().encoders(["libx264", "aac"]).check("check"),
        ));
        assert_eq!(status.state, State::Up, "{status:?}");
        assert!(status.details["version"].is_string());
        let status = first(patient(
            Ffmpeg::new().encoders(["aac", "betamax"]).check("check"),
        ));
        assert_eq!(
            (status.state, status.cause),
            (State::Down, Some(Cause::Missing))
        );
        assert_eq!(
            status.details["encoders_missing"].to_string(),
            r#"["betamax"]"#
        );
    }

    #[test]
    fn one_that_is_none_is_told_and_one_that_hangs_is_killed() {
        let missing = Ffmpeg::new().program("/nowhere/ffmpeg").check("check");
        assert_is(patient(missing), State::Down, Cause::Missing);
        let dir = TempDir::new();
        let script = |name: &str, text: &str| {
            let file = dir.write(name, format!("#!/bin/sh\n{text}\n"));
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
            Ffmpeg::new().program(file).check("check")
        };
        assert_is(
            patient(script("other", "echo hello")),
            State::Down,
            Cause::Protocol,
        );
        assert_is(
            patient(script("fails", "exit 3")),
            State::Down,
            Cause::Error,
        );
        let pid_file = dir.path().join("pid");
        let hangs = script(
            "hangs",
            &format!("echo $$ > {}; exec sleep 600", pid_file.display()),
        );
        let hangs = hangs.timeout(Duration::from_secs(1)).failures(1);
        let health = Health::builder(&Registry::new())
            .check(hangs)
            .build()
            .unwrap();
        crate::support::wait_for(&health.probes(), "check", State::Down);
        let pid = fs::read_to_string(pid_file).unwrap();
        poll::until(DEADLINE, "it to be killed", || {
            let status = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
            // Gone, or a zombie that somebody has to fetch.
            let is_gone = status.is_ok_and(|status| !status.contains(") Z"));
            (!is_gone).then_some(())
        });
        assert_ne!(pid.trim(), process::id().to_string());
    }
}

#[cfg(feature = "http")]
mod http {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use vitalsigns_health::checks::Http;

    use super::*;

    /// A server that gives this answer to everybody.
    fn serve(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "http://{}/health?token=s3cret",
            listener.local_addr().unwrap()
        );
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 1024]);
                if answer.is_empty() {
                    thread::spawn(move || stream.read(&mut [0; 1]));
                    continue;
                }
                let _ = stream.write_all(answer);
            }
        });
        url
    }

    #[test]
    fn a_service_is_as_it_answers() {
        let cases: [(&[u8], State, Option<Cause>); 7] = [
            (
                b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
                State::Up,
                None,
            ),
            (b"HTTP/1.1 204 No Content\r\n\r\n", State::Up, None),
            (
                b"HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n",
                State::Down,
                Some(Cause::Mismatch),
            ),
            (b"HTTP/1.1 401 No\r\n\r\n", State::Down, Some(Cause::Auth)),
            (
                b"HTTP/1.1 503 No\r\n\r\n",
                State::Down,
                Some(Cause::Unavailable),
            ),
            (
                b"\x00\x01 what?\r\n\r\n",
                State::Down,
                Some(Cause::Protocol),
            ),
            (b"", State::Down, Some(Cause::Timeout)),
        ];
        for (answer, state, cause) in cases {
            let check = Http::get(&serve(answer)).unwrap().check("check");
            let status = first(check);
            let answer = String::from_utf8_lossy(answer);
            assert_eq!(
                (status.state, status.cause),
                (state, cause),
                "{answer}: {status:?}"
            );
            assert!(!format!("{status:?}").contains("s3cret"));
        }
        let ok = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        let slow = Http::head(&ok)
            .unwrap()
            .budget(Duration::ZERO)
            .check("check");
        assert_is(slow, State::Degraded, Cause::Limit);
        let other = Http::get(&ok).unwrap().expect(204).check("check");
        assert_is(other, State::Down, Cause::Mismatch);
        let nobody = format!("http://127.0.0.1:{}/", tests::program::free_port());
        assert_is(
            Http::get(&nobody).unwrap().check("check"),
            State::Down,
            Cause::Refused,
        );
        let nowhere = Http::get("http://nowhere.invalid/").unwrap().check("check");
        assert_is(
            nowhere.timeout(Duration::from_secs(10)),
            State::Down,
            Cause::Dns,
        );
    }

    #[cfg(feature = "https")]
    #[test]
    fn who_speaks_no_tls_is_told() {
        let url = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").replace("http:", "https:");
        assert_is(
            Http::get(&url).unwrap().check("check"),
            State::Down,
            Cause::Tls,
        );
    }

    #[test]
    fn a_url_with_a_password_is_refused() {
        for url in [
            "",
            "search",
            "/health",
            "ftp://a/",
            "http://app:s3cret@search/",
        ] {
            assert!(
                !Http::get(url).unwrap_err().to_string().contains("s3cret"),
                "{url}"
            );
        }
    }
}
