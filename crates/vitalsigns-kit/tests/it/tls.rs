//! Services that are asked over TLS.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::thread;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};

/// A service over TLS, and its certificate.
fn service() -> (u16, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = Stream::new(&mut connection, &mut socket);
            // Who does not trust the certificate hangs up.
            if stream.read(&mut [0; 4096]).is_ok() {
                let page = "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs 1\n";
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4; \
                            charset=utf-8\r\nconnection: close\r\n";
                let length = page.len();
                let _ = write!(stream, "{head}content-length: {length}\r\n\r\n{page}");
                connection.send_close_notify();
                let _ = connection.complete_io(&mut socket);
            }
        }
    });
    (port, cert.pem())
}

fn lint(port: u16, trusted: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vitalsigns"))
        .args(["lint", &format!("https://localhost:{port}/metrics")])
        .env("SSL_CERT_FILE", trusted)
        .env_remove("SSL_CERT_DIR")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn a_service_is_asked_over_tls_if_its_certificate_is_trusted() {
    let (port, certificate) = service();
    let file = std::env::temp_dir().join(format!("vitalsigns-tls-{port}.pem"));
    std::fs::write(&file, certificate).unwrap();
    let trusted = lint(port, &file);
    let (_, other) = service();
    std::fs::write(&file, other).unwrap();
    let stranger = lint(port, &file);
    std::fs::remove_file(&file).unwrap();

    assert_eq!(String::from_utf8_lossy(&trusted.stderr), "");
    assert_eq!(trusted.status.code(), Some(0), "{trusted:?}");
    assert_eq!(stranger.status.code(), Some(3), "{stranger:?}");
    let said = String::from_utf8_lossy(&stranger.stderr).into_owned();
    assert!(said.contains("certificate"), "{said}");
}
