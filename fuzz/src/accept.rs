//! `Accept`, beside a second reading of RFC 9110 that knows the content types as text only.

use vitalsigns::{ContentType, Escaping, Format};

pub(crate) fn run(input: &[u8]) {
    let Ok(accept) = std::str::from_utf8(input) else {
        return;
    };
    let chosen = ContentType::negotiate(accept);
    assert!(all().any(|known| known == chosen), "{chosen}");
    assert_eq!(ContentType::negotiate(chosen.as_str()), chosen);
    assert_eq!(
        ContentType::negotiate(&accept.to_ascii_uppercase()),
        chosen,
        "in capitals: {accept:?}"
    );
    // Quotes are for the library alone.
    if accept.contains(['"', '\\']) {
        return;
    }
    let mut ranges: Vec<&str> = accept.split(',').collect();
    ranges.reverse();
    let reversed = ranges.join(",");
    assert_eq!(ContentType::negotiate(&reversed), chosen, "{accept:?}");
    assert_eq!(chosen, expected(accept), "{accept:?}");
}

/// Every content type, what is preferred on equal terms first.
fn all() -> impl Iterator<Item = ContentType> {
    let texts = [Format::Text, Format::TextV1, Format::OpenMetrics].map(ContentType::from);
    texts
        .into_iter()
        .chain([ContentType::PROTOBUF])
        .flat_map(|plain| {
            let escaped = [
                Escaping::Underscores,
                Escaping::Dots,
                Escaping::Values,
                Escaping::AllowUtf8,
            ]
            .map(|escaping| plain.escaped(escaping));
            let mut own = vec![plain];
            for escaped in escaped {
                if !own.contains(&escaped) {
                    own.push(escaped);
                }
            }
            own
        })
}

fn expected(accept: &str) -> ContentType {
    let mut best = (0.0, ContentType::from(Format::Text));
    for candidate in all() {
        let weights = accept
            .split(',')
            .filter_map(|range| judge(range, candidate));
        // The range that says most decides; of several, the one that likes it most.
        let (_, _, weight) = weights.fold((0, 0, 0.0), |best: (u8, usize, f64), one| {
            if (one.0, one.1) > (best.0, best.1)
                || ((one.0, one.1) == (best.0, best.1) && one.2 > best.2)
            {
                one
            } else {
                best
            }
        });
        if weight > best.0 {
            best = (weight, candidate);
        }
    }
    best.1
}

/// How much a range says, and its weight, if the content type is in it.
fn judge(range: &str, candidate: ContentType) -> Option<(u8, usize, f64)> {
    let (media, parameters) = parts(range);
    let (own_media, own) = parts(candidate.as_str());
    let (kind, subtype) = media.split_once('/')?;
    let media = format!("{}/{}", kind.trim(), subtype.trim());
    let level = if media == own_media {
        3
    } else if media == format!("{}/*", own_media.split_once('/')?.0) {
        2
    } else if media == "*/*" {
        1
    } else {
        return None;
    };
    let (mut named, mut weight) = (Vec::new(), 1.0);
    for (name, value) in parameters {
        match &*name {
            "q" => {
                let asked: f64 = value.parse().ok()?;
                if !(0.0..=1.0).contains(&asked) {
                    return None;
                }
                weight = (asked * 1000.0).round() / 1000.0;
            }
            "version" | "charset" | "escaping" | "proto" | "encoding" => {
                let own = own.iter().find(|(own, _)| *own == name);
                match own {
                    Some((_, own)) if *own == value => {
                        if !named.contains(&name) {
                            named.push(name);
                        }
                    }
                    // Where nothing is said, an unknown escaping says nothing.
                    None if name == "escaping"
                        && !["underscores", "dots", "values", "allow-utf-8"].contains(&&*value) => {
                    }
                    _ => return None,
                }
            }
            _ => {}
        }
    }
    Some((level, named.len(), weight))
}

/// In lower case: what stands before the first semicolon, and the parameters.
fn parts(text: &str) -> (String, Vec<(String, String)>) {
    let text = text.to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_owned();
    let parameters = parts.filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    });
    (media, parameters.collect())
}
