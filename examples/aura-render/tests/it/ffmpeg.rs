//! The ffmpeg renderer, with the real program and with ones that go wrong.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use aura_render::{Config, RendererChoice, Server, Service, StartError};

use crate::support::{
    DEADLINE, config, entries, finished, job, running, send, start, submit, until,
};

const MISSING: &str = "ffmpeg is missing: run cargo xtask test, which installs it";

/// Settings with the real ffmpeg.
fn real() -> Config {
    Config {
        renderer: RendererChoice::Ffmpeg,
        ..Config::default()
    }
}

/// Settings with one of the fake ffmpeg programs.
fn fake(name: &str) -> Config {
    let ffmpeg = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fake-ffmpeg")
        .join(name);
    Config { ffmpeg, ..real() }
}

/// Where a box of an MP4 file starts, by its name.
fn place(video: &[u8], name: &[u8; 4]) -> usize {
    video
        .windows(4)
        .position(|four| four == name)
        .expect("the box is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_becomes_a_real_mp4() {
    if let Err(error) = Service::start(real()).await {
        panic!("{MISSING} ({error})");
    }
    let server = start(real()).await;
    let order = r#"{"theme":"nature","seconds":2,"text":"Hi","optimise":"standard","seed":1}"#;
    let id = submit(&server, order).await;
    let job = finished(&server, &id).await;
    assert_eq!(
        (&job["state"], &job["renderer"]),
        (&"succeeded".into(), &"ffmpeg".into()),
        "{job}"
    );
    let done = &job["optimisation"];
    assert_eq!(done["outcome"], "smaller", "{job}");
    let quality = |when: &str| done[when].as_f64().expect("a score");
    assert!(
        quality("quality_after") < quality("quality_before"),
        "{job}"
    );
    assert!(
        quality("quality_after") > 0.8 && quality("quality_before") <= 1.0,
        "{job}"
    );

    let video = send(&server, "GET", &format!("/videos/{id}"), None).await;
    assert_eq!(video.header("content-type"), Some("video/mp4"));
    assert_eq!(job["video"]["bytes"], video.body.len());
    assert_eq!(&video.body[4..8], b"ftyp");
    assert!(
        place(&video.body, b"moov") < place(&video.body, b"mdat"),
        "it plays while it loads"
    );
    assert_eq!(decode(&video.body), 24 * 320 * 180 * 3 / 2);
}

/// How many bytes of pixels (4:2:0) a video has.
fn decode(video: &[u8]) -> usize {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(video).expect("a copy");
    let output = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-nostdin", "-i"])
        .arg(file.path())
        .args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-"])
        .stdin(Stdio::null())
        .output()
        .expect(MISSING);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_ffmpeg_is_told_with_its_last_words() {
    let server = start(fake("failing")).await;
    let id = submit(&server, r#"{"theme":"city","seconds":2}"#).await;
    let job = finished(&server, &id).await;
    assert_eq!(
        (&job["state"], &job["error"]["code"]),
        (&"failed".into(), &"dependency".into())
    );
    let reason = job["error"]["message"].as_str().expect("a reason");
    assert!(
        reason.ends_with("Error initializing output stream: no luck today"),
        "{reason}"
    );
    until("the job's folder goes", || entries(&server, "work") == 0).await;
}

/// The process id that the hanging ffmpeg leaves.
async fn hanging_pid(server: &Server) -> String {
    let path: PathBuf = server.service().data_dir().join("pid");
    until("ffmpeg runs", || path.exists()).await;
    std::fs::read_to_string(path)
        .expect("a process id")
        .trim()
        .to_owned()
}

/// Whether a process is there.
fn alive(pid: &str) -> bool {
    // The shell's own `kill`: the program of this name is not on every machine.
    let kill = Command::new("sh")
        .args(["-c", "kill -0 \"$0\"", pid])
        .stderr(Stdio::null())
        .status();
    kill.expect("kill can be run").success()
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_kills_ffmpeg() {
    let server = start(fake("hanging")).await;
    let id = submit(&server, r#"{"theme":"city","seconds":20}"#).await;
    running(&server, &id, Some("encoding")).await;
    let pid = hanging_pid(&server).await;
    assert!(alive(&pid));
    let cancelled = send(&server, "DELETE", &format!("/jobs/{id}"), None).await;
    assert_eq!(cancelled.json()["state"], "cancelled");
    until("ffmpeg is killed", || !alive(&pid)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_kills_ffmpeg() {
    let server = start(fake("hanging")).await;
    let id = submit(&server, r#"{"theme":"city","seconds":1}"#).await;
    running(&server, &id, Some("encoding")).await;
    let pid = hanging_pid(&server).await;
    assert!(alive(&pid));
    tokio::time::timeout(Duration::from_secs(2), server.shutdown())
        .await
        .expect("in time");
    until("ffmpeg is killed", || !alive(&pid)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ffmpeg_that_hangs_is_a_timeout() {
    let deadline = Duration::from_secs(3);
    let server = start(Config {
        stage_deadline: deadline,
        ..fake("hanging")
    })
    .await;
    let id = submit(&server, r#"{"theme":"city","seconds":0.5}"#).await;
    let job = finished(&server, &id).await;
    assert_eq!(
        (&job["state"], &job["error"]["code"]),
        (&"failed".into(), &"timeout".into())
    );
    assert_eq!(job["error"]["message"], "encoding took longer than 3s");
    let pid = hanging_pid(&server).await;
    until("ffmpeg is killed", || !alive(&pid)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_optimisation_keeps_the_original() {
    let server = start(fake("broken-reencode")).await;
    let order = r#"{"theme":"city","seconds":0.5,"optimise":"light"}"#;
    let id = submit(&server, order).await;
    let job = finished(&server, &id).await;
    assert_eq!(
        (&job["state"], &job["optimisation"]["outcome"]),
        (&"succeeded".into(), &"failed".into())
    );
    assert_eq!(job["optimisation"]["error"]["code"], "dependency");
    // The fake's video is what it was sent: 6 frames.
    assert_eq!(job["video"]["bytes"], 6 * 320 * 180 * 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optimisation_that_makes_it_larger_is_not_kept() {
    let server = start(fake("larger-reencode")).await;
    let order = r#"{"theme":"city","seconds":0.5,"optimise":"light"}"#;
    let id = submit(&server, order).await;
    let done = finished(&server, &id).await;
    assert_eq!(
        done["optimisation"]["outcome"], "skipped: already optimal",
        "{done}"
    );
    assert_eq!(done["optimisation"]["bytes_after"], 2000);
    assert_eq!(done["optimisation"]["quality_after"], 0.9875);
    assert_eq!(done["video"]["bytes"], 1000);
    assert_eq!(job(&server, &id).await["state"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_ffmpeg_the_service_says_so_or_does_without() {
    let nowhere = PathBuf::from("no-such-ffmpeg");
    let wanted = Service::start(Config {
        ffmpeg: nowhere.clone(),
        ..real()
    })
    .await;
    assert!(matches!(wanted, Err(StartError::Renderer(_))), "{wanted:?}");
    let auto = Config {
        ffmpeg: nowhere,
        renderer: RendererChoice::Auto,
        ..config()
    };
    let auto = tokio::time::timeout(DEADLINE, Service::start(auto))
        .await
        .expect("in time");
    assert_eq!(auto.expect("it starts").renderer().name(), "embedded");
}
