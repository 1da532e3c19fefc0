//! How it starts: the self-test, and where it listens.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};

use vitalsigns::{Endpoint, Listener, ListenerError, Registry, SelfTestError};

use super::{LAST, address, header, sent, start, status};

#[test]
fn a_token_is_asked_for_and_the_self_test_needs_none() {
    let endpoint = Endpoint::builder(&Registry::new())
        .bearer_token("a long secret")
        .build()
        .unwrap();
    let server = Listener::bind(endpoint.clone(), "127.0.0.1:0").unwrap();
    let refused = sent(&server, LAST);
    assert_eq!(status(&refused), 401);
    assert_eq!(
        header(&refused, "www-authenticate"),
        Some("Bearer realm=\"metrics\"")
    );
    let with = |extra: &str| {
        format!("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{extra}\r\n\r\n")
    };
    for (extra, expected) in [
        ("Authorization: Bearer a long secret", 200),
        ("authorization: bearer a long secret", 200),
        ("Authorization: Bearer another", 401),
        ("x-vitalsigns-self-test: ", 401),
        ("x-vitalsigns-self-test: 0", 401),
    ] {
        assert_eq!(status(&sent(&server, &with(extra))), expected, "{extra}");
    }
    // What the self-test asked was not counted: only these and no others.
    let page = sent(&server, &with("Authorization: Bearer a long secret"));
    assert!(
        page.contains("vitalsigns_scrapes_total{code=\"200\"} 2\n"),
        "{page}"
    );
}

#[test]
fn a_page_that_is_not_as_it_should_be_does_not_start() {
    let registry = Registry::builder()
        .buckets("nobody_has_this_seconds", [1.0])
        .build()
        .unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    let error = Listener::bind(Endpoint::new(&registry), at).unwrap_err();
    assert!(matches!(
        error,
        ListenerError::SelfTest(SelfTestError::UnusedBuckets { .. })
    ));
    // Nothing is left at the port.
    assert!(TcpStream::connect(at).is_err());
}

#[test]
fn an_address_that_cannot_be_used_is_told() {
    let endpoint = || Endpoint::new(&Registry::new());
    let told = |address: &str| {
        let listener = Listener::bind(endpoint(), address);
        listener.unwrap_err().to_string()
    };
    let server = start();
    let at = server.address().to_string();
    assert_eq!(
        told(&at),
        format!("cannot listen at `{at}`: something listens there already")
    );
    assert!(told("here").starts_with("`here` is no address to listen at ("));
    assert!(told("here").ends_with("; write it as `127.0.0.1:9100`"));
    assert!(told("0.0.0.0:0").contains("call `allow_remote` if this is meant"));
    // Documentation's addresses are nobody's.
    let remote = Listener::builder(endpoint()).allow_remote();
    let error = remote.bind("192.0.2.1:0").unwrap_err();
    assert!(matches!(
        error,
        ListenerError::Io {
            kind: ErrorKind::AddrNotAvailable,
            ..
        }
    ));
    let everywhere = Listener::builder(endpoint()).allow_remote();
    let everywhere = everywhere.bind("0.0.0.0:0").unwrap();
    assert_eq!(address(&everywhere).ip().to_string(), "0.0.0.0");
    drop(everywhere);
    drop(Listener::bind(endpoint(), "localhost:0").unwrap());
    drop(Listener::bind(endpoint(), ":0").unwrap());
}
