//! The head of a request: what it asks for, and how its body is framed.

use httparse::{EMPTY_HEADER, Error, Status};

use crate::endpoint::EndpointRequest;

/// The longest head, and the most headers in it.
pub(super) const HEAD_LIMIT: usize = 16 * 1024;
const HEADERS_LIMIT: usize = 64;

/// The header in which the self-test shows who it is.
pub(super) const PASSWORD: &str = "x-vitalsigns-self-test";

/// What cannot be served: the status, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) u16, pub(super) &'static str);

#[derive(Debug)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: Target,
    /// The request as the endpoint takes it.
    pub(super) request: EndpointRequest,
    pub(super) body: Framing,
    /// Whether the client waits for `100 Continue` before it sends the body.
    pub(super) expects: bool,
    /// Whether the client wants the connection to stay open.
    pub(super) keeps: bool,
    /// Whether it has to be told so.
    pub(super) is_old: bool,
    pub(super) password: Option<Vec<u8>>,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Page,
    Root,
    /// `*`, the server as a whole.
    Server,
    Unknown,
}

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

/// The head at the start of `bytes` and its length; `None` if there is more to come.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<(usize, Head)>, Refusal> {
    let mut headers = [EMPTY_HEADER; HEADERS_LIMIT];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(Status::Complete(length)) if length <= HEAD_LIMIT => length,
        Ok(Status::Partial) if bytes.len() < HEAD_LIMIT => return Ok(None),
        Ok(_) => return Err(Refusal(431, "the head of the request is too long")),
        Err(Error::TooManyHeaders) => {
            return Err(Refusal(431, "the request has too many headers"));
        }
        Err(Error::Version) => return Err(Refusal(505, "this speaks HTTP/1.1 and HTTP/1.0")),
        Err(_) => return Err(Refusal(400, "this is no HTTP request")),
    };
    let (Some(method), Some(target), Some(version)) =
        (request.method, request.path, request.version)
    else {
        return Err(Refusal(400, "this is no HTTP request"));
    };
    let (target, query) = target_of(method, target)?;
    let mut head = Head {
        method: method.to_owned(),
        target,
        request: EndpointRequest::new(method).query(query),
        body: Framing::Length(0),
        expects: false,
        keeps: version == 1,
        is_old: version == 0,
        password: None,
    };
    let mut fields = Fields::default();
    for header in request.headers.iter() {
        fields.add(header.name, header.value, &mut head)?;
    }
    fields.judge(&mut head)?;
    Ok(Some((length, head)))
}

/// Headers that say something about the connection.
#[derive(Default)]
struct Fields {
    hosts: usize,
    length: Option<u64>,
    codings: Vec<String>,
    closes: bool,
}

impl Fields {
    fn add(&mut self, name: &str, value: &[u8], head: &mut Head) -> Result<(), Refusal> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("host") {
            self.hosts += 1;
        } else if is("content-length") {
            let length =
                content_length(value).ok_or(Refusal(400, "the content length is no number"))?;
            if self.length.is_some_and(|known| known != length) {
                return Err(Refusal(400, "the request has two content lengths"));
            }
            self.length = Some(length);
        } else if is("transfer-encoding") {
            self.codings.extend(list(value));
        } else if is("connection") {
            for option in list(value) {
                self.closes |= option == "close";
                head.keeps |= option == "keep-alive";
            }
        } else if is("expect") && !head.is_old {
            if !value.trim_ascii().eq_ignore_ascii_case(b"100-continue") {
                return Err(Refusal(417, "only `100-continue` can be expected"));
            }
            head.expects = true;
        } else if is(PASSWORD) {
            head.password = Some(value.to_vec());
        } else {
            let request = std::mem::take(&mut head.request);
            head.request = request.header(name, value);
        }
        Ok(())
    }

    /// What can be read in two ways is refused: a proxy in front may have read it in the other.
    fn judge(self, head: &mut Head) -> Result<(), Refusal> {
        head.keeps &= !self.closes;
        if self.hosts > 1 || (self.hosts == 0 && !head.is_old) {
            return Err(Refusal(400, "the request needs one `Host` header"));
        }
        match (self.length, self.codings.as_slice()) {
            (length, []) => head.body = Framing::Length(length.unwrap_or(0)),
            (Some(_), _) => {
                return Err(Refusal(400, "the request says twice how long its body is"));
            }
            (None, _) if head.is_old => {
                return Err(Refusal(400, "HTTP/1.0 has no transfer encodings"));
            }
            (None, [coding]) if coding == "chunked" => head.body = Framing::Chunked,
            (None, _) => return Err(Refusal(501, "only chunked bodies are understood")),
        }
        Ok(())
    }
}

