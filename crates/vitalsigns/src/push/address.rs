//! Where a group is: the address of the gateway, and the grouping key as a path.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::Uri;

use super::PushError;
use crate::name;

/// What does not stand in a path as it is: all but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The address of a gateway, without a slash at its end.
pub(super) fn gateway(url: &str) -> Result<String, PushError> {
    match fault(url) {
        None => Ok(url.trim_end_matches('/').to_owned()),
        Some(reason) => Err(PushError::Address {
            // What is in front of an `@` may be a password.
            url: match url.rsplit_once('@') {
                Some((_, rest)) => format!("…@{rest}"),
                None => url.to_owned(),
            },
            reason,
        }),
    }
}

/// What is wrong with the address of a gateway, and what would be right.
fn fault(url: &str) -> Option<&'static str> {
    let Ok(uri) = url.parse::<Uri>() else {
        return Some("it is no URL; one looks like `http://127.0.0.1:9091`");
    };
    let port_is_bad = || {
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let behind_host = authority.rsplit(']').next().unwrap_or_default();
        behind_host.contains(':') && uri.port_u16().is_none_or(|port| port == 0)
    };
    match uri.scheme_str() {
        Some("http") if url.contains('@') => Some("a user does not belong in it; say `basic_auth`"),
        Some("http") if uri.query().is_some() || url.contains('#') => {
            Some("it ends with the host or a path, without `?` and `#`")
        }
        Some("http") if uri.host().is_none_or(str::is_empty) => {
            Some("it names no host; one with a host looks like `http://127.0.0.1:9091`")
        }
        Some("http") if port_is_bad() => Some("its port is none; ports are from 1 to 65535"),
        Some("http") => None,
        Some("https") => Some(
            "TLS is not spoken here; push to a proxy on this machine that speaks it, with `http://`",
        ),
        _ => Some("it starts with `http://`, as `http://127.0.0.1:9091` does"),
    }
}

/// Whether a grouping key can have this label.
pub(super) fn check_label(label: &str) -> Result<(), PushError> {
    let reason = match label {
        "instance" => return Ok(()),
        "job" => "the job stands first in every grouping key; say it with `job`",
        _ => match name::check_label(label) {
            Ok(()) => return Ok(()),
            Err(fault) => fault.message(),
        },
    };
    Err(PushError::Label {
        label: label.to_owned(),
        reason,
    })
}

/// The path of a group.
pub(super) fn path(job: &str, group: &[(String, String)]) -> String {
    let mut path = String::from("/metrics");
    push(&mut path, "job", job);
    for (label, value) in group {
        push(&mut path, label, value);
    }
    path
}

