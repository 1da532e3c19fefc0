//! Writing YAML that every reader of YAML 1.1 and 1.2 understands alike.

use std::fmt::Write as _;

/// Words that some reader takes for something other than text.
const RESERVED: &[&str] = &["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// Units of durations and sizes, behind whole numbers.
const UNITS: &[&str] = &[
    "ms", "s", "m", "h", "d", "w", "y", "b", "k", "g", "B", "KB", "MB", "GB", "TB",
];

/// What is written at a place of a document.
#[derive(Clone, Debug)]
pub(crate) enum Yaml {
    /// A number or a truth value.
    Plain(String),
    Text(String),
    /// A text that stands in lines of its own, without a line feed at its end.
    Lines(String),
    List(Vec<Yaml>),
    Map(Map),
}

/// Keys with values, in the order in which they are written, with comments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map {
    entries: Vec<Entry>,
    /// Comes before what is added next.
    comment: String,
}

#[derive(Clone, Debug)]
struct Entry {
    comment: String,
    key: String,
    value: Yaml,
}

impl Map {
    pub(crate) fn new() -> Self {
        Map::default()
    }

    /// Adds a key.
    #[must_use]
    pub(crate) fn with(mut self, key: impl Into<String>, value: impl Into<Yaml>) -> Self {
        self.add(key, value);
        self
    }

