//! Downloads that break off.

use visitor::client::{self, Request};
use vitalsigns::testing;

use crate::support::{config, finished, send, start, submit};

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_breaks_off_harms_nobody() {
    let server = start(config()).await;
    let id = submit(&server, r#"{"theme":"abstract","seconds":8}"#).await;
    let job = finished(&server, &id).await;
    let bytes = job["video"]["bytes"].as_u64().expect("a size") as usize;
    let path = format!("/videos/{id}");
    let request = Request::new("GET", &path).bytes();
    for _ in 0..5 {
        let read = client::hang_up(server.addr(), &request, bytes / 2)
            .await
            .expect("a start");
        assert_eq!(read, bytes / 2);
    }
    client::hang_up(server.addr(), b"GET /videos/", 0)
        .await
        .expect("half a head");
    let whole = send(&server, "GET", &path, None).await;
    assert_eq!((whole.status, whole.body.len()), (200, bytes));
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_are_counted_by_format_and_player() {
    let server = start(config()).await;
    let id = submit(&server, r#"{"theme":"abstract","seconds":1}"#).await;
    let job = finished(&server, &id).await;
    let bytes = job["video"]["bytes"].as_u64().expect("a size") as f64;
    let registry = server.service().registry();
    let started = |player| {
        let labels = [("container", "gif"), ("player", player)];
        testing::value(registry, "download_started_total", &labels)
    };
    let path = format!("/videos/{id}");
    for method in ["GET", "HEAD", "GET"] {
        assert_eq!(send(&server, method, &path, None).await.status, 200);
    }
    let by_vlc = Request::new("GET", &path).header("user-agent", "VLC/3.0.20");
    let answer = by_vlc.send(server.addr()).await;
    assert_eq!(answer.expect("an answer").status, 200);
    // A video that is not there is no download.
    let missing = send(&server, "GET", "/videos/0123456789abcdef", None).await;
    assert_eq!(missing.status, 404);

    assert_eq!((started("unknown"), started("VLC")), (Some(2.0), Some(1.0)));
    let sum = testing::histogram_sum(registry, "download_size_bytes", &[("container", "gif")]);
    assert_eq!(sum, Some(3.0 * bytes));
}