/// Adds a label and its value. The gateway decodes the path before it splits it, so a slash cannot
/// stand there in any other way than as base64, nor can `.` and `..`, which it takes for parts of
/// a path, nor can nothing.
fn push(path: &mut String, label: &str, value: &str) {
    path.push('/');
    path.push_str(label);
    if value.is_empty() {
        path.push_str("@base64/=");
    } else if value.contains('/') || value == "." || value == ".." {
        path.push_str("@base64/");
        URL_SAFE_NO_PAD.encode_string(value, path);
    } else {
        path.push('/');
        path.extend(utf8_percent_encode(value, ENCODED));
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::DecodePaddingMode;
    use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    /// Reads a path as the gateway does: decoded first, then split.
    fn decoded(path: &str) -> Vec<(String, String)> {
        let any_padding =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let base64 = GeneralPurpose::new(&base64::alphabet::URL_SAFE, any_padding);
        let path = percent_decode_str(path).decode_utf8().unwrap();
        let parts: Vec<&str> = path.strip_prefix("/metrics/").unwrap().split('/').collect();
        assert_eq!(parts.len() % 2, 0, "{path}");
        let pairs = parts
            .chunks(2)
            .map(|pair| match pair[0].strip_suffix("@base64") {
                Some(label) => {
                    let value = base64.decode(pair[1].trim_end_matches('=')).unwrap();
                    (label.to_owned(), String::from_utf8(value).unwrap())
                }
                None => {
                    assert!(!["", ".", ".."].contains(&pair[1]), "{path}");
                    (pair[0].to_owned(), pair[1].to_owned())
                }
            });
        pairs.collect()
    }

    #[test]
    fn values_stand_in_the_path_as_the_gateway_reads_them() {
        let group = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let pairs = pairs.iter();
            pairs
                .map(|(a, b)| (String::from(*a), String::from(*b)))
                .collect()
        };
        for (job, pairs, expected) in [
            ("import", &[][..], "/metrics/job/import"),
            (
                "nightly import",
                &[("instance", "host-3")],
                "/metrics/job/nightly%20import/instance/host-3",
            ),
            // The two of the Pushgateway's documentation.
            (
                "directory_cleaner",
                &[("path", "/var/tmp")],
                "/metrics/job/directory_cleaner/path@base64/L3Zhci90bXA",
            ),
            ("titan", &[("name", "")], "/metrics/job/titan/name@base64/="),
            (
                "Προμηθεύς",
                &[],
                "/metrics/job/%CE%A0%CF%81%CE%BF%CE%BC%CE%B7%CE%B8%CE%B5%CF%8D%CF%82",
            ),
            ("..", &[("up", ".")], "/metrics/job@base64/Li4/up@base64/Lg"),
            (
                "100%",
                &[("q", "a?b#c+d@e")],
                "/metrics/job/100%25/q/a%3Fb%23c%2Bd%40e",
            ),
        ] {
            assert_eq!(path(job, &group(pairs)), expected);
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(
            job in any::<String>(),
            values in prop::collection::vec(("[a-z][a-z0-9_]{0,8}", any::<String>()), 0..4),
            slashes in "[/.=%@a-]{0,6}",
        ) {
            let mut group = values;
            group.push(("more".to_owned(), slashes));
            let mut expected = vec![("job".to_owned(), job.clone())];
            expected.extend(group.iter().cloned());
            let path = path(&job, &group);
            prop_assert!(path.parse::<Uri>().is_ok(), "{path}");
            prop_assert_eq!(decoded(&path), expected);
        }

        #[test]
        fn no_address_panics(url in any::<String>(), rest in "[a-z0-9:/@?#.\\[\\]]{0,20}") {
            let _ = gateway(&url);
            let _ = gateway(&format!("http://{rest}"));
        }
    }

    #[test]
    fn an_address_is_of_a_host_and_may_have_a_path() {
        for (url, expected) in [
            ("http://127.0.0.1:9091", "http://127.0.0.1:9091"),
            ("http://gateway", "http://gateway"),
            ("http://gateway/", "http://gateway"),
            ("http://[::1]:9091/a/b/", "http://[::1]:9091/a/b"),
            ("http://[::1]/", "http://[::1]"),
        ] {
            assert_eq!(gateway(url).as_deref(), Ok(expected));
        }
        for (url, word) in [
            ("", "no URL"),
            ("127.0.0.1:9091", "http://"),
            ("/metrics", "http://"),
            ("ftp://gateway", "http://"),
            ("https://gateway", "TLS"),
            ("http://gateway:99999", "port"),
            ("http://gateway:0", "port"),
            ("http://gateway/?a=b", "`?`"),
            ("http://gateway/#a", "`#`"),
            ("http://me:secret@gateway", "basic_auth"),
        ] {
            let error = gateway(url).unwrap_err().to_string();
            assert!(error.contains(word), "{url}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn labels_of_a_grouping_key_are_labels() {
        for label in ["instance", "region", "shard_2"] {
            assert_eq!(check_label(label), Ok(()));
        }
        for label in [
            "job", "le", "__name__", "", "Region", "a-b", "a/b", "2nd", "ä",
        ] {
            assert!(check_label(label).is_err(), "{label}");
        }
    }
}