    /// Adds a key if there is a value.
    #[must_use]
    pub(crate) fn maybe(self, key: &str, value: Option<impl Into<Yaml>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds a key unless its list has nothing.
    #[must_use]
    pub(crate) fn unless_empty<T: Into<Yaml>>(self, key: &str, list: Vec<T>) -> Self {
        match list.is_empty() {
            true => self,
            false => self.with(key, list),
        }
    }

    /// Says something about what is added next.
    #[must_use]
    pub(crate) fn comment(mut self, text: impl Into<String>) -> Self {
        self.comment = text.into();
        self
    }

    pub(crate) fn add(&mut self, key: impl Into<String>, value: impl Into<Yaml>) {
        self.entries.push(Entry {
            comment: std::mem::take(&mut self.comment),
            key: key.into(),
            value: value.into(),
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The document, with a comment at its head.
    pub(crate) fn document(&self, head: &str) -> String {
        let mut text = String::new();
        comment(&mut text, head, 0);
        self.write(&mut text, 0, false);
        text
    }

    /// The entries at this depth; the first stands behind a dash if `has_begun`.
    fn write(&self, text: &mut String, depth: usize, has_begun: bool) {
        for (index, entry) in self.entries.iter().enumerate() {
            if !(has_begun && index == 0) {
                comment(text, &entry.comment, depth);
                indent(text, depth);
            }
            text.push_str(&scalar(&entry.key));
            text.push(':');
            entry.value.write_behind(text, depth);
        }
    }

    /// What is said of its first entry.
    fn first_comment(&self) -> &str {
        self.entries.first().map_or("", |entry| &entry.comment)
    }
}

impl Yaml {
    /// The value of a key at this depth, and the end of its line.
    fn write_behind(&self, text: &mut String, depth: usize) {
        match self {
            Yaml::Map(map) if map.is_empty() => text.push_str(" {}\n"),
            Yaml::List(list) if list.is_empty() => text.push_str(" []\n"),
            Yaml::Map(map) => {
                text.push('\n');
                map.write(text, depth + 1, false);
            }
            Yaml::List(list) => {
                text.push('\n');
                items(text, list, depth + 1);
            }
            Yaml::Plain(plain) => {
                let _ = writeln!(text, " {plain}");
            }
            Yaml::Text(value) => {
                text.push(' ');
                write_text(text, value, depth + 1);
            }
            Yaml::Lines(value) => {
                text.push_str(" |-\n");
                lines(text, value, depth + 1);
            }
        }
    }
}

fn items(text: &mut String, list: &[Yaml], depth: usize) {
    for item in list {
        if let Yaml::Map(map) = item {
            comment(text, map.first_comment(), depth);
        }
        indent(text, depth);
        text.push('-');
        match item {
            Yaml::Map(map) if !map.is_empty() => {
                text.push(' ');
                map.write(text, depth + 1, true);
            }
            Yaml::Text(value) => {
                text.push(' ');
                write_text(text, value, depth + 1);
            }
            other => other.write_behind(text, depth),
        }
    }
}

fn write_text(text: &mut String, value: &str, depth: usize) {
    if !is_block(value) {
        text.push_str(&scalar(value));
        text.push('\n');
        return;
    }
    text.push_str("|\n");
    lines(text, value, depth);
}

fn lines(text: &mut String, value: &str, depth: usize) {
    for line in value.lines() {
        if !line.is_empty() {
            indent(text, depth);
            text.push_str(line);
        }
        text.push('\n');
    }
}

/// Whether it reads better as lines, and can be written as such.
fn is_block(value: &str) -> bool {
    let has_one_end = value.ends_with('\n') && !value.ends_with("\n\n");
    let is_printable = |character: char| character == '\n' || !is_special(character);
    has_one_end
        && !value.starts_with([' ', '\n'])
        && value.chars().all(is_printable)
        && value.lines().all(|line| !line.ends_with(' '))
}

/// Whether a reader may refuse or change it where it stands as it is.
pub(crate) fn is_special(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A text on one line, in quotes where it needs them.
pub(crate) fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            special if is_special(special) => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(special));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether every reader takes it for this text as it is.
fn is_plain(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    if RESERVED.contains(&word.as_str()) {
        return false;
    }
    let digits = text.trim_start_matches(|character: char| character.is_ascii_digit());
    if digits.len() < text.len() {
        return UNITS.contains(&digits);
    }
    let is_known =
        |character: char| character.is_ascii_alphanumeric() || "_/.-:@ ()".contains(character);
    text.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '/' | '_'))
        && text.chars().all(is_known)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
}

fn indent(text: &mut String, depth: usize) {
    text.push_str(&"  ".repeat(depth));
}

fn comment(text: &mut String, comment: &str, depth: usize) {
    for line in comment.lines() {
        indent(text, depth);
        let _ = writeln!(text, "{}", format!("# {line}").trim_end());
    }
}

impl Yaml {
    /// A text that reads best in lines of its own, where it can be written so.
    pub(crate) fn lines(text: String) -> Self {
        match is_block(&format!("{text}\n")) {
            true => Yaml::Lines(text),
            false => Yaml::Text(text),
        }
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Yaml::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Yaml::Text(text)
    }
}

impl From<bool> for Yaml {
    fn from(value: bool) -> Self {
        Yaml::Plain(value.to_string())
    }
}

impl From<u64> for Yaml {
    fn from(value: u64) -> Self {
        Yaml::Plain(value.to_string())
    }
}

impl From<Map> for Yaml {
    fn from(map: Map) -> Self {
        Yaml::Map(map)
    }
}

impl<T: Into<Yaml>> From<Vec<T>> for Yaml {
    fn from(list: Vec<T>) -> Self {
        Yaml::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Yaml>, const N: usize> From<[T; N]> for Yaml {
    fn from(list: [T; N]) -> Self {
        Yaml::List(list.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_reads_as_people_write_them() {
        let job = Map::new()
            .comment("The gateway.")
            .with("job_name", "azora-gateway")
            .with("honor_labels", true)
            .with("targets", vec!["api-gateway:4000", "8080:80"]);
        let text = Map::new()
            .with("scrape_interval", "15s")
            .with("sample_limit", 5000)
            .with("text", "one\n\n  two\n")
            .comment("Jobs.\n\nAll of them.")
            .with("scrape_configs", vec![job, Map::new()])
            .document("Head.");
        assert_eq!(
            text,
            "# Head.\n\
             scrape_interval: 15s\n\
             sample_limit: 5000\n\
             text: |\n  one\n\n    two\n\
             # Jobs.\n#\n# All of them.\n\
             scrape_configs:\n\
             \x20 # The gateway.\n\
             \x20 - job_name: azora-gateway\n\
             \x20   honor_labels: true\n\
             \x20   targets:\n\
             \x20     - api-gateway:4000\n\
             \x20     - \"8080:80\"\n\
             \x20 - {}\n"
        );
    }
}

#[cfg(all(test, feature = "verify"))]
mod read_back {
    use proptest::prelude::*;

    use super::*;
    use crate::yaml::{Node, Value, document};

    fn same(written: &Yaml, read: &Node) -> bool {
        match (written, &read.value) {
            (Yaml::Text(text) | Yaml::Lines(text), Value::String(read)) => text == read,
            (Yaml::Plain(text), _) => read.text().as_ref() == Some(text),
            (Yaml::List(list), Value::List(read)) => {
                list.len() == read.len()
                    && list.iter().zip(read).all(|(one, other)| same(one, other))
            }
            (Yaml::Map(map), Value::Map(read)) => {
                map.entries.len() == read.len()
                    && map.entries.iter().zip(read).all(|(entry, (key, value))| {
                        key.as_str() == Some(&entry.key) && same(&entry.value, value)
                    })
            }
            _ => false,
        }
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[a-z0-9:# .~%@`!&*|>{}\\[\\],?'\"\n\\\\$-]{0,12}",
            prop::sample::select(vec![
                "yes",
                "No",
                "~",
                "null",
                "1e3",
                "0x1f",
                "12:30",
                "2025-01-01",
                "1_000",
                ".5",
                "5s",
                "",
                " ",
                "-",
                "- a",
                "<<",
                "=",
                "a: b",
                "a #b",
                "a:",
                "90d",
                "0b1",
                "1.",
                "+1",
                "one\ntwo\n",
            ])
            .prop_map(str::to_owned),
        ]
    }

    fn yaml() -> impl Strategy<Value = Yaml> {
        let leaf = prop_oneof![
            text().prop_map(Yaml::Text),
            text().prop_map(Yaml::lines),
            any::<bool>().prop_map(Yaml::from),
            any::<u32>().prop_map(|number| Yaml::from(u64::from(number))),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            let key = prop_oneof![Just("key".to_owned()), text()];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Yaml::List),
                prop::collection::vec((key, inner, "[a-z ]{0,6}"), 0..4).prop_map(|entries| {
                    let mut map = Map::new();
                    let mut known = Vec::new();
                    for (key, value, comment) in entries {
                        if !known.contains(&key) {
                            known.push(key.clone());
                            map = map.comment(comment).with(key, value);
                        }
                    }
                    Yaml::Map(map)
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in yaml()) {
            let text = Map::new().with("value", value.clone()).document("Head.");
            let read = document(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            prop_assert!(same(&value, read.get("value").unwrap()), "{text}");
        }
    }
}
