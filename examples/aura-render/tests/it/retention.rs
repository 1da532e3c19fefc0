//! What is kept of finished jobs.

use aura_render::{Config, Service, StartError};

use crate::support::{config, entries, finished, send, start, submit};

const ORDER: &str = r#"{"theme":"city","seconds":0.5}"#;

#[tokio::test(flavor = "multi_thread")]
async fn only_the_latest_jobs_and_files_are_kept() {
    let server = start(Config {
        keep: 2,
        ..config()
    })
    .await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        let id = submit(&server, ORDER).await;
        finished(&server, &id).await;
        ids.push(id);
    }
    for (id, status) in ids.iter().zip([404, 404, 200, 200]) {
        for folder in ["jobs", "videos"] {
            let response = send(&server, "GET", &format!("/{folder}/{id}"), None).await;
            assert_eq!(response.status, status, "{folder} {id}");
        }
    }
    assert_eq!(entries(&server, "bucket"), 2);
    assert_eq!(server.service().jobs().totals().succeeded, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_folder_is_kept_but_for_the_videos_that_nobody_can_ask_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = || Config {
        data_dir: Some(folder.path().to_owned()),
        ..config()
    };
    let server = start(config()).await;
    let id = submit(&server, ORDER).await;
    finished(&server, &id).await;
    let video = folder.path().join(format!("bucket/{id}.gif"));
    assert!(video.is_file());

    let second = Service::start(config()).await;
    assert!(
        matches!(second, Err(StartError::DataDirInUse(_))),
        "{second:?}"
    );
    server.shutdown().await;
    assert!(video.is_file());

    let second = start(config()).await;
    assert!(!video.exists());
    second.shutdown().await;
}
