//! YAML, written line by line: the same text for the same content.

/// Writes maps and lists; each level is two blanks deeper.
pub(super) struct Writer {
    out: String,
    depth: usize,
    /// The next line begins an item of a list.
    item: bool,
}

impl Writer {
    /// A file that begins with this comment.
    pub(super) fn new(comment: &str) -> Self {
        Writer {
            out: format!("# {}\n", comment.replace('\n', " ")),
            depth: 0,
            item: false,
        }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    fn line(&mut self, text: &str) {
        let depth = match self.item {
            true => self.depth - 1,
            false => self.depth,
        };
        self.out.push_str(&"  ".repeat(depth));
        if self.item {
            self.out.push_str("- ");
            self.item = false;
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// `key: value`, quoted where it has to be.
    pub(super) fn pair(&mut self, key: &str, value: &str) {
        self.line(&format!("{}: {}", scalar(key), scalar(value)));
    }

    /// `key:` with a text of several lines below.
    pub(super) fn block(&mut self, key: &str, text: &str) {
        self.line(&format!("{}: |-", scalar(key)));
        self.depth += 1;
        for line in text.lines() {
            self.line(line);
        }
        self.depth -= 1;
    }

    /// `key:` with a map below.
    pub(super) fn map(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.line(&format!("{}:", scalar(key)));
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    /// `key:` with a list of maps below.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        let mut items = items.into_iter().peekable();
        if items.peek().is_none() {
            self.line(&format!("{}: []", scalar(key)));
            return;
        }
        self.line(&format!("{}:", scalar(key)));
        self.depth += 2;
        for item in items {
            self.item = true;
            write(self, item);
        }
        self.depth -= 2;
    }

    /// `key:` with a list of texts below.
    pub(super) fn texts(&mut self, key: &str, items: &[String]) {
        self.list(key, items, |writer, item| writer.line(&scalar(item)));
    }
}

/// A text as a scalar that every reader takes for this text.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_/.-".contains(c);
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '/';
    let means_something = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        .contains(&text.to_ascii_lowercase().as_str());
    let is_duration = text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| "smhdw".contains(c))
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "smhdw".contains(c));
    if is_duration || text.starts_with(begins) && text.chars().all(is_plain) && !means_something {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{85}' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            character if character.is_control() => {
                out.push_str(&format!("\\x{:02x}", u32::from(character)));
            }
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_read_as_something_else_is_quoted() {
        for plain in ["critical", "5m", "1d1h", "../rules/http.yml", "_"] {
            let plain = plain.trim_start_matches("../");
            assert_eq!(scalar(plain), plain);
        }
        for quoted in [
            "", "yes", "No", "1.5", "14.4", "0x1", "a: b", "- a", "é", "1", "~", "#",
        ] {
            assert_eq!(scalar(quoted), format!("\"{quoted}\""));
        }
        assert_eq!(scalar("a\"b\\c\nd\u{7}"), "\"a\\\"b\\\\c\\nd\\x07\"");
    }

    #[test]
    fn lists_of_maps_are_indented() {
        let mut writer = Writer::new("x");
        writer.list("groups", ["a", "b"], |writer, name| {
            writer.pair("name", name);
            writer.block("expr", "up\nand up");
            writer.map("labels", |writer| writer.pair("team", "on"));
        });
        writer.texts("none", &[]);
        let item = |name: &str| {
            format!(
                "  - name: {name}\n    expr: |-\n      up\n      and up\n    labels:\n      team: \"on\"\n"
            )
        };
        let expected = format!(
            "# x\ngroups:\n{}{}none: []\n",
            item("a"),
            item("\"b\"").replace("\"b\"", "b")
        );
        assert_eq!(writer.finish(), expected);
    }
}
