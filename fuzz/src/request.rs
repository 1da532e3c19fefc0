//! A request to the endpoint: method, query and headers, each on a line of its own.

use std::sync::OnceLock;

use vitalsigns::families::HttpServer;
use vitalsigns::{ContentType, Endpoint, EndpointRequest, Escaping, Registry};

use crate::coded::decoded;

const TOKEN: &[u8] = b"secret";

struct Endpoints {
    open: Endpoint,
    guarded: Endpoint,
}

pub(crate) fn run(input: &[u8]) {
    static ENDPOINTS: OnceLock<Endpoints> = OnceLock::new();
    let endpoints = ENDPOINTS.get_or_init(|| {
        let registry = Registry::new();
        let http = HttpServer::register(&registry).expect("the families");
        let mut request = http.start("GET", Some("/"));
        request.answered(200);
        request.complete();
        Endpoints {
            open: Endpoint::new(&registry),
            guarded: Endpoint::builder(&registry)
                .bearer_token("secret")
                .build()
                .expect("a token"),
        }
    });
    let mut lines = input.split(|byte| *byte == b'\n');
    let method = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let query = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let mut request = EndpointRequest::new(&method).query(&query);
    let (mut accept, mut authorization) = (Vec::new(), None);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line.split_at(colon.unwrap_or(line.len()));
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let value = value.get(1..).unwrap_or_default();
        request = request.header(&name, value);
        match (&*name, std::str::from_utf8(value)) {
            ("accept", Ok(value)) => accept.push(value),
            ("authorization", _) => authorization = Some(value),
            _ => {}
        }
    }

    let answer = endpoints.open.answer(&request);
    let expected = match &*method {
        "GET" | "HEAD" => 200,
        "OPTIONS" => 204,
        _ => 405,
    };
    assert_eq!(answer.status, expected);
    for (name, value) in &answer.headers {
        let printable = |byte: u8| (b' '..=b'~').contains(&byte);
        assert!(value.bytes().all(printable), "{name}: {value:?}");
    }

    let guarded = endpoints.guarded.answer(&request);
    let is_allowed = authorization.is_some_and(|value| {
        value.len() > TOKEN.len()
            && value[..6].eq_ignore_ascii_case(b"bearer")
            && value[6] == b' '
            && value[6..].trim_ascii() == TOKEN
    });
    let expected = if expected == 200 && !is_allowed {
        401
    } else {
        expected
    };
    assert_eq!(guarded.status, expected);

    if answer.status != 200 {
        return;
    }
    let accept = match &accept[..] {
        [] => "*/*".to_owned(),
        // Without empty ones, as they say nothing.
        some => some.join(","),
    };
    let content_type = ContentType::negotiate(&accept);
    assert_eq!(answer.header("content-type"), Some(content_type.as_str()));
    let page = decoded(&answer);
    let asked = asked(&query);
    if asked.is_empty() {
        let judged = endpoints
            .open
            .judge(200, answer.header("content-type"), &page);
        assert_eq!(judged, Ok(()));
    } else if content_type.format().is_some() && content_type.escaping() != Escaping::Dots {
        let page = String::from_utf8(page).expect("text");
        let catalogue = endpoints.open.registry().catalogue();
        for family in &catalogue.families {
            let base = family.name.strip_suffix("_total").unwrap_or(&family.name);
            let base = base.strip_suffix("_info").unwrap_or(base);
            let is_asked = asked
                .iter()
                .any(|name| *name == family.name || name == base);
            let names = [family.name.as_str(), base];
            let is_there = names
                .iter()
                .any(|name| page.contains(&format!("# TYPE {name} ")));
            assert_eq!(is_asked, is_there, "{}: {query:?}", family.name);
        }
    }
}

/// The families that a query asks for, as WHATWG reads a form.
fn asked(query: &str) -> Vec<String> {
    let pairs = query.split('&').map(|pair| match pair.find('=') {
        Some(end) => (plain(&pair[..end]), plain(&pair[end + 1..])),
        None => (plain(pair), String::new()),
    });
    let named = pairs.filter(|(name, _)| name == "name[]");
    named.map(|(_, value)| value).collect()
}

fn plain(text: &str) -> String {
    let text = text.replace('+', " ").into_bytes();
    let mut bytes = Vec::new();
    let mut rest = &text[..];
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let digits = behind
            .get(..2)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        match digits {
            Some(digits) if *first == b'%' => {
                let digits = String::from_utf8_lossy(digits);
                bytes.push(u8::from_str_radix(&digits, 16).expect("two digits"));
                rest = &behind[2..];
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
