//! Downloads that break off.

use aura_render::client;

use crate::support::{config, finished, send, start, submit};

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_breaks_off_harms_nobody() {
    let server = start(config()).await;
    let id = submit(&server, r#"{"theme":"abstract","seconds":8}"#).await;
    let job = finished(&server, &id).await;
    let bytes = job["video"]["bytes"].as_u64().expect("a size") as usize;
    let path = format!("/videos/{id}");
    let request = client::request_bytes("GET", &path, None);
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
