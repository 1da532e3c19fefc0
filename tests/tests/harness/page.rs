//! A server that gives every request the same bytes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

/// Serves as long as the test process lives.
pub(crate) struct Fixed {
    pub(crate) address: String,
    /// The heads of the requests.
    pub(crate) requests: mpsc::Receiver<String>,
}

/// Answers every request with these bytes, head and body.
pub(crate) fn serve_raw(response: impl Into<Vec<u8>>) -> Fixed {
    let response = response.into();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that goes away early is no fault of this server.
            let _ = stream
                .and_then(|stream| answer(stream, &response))
                .map(|head| sender.send(head));
        }
    });
    Fixed { address, requests }
}

/// Answers every request with this page.
pub(crate) fn serve(content_type: &str, page: &str) -> Fixed {
    serve_raw(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    ))
}

fn answer(mut stream: TcpStream, response: &[u8]) -> std::io::Result<String> {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {}
    stream.write_all(response)?;
    Ok(head)
}
