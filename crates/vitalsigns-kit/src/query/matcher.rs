//! Conditions on labels.

/// A condition on a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matcher {
    pub(crate) label: String,
    operator: &'static str,
    value: String,
}

impl Matcher {
    pub(crate) fn equal(label: &str, value: &str) -> Self {
        Matcher::new(label, "=", value)
    }

    pub(crate) fn not_equal(label: &str, value: &str) -> Self {
        Matcher::new(label, "!=", value)
    }

    /// A pattern that is written as it is.
    pub(crate) fn pattern(label: &str, pattern: &str) -> Self {
        Matcher::new(label, "=~", pattern)
    }

    pub(crate) fn any_of(label: &str, values: &[&str]) -> Self {
        match values {
            [value] => Matcher::equal(label, value),
            values => Matcher::new(label, "=~", &alternatives(values)),
        }
    }

    pub(crate) fn none_of(label: &str, values: &[&str]) -> Self {
        match values {
            [value] => Matcher::not_equal(label, value),
            values => Matcher::new(label, "!~", &alternatives(values)),
        }
    }

    pub(crate) fn starts_with(label: &str, start: &str) -> Self {
        // `.` is no line feed, unless asked to be.
        Matcher::new(label, "=~", &format!("(?s:{}.*)", escaped(start)))
    }

    fn new(label: &str, operator: &'static str, value: &str) -> Self {
        Matcher {
            label: label.to_owned(),
            operator,
            value: value.to_owned(),
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push_str(&self.label);
        out.push_str(self.operator);
        write_string(&self.value, out);
    }
}

fn alternatives(values: &[&str]) -> String {
    let escaped: Vec<String> = values.iter().map(|value| escaped(value)).collect();
    escaped.join("|")
}

/// Text in which nothing means anything else to a regular expression.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\.+*?()|[]{}^$".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// Text as a string of the query language.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if character.is_control() => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            character => out.push(character),
        }
    }
    out.push('"');
}
