//! What changed on the page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// One thing that a request makes the page say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// A request that ended: counted with its status, and its time taken.
    Request(&'static str, &'static str, u16),
    /// A response that was not sent to its end, and the cause.
    Incomplete(&'static str, &'static str, &'static str),
    /// A panic.
    Panic(&'static str, &'static str),
    /// A call of gRPC: route and code.
    Grpc(&'static str, &'static str),
    /// A connection that left HTTP: route and protocol. When it has closed, how long it was open is
    /// known as well.
    Upgrade(&'static str, &'static str),
}

/// A `GET` whose answer has begun, and whose client did not get the rest.
pub(crate) fn cut_off(route: &'static str) -> [Change; 2] {
    [
        Change::Request("GET", route, 200),
        Change::Incomplete("GET", route, "cancelled"),
    ]
}

/// Series, as they stand on the page, and by how much they grew.
pub(crate) type Difference = BTreeMap<String, i64>;

impl Change {
    /// Adds the series that it changes.
    pub(crate) fn add_to(self, difference: &mut Difference) {
        let mut add = |series: String| *difference.entry(series).or_default() += 1;
        match self {
            Change::Request(method, route, status) => {
                add(format!(
                    r#"http_requests_total{{method="{method}",route="{route}",status="{status}"}}"#
                ));
                add(format!(
                    r#"http_request_duration_seconds_count{{method="{method}",route="{route}"}}"#
                ));
            }
            Change::Incomplete(method, route, cause) => add(format!(
                r#"http_responses_incomplete_total{{method="{method}",route="{route}",cause="{cause}"}}"#
            )),
            Change::Panic(method, route) => add(format!(
                r#"http_request_panics_total{{method="{method}",route="{route}"}}"#
            )),
            Change::Grpc(route, code) => {
                add(format!(
                    r#"grpc_requests_total{{route="{route}",code="{code}"}}"#
                ));
            }
            Change::Upgrade(route, protocol) => {
                let labels = format!(r#"{{route="{route}",protocol="{protocol}"}}"#);
                add(format!("http_upgrades_total{labels}"));
                add(format!(
                    "http_upgraded_connection_duration_seconds_count{labels}"
                ));
            }
        }
    }
}

/// The series that these changes make, once each, with the wildcard as the subject writes it.
pub(crate) fn of(changes: &[Change], wildcard: &str) -> Difference {
    let mut difference = Difference::new();
    for change in changes {
        change.add_to(&mut difference);
    }
    let spelled = difference.into_iter();
    spelled
        .map(|(series, value)| (series.replace("/files/{*path}", wildcard), value))
        .collect()
}

/// What requests count on a page: all series of the HTTP and gRPC families, but for the buckets
/// and sums of times, which nobody can foretell.
pub(crate) fn counts(page: &str) -> Difference {
    page.lines()
        .filter(|line| line.starts_with("http_") || line.starts_with("grpc_"))
        .filter_map(|line| line.rsplit_once(' '))
        .filter(|(series, _)| {
            let name = series.split('{').next().unwrap_or_default();
            !name.ends_with("_bucket") && !name.ends_with("_sum") && !name.ends_with("_created")
        })
        .map(|(series, value)| {
            let value: i64 = value.parse().unwrap_or_else(|_| {
                panic!(
                    "`{value}` of {series} is no whole number, and nothing here is anything else"
                )
            });
            (series.to_owned(), value)
        })
        .collect()
}

/// From one page to another: the series that are not what they were.
pub(crate) fn between(before: &Difference, after: &Difference) -> Difference {
    let mut difference = after.clone();
    for (series, value) in before {
        *difference.entry(series.clone()).or_default() -= value;
    }
    difference.retain(|_, value| *value != 0);
    difference
}

/// The sum of a family of a difference.
pub(crate) fn total(difference: &Difference, name: &str) -> i64 {
    difference
        .iter()
        .filter(|(series, _)| series.split('{').next() == Some(name))
        .map(|(_, value)| value)
        .sum()
}

/// A difference as it is shown to who reads why a case failed.
pub(crate) fn show(difference: &Difference) -> String {
    let mut text = String::new();
    for (series, value) in difference {
        let _ = write!(text, "\n      {series} {value:+}");
    }
    if text.is_empty() {
        text.push_str("\n      nothing");
    }
    text
}
