//! `Accept-Encoding`: the coding that the client likes most, and a body in it that is the page.

use std::sync::OnceLock;

use vitalsigns::{Endpoint, EndpointRequest, Registry};

use crate::coded::decoded;

pub(crate) fn run(input: &[u8]) {
    static ENDPOINT: OnceLock<Endpoint> = OnceLock::new();
    let endpoint = ENDPOINT.get_or_init(|| Endpoint::new(&Registry::new()));
    let Ok(accept) = std::str::from_utf8(input) else {
        return;
    };
    let request = EndpointRequest::new("GET").header("accept-encoding", input);
    let answer = endpoint.answer(&request);
    assert_eq!(answer.status, 200);
    let page = decoded(&answer);
    let judged = endpoint.judge(200, answer.header("content-type"), &page);
    assert_eq!(judged, Ok(()));

    let mut best = ("identity", 0);
    for coding in ["zstd", "gzip", "identity"] {
        let weight = weight(accept, coding);
        if weight > best.1 {
            best = (coding, weight);
        }
    }
    let chosen = answer.header("content-encoding").unwrap_or("identity");
    assert_eq!(chosen, best.0, "{accept:?}");
}

/// How much the client likes a coding, in thousandths.
fn weight(accept: &str, coding: &str) -> u32 {
    let accept = accept.to_ascii_lowercase();
    let mut any = None;
    for item in accept.split(',') {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let mut parameters = parameters.split(';').map(str::trim);
        let weight = parameters.find_map(|parameter| parameter.strip_prefix("q="));
        let weight = weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
        let weight = if (0.0..=1.0).contains(&weight) {
            (weight * 1000.0_f32).round() as u32
        } else {
            0
        };
        match name.trim() {
            "x-gzip" if coding == "gzip" => return weight,
            name if name == coding => return weight.max(u32::from(coding == "identity")),
            "*" => any = Some(weight),
            _ => {}
        }
    }
    match coding {
        "identity" => any.unwrap_or(1).max(1),
        _ => any.unwrap_or(0),
    }
}
