//! Times as Prometheus and Alertmanager write them.

use std::time::Duration;

use crate::yaml::Node;

/// Reads `1h30m`; nothing if Prometheus would not.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let units = [
        ("y", 31_536_000_000_u64),
        ("w", 604_800_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    let mut rest = text;
    let mut next = 0;
    let mut millis = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let position = units
            .iter()
            .position(|(unit, _)| *unit == &rest[..letters])?;
        // Each unit once, the greatest first.
        if position < next {
            return None;
        }
        next = position + 1;
        millis = millis.checked_add(number.checked_mul(units[position].1)?)?;
        rest = &rest[letters..];
    }
    (!text.is_empty()).then(|| Duration::from_millis(millis))
}

/// The time at a node, if there is one that can be read.
pub(super) fn at(node: Option<&Node>) -> Option<Duration> {
    duration(&node?.text()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_prometheus_reads_them() {
        for (text, millis) in [
            ("15s", Some(15_000)),
            ("1h30m", Some(5_400_000)),
            ("1500ms", Some(1500)),
            ("0", Some(0)),
            ("30m1h", None),
            ("5", None),
            ("1.5h", None),
            ("5 m", None),
            ("", None),
            ("99999999999999999999s", None),
            ("9999999999999999y", None),
        ] {
            assert_eq!(duration(text), millis.map(Duration::from_millis), "{text}");
        }
    }
}
