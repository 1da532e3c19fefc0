//! The whole life of a job with the embedded renderer.

use gif::DecodeOptions;

use crate::support::{config, entries, finished, job, send, start, submit, until};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_becomes_a_gif_of_the_right_size_and_length() {
    let server = start(config()).await;
    let order = r#"{"theme":"space","seconds":1.5,"text":"Hi","seed":4}"#;
    let response = send(&server, "POST", "/generate", Some(order)).await;
    assert_eq!(response.status, 202);
    let answer = response.json();
    let id = answer["id"].as_str().expect("an id").to_owned();
    assert_eq!(answer["state"], "queued");
    assert_eq!(answer["renderer"], "embedded");
    assert_eq!(response.header("location"), answer["status_url"].as_str());

    let job = finished(&server, &id).await;
    assert_eq!(job["state"], "succeeded", "{job}");
    assert_eq!(job["video"]["frames"], 18);
    assert_eq!(job["video"]["seconds"], 1.5);
    assert_eq!(job["optimisation"], serde_json::Value::Null);
    for stage in ["planning", "rendering", "encoding", "uploading"] {
        assert!(
            job["seconds"][stage].is_number(),
            "{stage} was not timed: {job}"
        );
    }

    let path = answer["video_url"].as_str().expect("a path");
    let video = send(&server, "GET", path, None).await;
    assert_eq!(video.status, 200);
    assert_eq!(video.header("content-type"), Some("image/gif"));
    assert_eq!(
        video.header("content-length"),
        Some(video.body.len().to_string().as_str())
    );
    assert_eq!(job["video"]["bytes"], video.body.len());
    let checksum = format!("{:08x}", crc32fast::hash(&video.body));
    assert_eq!(job["video"]["crc32"], checksum);

    let mut decoder = DecodeOptions::new()
        .read_info(video.body.as_slice())
        .expect("a GIF");
    assert_eq!((decoder.width(), decoder.height()), (320, 180));
    let mut delays = Vec::new();
    while let Some(frame) = decoder.read_next_frame().expect("a whole frame") {
        delays.push(u32::from(frame.delay));
    }
    assert_eq!((delays.len(), delays.iter().sum::<u32>()), (18, 150));

    let head = send(&server, "HEAD", path, None).await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, video.header("content-length"))
    );
    until("the job's folder goes", || entries(&server, "work") == 0).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_order_gives_the_same_bytes() {
    let server = start(config()).await;
    let mut videos = Vec::new();
    for seed in [1, 1, 2] {
        let order = format!(r#"{{"theme":"city","seconds":0.5,"seed":{seed}}}"#);
        let id = submit(&server, &order).await;
        assert_eq!(finished(&server, &id).await["state"], "succeeded");
        videos.push(
            send(&server, "GET", &format!("/videos/{id}"), None)
                .await
                .body,
        );
    }
    assert!(videos[0] == videos[1] && videos[0] != videos[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optimised_video_is_smaller_and_a_little_less_good() {
    let server = start(config()).await;
    for level in ["light", "standard", "aggressive"] {
        let order = format!(r#"{{"theme":"ocean","seconds":1,"optimise":"{level}","seed":1}}"#);
        let id = submit(&server, &order).await;
        let job = finished(&server, &id).await;
        assert_eq!(job["state"], "succeeded", "{job}");
        let done = &job["optimisation"];
        assert_eq!(
            (&done["outcome"], &done["level"]),
            (&"smaller".into(), &level.into()),
            "{job}"
        );
        assert!(
            done["bytes_after"].as_u64() < done["bytes_before"].as_u64(),
            "{job}"
        );
        assert_eq!(done["bytes_after"], job["video"]["bytes"]);
        let quality = |when: &str| done[when].as_f64().expect("a score");
        assert!(
            quality("quality_after") < quality("quality_before"),
            "{job}"
        );
        assert!(
            quality("quality_after") > 0.6 && quality("quality_before") <= 1.0,
            "{job}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_cannot_be_drawn_fails_with_its_reason() {
    let server = start(config()).await;
    let id = submit(
        &server,
        "{\"theme\":\"tech\",\"seconds\":1,\"text\":\"\u{4f60}\"}",
    )
    .await;
    let job = finished(&server, &id).await;
    assert_eq!(
        (&job["state"], &job["error"]["code"]),
        (&"failed".into(), &"invalid_input".into())
    );
    let video = send(&server, "GET", &format!("/videos/{id}"), None).await;
    assert_eq!(
        (video.status, &video.json()["error"]["code"]),
        (409, &"no_video".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_takes_too_long_is_a_timeout() {
    let deadline = std::time::Duration::from_millis(1);
    let server = start(aura_render::Config {
        stage_deadline: deadline,
        ..config()
    })
    .await;
    let id = submit(&server, r#"{"theme":"tech","seconds":10}"#).await;
    let job = finished(&server, &id).await;
    assert_eq!(
        (&job["state"], &job["error"]["code"]),
        (&"failed".into(), &"timeout".into())
    );
    assert_eq!(job["error"]["message"], "rendering took longer than 1ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_the_renderer_and_the_counts() {
    let server = start(config()).await;
    let id = submit(&server, r#"{"theme":"nature","seconds":0.5}"#).await;
    finished(&server, &id).await;
    let page = send(&server, "GET", "/", None).await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let html = String::from_utf8(page.body).expect("text");
    for part in [
        "embedded: animated GIF",
        "<b>1</b>succeeded",
        "href=\"/metrics\"",
        id.as_str(),
    ] {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_can_wait_for_a_job_or_not() {
    let server = start(aura_render::Config {
        workers: 0,
        ..config()
    })
    .await;
    let id = submit(&server, r#"{"theme":"nature","seconds":0.5}"#).await;
    let started = std::time::Instant::now();
    let waited = send(&server, "GET", &format!("/jobs/{id}?wait=0.2"), None).await;
    assert_eq!(waited.json()["state"], "queued");
    assert!(started.elapsed().as_secs_f64() >= 0.2);
    assert_eq!(job(&server, &id).await["state"], "queued");
}
