//! Who may read the page.

use std::fs;
use std::path::PathBuf;

use vitalsigns::{Endpoint, EndpointError, EndpointRequest};

use super::{get, shop, text};

const TOKEN: &str = "a long secret";

fn status(endpoint: &Endpoint, authorization: &[u8]) -> u16 {
    let request = get().header("Authorization", authorization);
    endpoint.answer(&request).status
}

#[test]
fn without_the_token_nobody_reads_anything() {
    let (registry, _) = shop();
    let endpoint = Endpoint::builder(&registry)
        .bearer_token(TOKEN)
        .build()
        .unwrap();
    for right in [
        &b"Bearer a long secret"[..],
        b"bearer a long secret",
        b"BEARER   a long secret ",
    ] {
        assert_eq!(status(&endpoint, right), 200);
    }
    for wrong in [
        &b""[..],
        b"Bearer",
        b"Bearer ",
        b"Bearer a long secre",
        b"Bearer a long secret!",
        b"Bearer A LONG SECRET",
        b"Bearera long secret",
        b"Basic YSBsb25nIHNlY3JldA==",
        b"a long secret",
        b"Bearer \xff\xfe\xfd",
        b"Bea\xffr a long secret",
        b"Token a long secret",
        b"Bearer\ta long secret",
    ] {
        let answer = endpoint.answer(&get().header("authorization", wrong));
        assert_eq!(answer.status, 401, "{}", String::from_utf8_lossy(wrong));
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Bearer realm=\"metrics\"")
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let told = format!("{answer:?} {}", text(&answer));
        for secret in [TOKEN, "orders", "vitalsigns_", "version", "secret"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
    assert_eq!(endpoint.answer(&get()).status, 401);
    // Whoever may not read may not find out what there is, either.
    assert_eq!(endpoint.answer(&get().query("name[]=orders")).status, 401);
    assert_eq!(endpoint.answer(&EndpointRequest::new("HEAD")).status, 401);
    assert_eq!(endpoint.answer(&EndpointRequest::new("POST")).status, 405);
    assert!(!format!("{endpoint:?}").contains("secret"));
    assert!(!format!("{:?}", Endpoint::builder(&registry).bearer_token(TOKEN)).contains("secret"));
}

#[test]
fn a_token_is_not_empty() {
    let (registry, _) = shop();
    for token in ["", " ", "\n\t"] {
        let built = Endpoint::builder(&registry).bearer_token(token).build();
        assert!(
            matches!(built, Err(EndpointError::EmptyToken { .. })),
            "{token:?}"
        );
    }
}

/// A file that is removed with the value.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: &[u8]) -> Self {
        let name = format!("vitalsigns-{}-{name}", std::process::id());
        let file = std::env::temp_dir().join(name);
        fs::write(&file, content).unwrap();
        File(file)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_token_may_stand_in_a_file() {
    let (registry, _) = shop();
    // As editors and `echo` leave it, and no text.
    for (name, content, header) in [
        ("plain", &b"one"[..], &b"Bearer one"[..]),
        ("line", b" two\r\n", b"Bearer two"),
        ("bytes", b"\xff\xfe\n", b"Bearer \xff\xfe"),
    ] {
        let file = File::new(name, content);
        let endpoint = Endpoint::builder(&registry).bearer_token_file(&file.0);
        let endpoint = endpoint.build().unwrap();
        assert_eq!(status(&endpoint, header), 200, "{name}");
        assert_eq!(status(&endpoint, b"Bearer three"), 401, "{name}");
        assert_eq!(status(&endpoint, b"Bearer"), 401, "{name}");
        // A file that goes away takes nobody's access, and gives none.
        drop(file);
        assert_eq!(status(&endpoint, header), 200, "{name}");
        assert_eq!(status(&endpoint, b"Bearer "), 401, "{name}");
    }
    let empty = File::new("empty", b" \n");
    let built = Endpoint::builder(&registry)
        .bearer_token_file(&empty.0)
        .build();
    assert!(matches!(
        built,
        Err(EndpointError::EmptyToken { file: Some(_), .. })
    ));
    let built = Endpoint::builder(&registry).bearer_token_file(empty.0.with_extension("no"));
    assert!(matches!(
        built.build(),
        Err(EndpointError::TokenFile { .. })
    ));
}
