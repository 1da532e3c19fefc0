//! Every client gets the page that it can read, over a real socket.

use tests::http;
use tests::judges::{promtool_check_metrics, strict_openmetrics, text_0_0_4};
use vitalsigns::{ContentType, Escaping, Format};

use crate::service::Aura;

const PROMETHEUS_2_42: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PROMETHEUS_3_5: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
const VICTORIA_METRICS: &str = "text/plain;version=0.0.4;q=1,*/*;q=0.1";

#[test]
fn the_page_suits_every_accept_header_and_pleases_the_judges() {
    let aura = Aura::start();
    let text = ContentType::from(Format::Text);
    let open_metrics = ContentType::from(Format::OpenMetrics);
    for (accept, content_type) in [
        (None, text),
        (Some("*/*"), text),
        (Some(VICTORIA_METRICS), text),
        (Some(PROMETHEUS_2_42), open_metrics),
        (
            Some(PROMETHEUS_3_5),
            open_metrics.escaped(Escaping::AllowUtf8),
        ),
    ] {
        let headers: Vec<(&str, &str)> = accept.iter().map(|accept| ("Accept", *accept)).collect();
        let response = http::get(&aura.url("/metrics"), &headers).unwrap();
        assert_eq!(response.status, 200);
        assert_eq!(
            response.header("content-type"),
            Some(content_type.as_str()),
            "{accept:?}"
        );
        let page = response.text();
        match content_type.format() {
            Some(Format::OpenMetrics) => drop(strict_openmetrics(page).unwrap()),
            _ => {
                promtool_check_metrics(page).unwrap();
                text_0_0_4(page).unwrap();
            }
        }
    }
}
