//! Compressed pages.

#[cfg(any(feature = "gzip", feature = "zstd"))]
use vitalsigns::{ContentType, EndpointRequest};

use super::{get, shop, text};

#[test]
fn who_accepts_no_coding_gets_none() {
    let (_, endpoint) = shop();
    let plain = endpoint.answer(&get().internal());
    for accept in [
        &b"identity"[..],
        b"",
        b"br",
        b"gzip;q=0, zstd;q=0",
        b"*;q=0",
        b"\xff",
        b";;,,",
    ] {
        let answer = endpoint.answer(&get().internal().header("accept-encoding", accept));
        assert_eq!(answer.header("content-encoding"), None);
        assert_eq!(text(&answer), text(&plain));
        assert_eq!(answer.header("vary"), Some("accept, accept-encoding"));
    }
}

/// Asks for every format, with this coding and without.
#[cfg(any(feature = "gzip", feature = "zstd"))]
fn compare(accept: &[u8], coding: &str, decode: impl Fn(&[u8]) -> Vec<u8>) {
    use vitalsigns::Format;

    let (_, endpoint) = shop();
    let formats = [Format::Text, Format::TextV1, Format::OpenMetrics].map(ContentType::from);
    for content_type in formats.into_iter().chain([ContentType::PROTOBUF]) {
        for query in ["", "name[]=orders", "name[]=nobody"] {
            for method in ["GET", "HEAD"] {
                let request = EndpointRequest::new(method).internal().query(query);
                let request = request.header("accept", content_type.as_str().as_bytes());
                let plain = endpoint.answer(&request);
                let coded = endpoint.answer(&request.header("accept-encoding", accept));
                assert_eq!(coded.header("content-encoding"), Some(coding));
                assert_eq!(coded.header("content-type"), Some(content_type.as_str()));
                assert_eq!(coded.header("vary"), Some("accept, accept-encoding"));
                assert_eq!(decode(&coded.body), &plain.body[..]);
                assert!(!query.is_empty() || coded.body.len() < plain.body.len());
            }
        }
    }
    // What is no page is not compressed.
    let refused = EndpointRequest::new("POST").header("accept-encoding", accept);
    assert_eq!(endpoint.answer(&refused).header("content-encoding"), None);
}

#[cfg(feature = "gzip")]
#[test]
fn a_page_in_gzip_is_the_same_page() {
    use std::io::Read;

    for accept in [
        &b"gzip"[..],
        b"x-gzip",
        b"deflate, GZIP;q=0.5",
        b"gzip, *;q=0",
    ] {
        compare(accept, "gzip", |bytes| {
            let mut page = Vec::new();
            let mut decoder = flate2::read::GzDecoder::new(bytes);
            decoder.read_to_end(&mut page).unwrap();
            page
        });
    }
}

#[cfg(feature = "zstd")]
#[test]
fn a_page_in_zstd_is_the_same_page() {
    for accept in [&b"zstd"[..], b"gzip, deflate, br, zstd", b"*"] {
        compare(accept, "zstd", |bytes| zstd::decode_all(bytes).unwrap());
    }
}
