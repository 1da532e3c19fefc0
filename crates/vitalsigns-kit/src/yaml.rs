//! YAML (and so JSON) with the line of everything.

use std::fmt;

use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, YamlData};

/// A value and the line that it begins at, from 1.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) value: Value,
}

/// What is at a place of a document.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Nothing, as behind `key:`.
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    String(String),
    List(Vec<Node>),
    /// In the order of the file.
    Map(Vec<(Node, Node)>),
    /// What no configuration is made of: an alias that leads nowhere, a tag.
    Other,
}

/// Why a text is no YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// How deep a text may be nested: readers of trees need room for each level.
const DEEPEST: usize = 200;

/// The documents of a text; none if it is empty.
pub(crate) fn documents(text: &str) -> Result<Vec<Node>, YamlError> {
    if let Some(line) = too_deep(text) {
        return Err(YamlError {
            line,
            reason: "it is nested too deep".to_owned(),
        });
    }
    let loaded = MarkedYaml::load_from_str(text).map_err(|error| YamlError {
        line: error.marker().line().max(1),
        reason: error.info().to_owned(),
    })?;
    Ok(loaded.iter().map(Node::of).collect())
}

/// The line at which a text may be nested deeper than can be read. Brackets within texts count too,
/// but nobody opens so many without closing them.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (index, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let mut rest = line.trim_start();
        let mut items = 0;
        while let Some(inner) = rest.strip_prefix("- ").or_else(|| rest.strip_prefix("? ")) {
            rest = inner.trim_start();
            items += 1;
        }
        for character in line.chars() {
            match character {
                '[' | '{' => open += 1,
                ']' | '}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > DEEPEST {
                return Some(index + 1);
            }
        }
        // Each level of a block is indented by one space at least.
        if items > DEEPEST || indent > 4 * DEEPEST {
            return Some(index + 1);
        }
    }
    None
}

/// The only document of a text; nothing if it is empty.
pub(crate) fn document(text: &str) -> Result<Node, YamlError> {
    let mut documents = documents(text)?;
    match documents.len() {
        0 => Ok(Node {
            line: 1,
            value: Value::Null,
        }),
        1 => Ok(documents.remove(0)),
        _ => Err(YamlError {
            line: documents[1].line,
            reason: "a second document begins here, and one is expected".to_owned(),
        }),
    }
}

impl Node {
    fn of(node: &MarkedYaml<'_>) -> Self {
        let value = match &node.data {
            YamlData::Value(scalar) => Value::of(scalar),
            YamlData::Sequence(list) => Value::List(list.iter().map(Node::of).collect()),
            YamlData::Mapping(map) => {
                let entries = map.iter();
                Value::Map(entries.map(|(k, v)| (Node::of(k), Node::of(v))).collect())
            }
            YamlData::Representation(text, _, _) => Value::String(text.to_string()),
            _ => Value::Other,
        };
        Node {
            line: node.span.start.line().max(1),
            value,
        }
    }

    /// The value of a key; those merged by `<<` come last.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let own = self.entry(key).map(|(_, value)| value);
        own.or_else(|| {
            let (_, merged) = self.entry("<<")?;
            match &merged.value {
                Value::List(list) => list.iter().find_map(|map| map.get(key)),
                _ => merged.get(key),
            }
        })
    }

    /// The key itself, with its line, and its value.
    pub(crate) fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        let mut entries = self.entries();
        entries.find(|(name, _)| name.as_str() == Some(key))
    }

    /// Follows keys.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// A scalar as the file means it, numbers and truth values included.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Integer(value) => Some(value.to_string()),
            Value::Float(value) => Some(value.to_string()),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The items of a list; none if it is something else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(list) => list,
            _ => &[],
        }
    }

    /// The entries of a map in the order of the file; none if it is something else.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Node, &Node)> {
        let entries: &[(Node, Node)] = match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        };
        entries.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }
}

impl Value {
    fn of(scalar: &Scalar<'_>) -> Self {
        match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => Value::Bool(*value),
            Scalar::Integer(value) => Value::Integer(*value),
            Scalar::FloatingPoint(value) => Value::Float(value.into_inner()),
            Scalar::String(text) => Value::String(text.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_its_line() {
        let text = "groups:\n  - name: one\n    rules:\n      - alert: Down\n        expr: |\n          up == 0\n        for: 2m\n";
        let document = document(text).unwrap();
        let group = &document.get("groups").unwrap().items()[0];
        assert_eq!(
            (group.line, group.get("name").unwrap().as_str()),
            (2, Some("one"))
        );
        let rule = &group.get("rules").unwrap().items()[0];
        let (key, value) = rule.entry("expr").unwrap();
        assert_eq!((key.line, value.as_str()), (5, Some("up == 0\n")));
        assert_eq!(rule.get("for").unwrap().line, 7);
    }

    #[test]
    fn json_is_read_too() {
        let document =
            document("{\n\t\"panels\": [\n\t\t{\"id\": 1, \"w\": 0.5, \"a\\/b\": null}]}").unwrap();
        let panel = &document.get("panels").unwrap().items()[0];
        assert_eq!(panel.line, 3);
        assert_eq!(panel.get("w").unwrap().text().as_deref(), Some("0.5"));
        assert!(panel.get("a/b").unwrap().is_null());
    }

    #[test]
    fn merged_keys_and_anchors_are_followed() {
        let text = "base: &base\n  restart: always\nweb:\n  <<: *base\n  image: web:1\n";
        let document = document(text).unwrap();
        let restart = document.at(&["web", "restart"]).unwrap();
        assert_eq!(restart.as_str(), Some("always"));
    }

    #[test]
    fn what_is_no_yaml_is_refused_with_its_line() {
        let error = document("a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
        assert!(error.line >= 2, "{error}");
        assert_eq!(document("").unwrap().value_name(), "null");
        assert!(document("a: 1\n---\nb: 2\n").is_err());
    }

    impl Node {
        fn value_name(&self) -> &'static str {
            if self.is_null() { "null" } else { "other" }
        }
    }
}
