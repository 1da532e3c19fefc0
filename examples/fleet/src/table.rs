//! The table of URLs.

use std::fmt::Write as _;

use crate::member::Member;
use crate::service::LONGEST_NAME;

/// What each service has, by its path.
const COLUMNS: [(&str, &str); 3] = [
    ("service", "/"),
    ("metrics", "/metrics"),
    ("health", "/healthz"),
];

/// How long the longest URL is, of a port with five digits.
const LONGEST_URL: usize = "http://127.0.0.1:65535/healthz".len();

/// A line for each service that has said where it listens.
pub(crate) fn of(members: &[Member]) -> String {
    let mut text = format!("\n{:LONGEST_NAME$}", "");
    for (heading, _) in COLUMNS {
        let _ = write!(text, "  {heading:LONGEST_URL$}");
    }
    for member in members {
        let Some(address) = member.address() else {
            continue;
        };
        let _ = write!(text, "\n{:LONGEST_NAME$}", member.service.name());
        for (_, path) in COLUMNS {
            let url = format!("http://{address}{path}");
            let _ = write!(text, "  {url:LONGEST_URL$}");
        }
    }
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}
