//! Values of a description, with what is wrong about them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::DescriptionFault;
use crate::nearest::nearest;
use crate::yaml::{Node, Value};

/// The values of a map, by key.
pub(super) type Values<'a> = BTreeMap<String, &'a Node>;

/// Reads on after a fault, so that all of them are told at once.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) faults: Vec<DescriptionFault>,
    /// The line of each place.
    lines: BTreeMap<String, usize>,
}

impl Reader {
    pub(super) fn fault(&mut self, line: usize, reason: impl Into<String>) {
        let reason = reason.into();
        self.faults.push(DescriptionFault { line, reason });
    }

    /// The line of a place, or of what it is in.
    pub(super) fn line(&self, place: &str) -> usize {
        let mut place = place;
        loop {
            if let Some(line) = self.lines.get(place) {
                return *line;
            }
            match place.rsplit_once('.') {
                Some((around, _)) => place = around,
                None => return 1,
            }
        }
    }

    fn mistaken(&mut self, node: &Node, place: &str, expected: &str) {
        let is = match &node.value {
            Value::Null => "nothing".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
            Value::Other => "something else".to_owned(),
            _ => format!("`{}`", node.text().unwrap_or_default()),
        };
        let place = match place {
            "" => "the description".to_owned(),
            place => format!("`{place}`"),
        };
        let reason = format!("{place} is {is}, and it has to be {expected}");
        self.fault(node.line, reason);
    }

    /// The entries of a map whose keys are names; complains of what is none, and of keys that come
    /// twice.
    pub(super) fn named<'a>(&mut self, node: &'a Node, place: &str) -> Vec<(String, &'a Node)> {
        if !node.is_map() {
            self.mistaken(node, place, "a map");
            return Vec::new();
        }
        let mut entries: Vec<(String, &Node)> = Vec::new();
        for (key, value) in node.entries() {
            let Some(name) = key.text() else {
                self.fault(key.line, format!("a key of `{place}` is no text"));
                continue;
            };
            let inside = join(place, &name);
            if entries.iter().any(|(known, _)| *known == name) {
                self.fault(key.line, format!("`{inside}` is here for a second time"));
                continue;
            }
            self.lines.insert(inside, key.line);
            entries.push((name, value));
        }
        entries
    }

    /// The values of a map whose keys are known.
    pub(super) fn keys<'a>(&mut self, node: &'a Node, place: &str, known: &[&str]) -> Values<'a> {
        let entries = self.named(node, place);
        let mut values = BTreeMap::new();
        for (name, value) in entries {
            if known.contains(&name.as_str()) {
                values.insert(name, value);
                continue;
            }
            let inside = join(place, &name);
            let hint = match nearest(&name, known.iter().copied()) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("there are {}", known.join(", ")),
            };
            let line = self.line(&inside);
            self.fault(line, format!("there is no key `{inside}`; {hint}"));
        }
        values
    }

    /// Text, or what is written as a number and meant as text.
    pub(super) fn text(&mut self, node: &Node, place: &str) -> Option<String> {
        let text = node.text();
        if text.is_none() {
            self.mistaken(node, place, "text");
        }
        text
    }

    pub(super) fn texts(&mut self, node: &Node, place: &str) -> Vec<String> {
        if !matches!(node.value, Value::List(_)) {
            self.mistaken(node, place, "a list");
        }
        let items = node.items().iter();
        items.filter_map(|item| self.text(item, place)).collect()
    }

    /// The text of a key, if it is there.
    pub(super) fn text_of(
        &mut self,
        values: &Values<'_>,
        place: &str,
        key: &str,
    ) -> Option<String> {
        let node = values.get(key)?;
        self.text(node, &join(place, key))
    }

    /// The texts of a key; none if it is not there.
    pub(super) fn texts_of(&mut self, values: &Values<'_>, place: &str, key: &str) -> Vec<String> {
        match values.get(key) {
            Some(node) => self.texts(node, &join(place, key)),
            None => Vec::new(),
        }
    }

    pub(super) fn truth(&mut self, node: &Node, place: &str) -> Option<bool> {
        let truth = node.as_bool();
        if truth.is_none() {
            self.mistaken(node, place, "`true` or `false`");
        }
        truth
    }

    /// A time as Prometheus writes it.
    pub(super) fn duration(&mut self, node: &Node, place: &str) -> Option<Duration> {
        let text = node.as_str().unwrap_or_default();
        let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let length = match unit {
            "ms" => Some(1),
            "s" => Some(1000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            _ => None,
        };
        let number: Option<u64> = text[..text.len() - unit.len()].parse().ok();
        let millis = length
            .zip(number)
            .and_then(|(length, number)| number.checked_mul(length));
        if millis.is_none() {
            self.mistaken(node, place, "a time, as `15s`");
        }
        millis.map(Duration::from_millis)
    }
}

/// The place of a key in a place.
pub(super) fn join(place: &str, key: &str) -> String {
    match place {
        "" => key.to_owned(),
        place => format!("{place}.{key}"),
    }
}
