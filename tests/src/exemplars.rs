//! What exemplars every adapter makes of the header `traceparent`.
//!
//! Each takes a function that registers the families with these options, answers one `GET /orders`
//! with these header lines, and gives the page in OpenMetrics.

use vitalsigns::TraceContext;
use vitalsigns::families::HttpServer;
use vitalsigns::families::http::HttpServerBuilder;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn sampled() -> String {
    format!("traceparent: 00-{TRACE}-{SPAN}-01\r\n")
}

/// The trace of the header stands behind the count and the duration.
pub async fn stand_behind(page_after: impl AsyncFn(HttpServerBuilder, &str) -> String) {
    let page = page_after(HttpServer::builder().exemplars(), &sampled()).await;
    let labels = format!("# {{trace_id=\"{TRACE}\",span_id=\"{SPAN}\"}} ");
    let with: Vec<&str> = page.lines().filter(|line| line.contains(&labels)).collect();
    assert_eq!(with.len(), 2, "{page}");
    assert!(with[0].starts_with("http_request_duration_seconds_bucket{"));
    assert!(with[1].starts_with("http_requests_total{"), "{page}");
}

/// There is none unless it is asked for, valid and sampled.
pub async fn are_wanted(page_after: impl AsyncFn(HttpServerBuilder, &str) -> String) {
    let twice = sampled().repeat(2);
    let unsampled = sampled().replace("-01", "-00");
    let wrong = sampled().replace(SPAN, "0000000000000000");
    for (options, header) in [
        (HttpServer::builder(), &sampled()),
        (HttpServer::builder().exemplars(), &twice),
        (HttpServer::builder().exemplars(), &unsampled),
        (HttpServer::builder().exemplars(), &wrong),
        (HttpServer::builder().exemplars(), &String::new()),
    ] {
        let page = page_after(options, header).await;
        assert!(!page.contains("trace_id"), "{header}{page}");
    }
    let page = page_after(HttpServer::builder().unsampled_exemplars(), &unsampled).await;
    assert!(page.contains(TRACE), "{page}");
}

/// The service knows its span better than the header.
pub async fn are_of_the_service(page_after: impl AsyncFn(HttpServerBuilder, &str) -> String) {
    fn current() -> Option<TraceContext> {
        TraceContext::from_ids([0xab; 16], [0xcd; 8], true)
    }
    let page = page_after(HttpServer::builder().exemplars_from(current), &sampled()).await;
    assert!(page.contains(&"ab".repeat(16)), "{page}");
    assert!(!page.contains(TRACE), "{page}");
    let page = page_after(HttpServer::builder().exemplars_from(|| None), &sampled()).await;
    assert!(page.contains(TRACE), "{page}");
}
