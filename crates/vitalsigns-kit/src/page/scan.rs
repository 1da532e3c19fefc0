//! The text of a line, from left to right.

/// Why a line cannot be read, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) cause: String,
    pub(crate) hint: String,
}

impl Fault {
    pub(crate) fn new(cause: impl Into<String>, hint: impl Into<String>) -> Self {
        Fault {
            cause: cause.into(),
            hint: hint.into(),
        }
    }
}

/// What is left of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan<'a> {
    pub(super) rest: &'a str,
}

impl<'a> Scan<'a> {
    pub(super) fn take(&mut self, start: &str) -> bool {
        match self.rest.strip_prefix(start) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    /// What comes before the next of these.
    pub(super) fn until(&mut self, ends: &[char]) -> &'a str {
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// A quoted text, without its quotes and with its escapes undone.
    pub(super) fn quoted(&mut self) -> Result<String, Fault> {
        if !self.take("\"") {
            return Err(Fault::new(
                format!("a quote is missing in front of `{}`", start(self.rest)),
                "the value of a label stands in double quotes",
            ));
        }
        let mut out = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((index, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &self.rest[index + 1..];
                    return Ok(out);
                }
                '\\' => match characters.next() {
                    Some((_, '\\')) => out.push('\\'),
                    Some((_, '"')) => out.push('"'),
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, other)) => {
                        return Err(Fault::new(
                            format!("`\\{other}` is no escape"),
                            "there are `\\\\`, `\\\"` and `\\n`; a backslash is written as two",
                        ));
                    }
                    None => break,
                },
                character => out.push(character),
            }
        }
        Err(Fault::new(
            "the closing quote of a label's value is missing",
            "write a line feed as `\\n` and a quote as `\\\"`",
        ))
    }
}

/// The first characters of a text, for messages.
pub(super) fn start(text: &str) -> String {
    match text.char_indices().nth(30) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