/// A number of digits only: no sign, no list.
fn content_length(value: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(value.trim_ascii()).ok()?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// The items of a list, in lower case.
fn list(value: &[u8]) -> impl Iterator<Item = String> {
    value
        .split(|byte| *byte == b',')
        .map(|item| String::from_utf8_lossy(item.trim_ascii()).to_ascii_lowercase())
        .filter(|item| !item.is_empty())
}

/// Where a request target goes, and its query.
fn target_of<'a>(method: &str, target: &'a str) -> Result<(Target, &'a str), Refusal> {
    let bad = Refusal(400, "the request is for no path");
    if target == "*" {
        return match method {
            "OPTIONS" => Ok((Target::Server, "")),
            _ => Err(bad),
        };
    }
    let rest = if target.starts_with('/') {
        target
    } else {
        // As clients send it to proxies. Which host they mean is not our concern.
        let (scheme, rest) = target.split_once("://").ok_or(bad)?;
        let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        if !is_http || end == 0 {
            return Err(bad);
        }
        &rest[end..]
    };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let target = match path {
        crate::endpoint::Endpoint::PATH => Target::Page,
        "/" | "" => Target::Root,
        _ => Target::Unknown,
    };
    Ok((target, query))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Head, u16> {
        match parse(text.as_bytes()) {
            Ok(Some((length, head))) => {
                assert_eq!(length, text.len());
                Ok(head)
            }
            Ok(None) => panic!("more should come: {text}"),
            Err(Refusal(status, _)) => Err(status),
        }
    }

    #[test]
    fn targets_have_four_forms() {
        for (line, expected) in [
            ("GET /metrics", Ok(Target::Page)),
            ("GET /metrics?name[]=a", Ok(Target::Page)),
            ("GET http://elsewhere:80/metrics", Ok(Target::Page)),
            ("GET HTTPS://elsewhere/metrics?x", Ok(Target::Page)),
            ("GET /", Ok(Target::Root)),
            ("GET /?x", Ok(Target::Root)),
            ("GET http://elsewhere", Ok(Target::Root)),
            ("GET http://elsewhere?x", Ok(Target::Root)),
            ("OPTIONS *", Ok(Target::Server)),
            ("GET *", Err(400)),
            ("CONNECT elsewhere:443", Err(400)),
            ("GET http:///metrics", Err(400)),
            ("GET ftp://elsewhere/metrics", Err(400)),
            ("GET metrics", Err(400)),
            ("GET /metrics/", Ok(Target::Unknown)),
            ("GET //metrics", Ok(Target::Unknown)),
            ("GET /Metrics", Ok(Target::Unknown)),
            ("GET /%6detrics", Ok(Target::Unknown)),
        ] {
            let head = parsed(&format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert_eq!(head.map(|head| head.target), expected, "{line}");
        }
    }

    #[test]
    fn bodies_are_framed_in_one_way_only() {
        for (headers, expected) in [
            ("", Ok(Framing::Length(0))),
            ("Content-Length: 5\r\n", Ok(Framing::Length(5))),
            (
                "Content-Length: 5\r\ncontent-length:5\r\n",
                Ok(Framing::Length(5)),
            ),
            ("Content-Length: 5\r\nContent-Length: 6\r\n", Err(400)),
            ("Content-Length: 5, 5\r\n", Err(400)),
            ("Content-Length: +5\r\n", Err(400)),
            ("Content-Length: -5\r\n", Err(400)),
            ("Content-Length: 0x5\r\n", Err(400)),
            ("Content-Length:\r\n", Err(400)),
            ("Content-Length: 18446744073709551616\r\n", Err(400)),
            ("Transfer-Encoding: Chunked\r\n", Ok(Framing::Chunked)),
            (
                "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                Err(400),
            ),
            ("Transfer-Encoding: gzip, chunked\r\n", Err(501)),
            ("Transfer-Encoding: chunked, chunked\r\n", Err(501)),
            ("Transfer-Encoding : chunked\r\n", Err(400)),
            ("Folded: a\r\n b\r\n", Err(400)),
            ("Host: b\r\n", Err(400)),
            ("Expect: a miracle\r\n", Err(417)),
        ] {
            let head = parsed(&format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n"));
            assert_eq!(head.map(|head| head.body), expected, "{headers}");
        }
        assert_eq!(parsed("GET / HTTP/1.1\r\n\r\n").unwrap_err(), 400);
        assert_eq!(parsed("GET / HTTP/2.0\r\n\r\n").unwrap_err(), 505);
        let chunked = "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(parsed(chunked).unwrap_err(), 400);
    }

    #[test]
    fn the_version_and_the_client_say_whether_the_connection_stays() {
        for (text, keeps) in [
            ("1.1\r\nHost: a\r\n", true),
            ("1.1\r\nHost: a\r\nConnection: Close\r\n", false),
            (
                "1.1\r\nHost: a\r\nConnection: keep-alive, upgrade, close\r\n",
                false,
            ),
            ("1.0\r\n", false),
            ("1.0\r\nConnection: Keep-Alive\r\n", true),
            (
                "1.0\r\nConnection: Keep-Alive\r\nConnection: close\r\n",
                false,
            ),
        ] {
            let head = parsed(&format!("GET / HTTP/{text}\r\n")).unwrap();
            assert_eq!(head.keeps, keeps, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_comes_in_panics(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn nothing_that_looks_like_a_head_panics(
            text in "(GET|POST|OPTIONS|[A-Z]{0,4}) (/metrics|\\*|http://a?|[ -~]{0,9})(\\?[ -~]{0,9})? \
                     HTTP/1.[0-2]\r\n((Host|Content-Length|Transfer-Encoding|Connection|Expect|[a-z]{0,4}): ?\
                     (chunked|5|close|[ -~]{0,12})\r?\n){0,5}(\r\n)?"
        ) {
            let _ = parse(text.as_bytes());
        }
    }
}
