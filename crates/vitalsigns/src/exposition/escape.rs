//! Escaping, the same in all text formats but for the quotes in help.

use std::borrow::Cow;

/// Writes a label value: backslash, quote and line feed are escaped, all else is as it is.
pub(crate) fn escape_label_value(value: &str, out: &mut String) {
    escape(value, true, out);
}

/// Writes help; only OpenMetrics escapes quotes there.
pub(crate) fn escape_help(help: &str, quotes: bool, out: &mut String) {
    escape(help, quotes, out);
}

fn escape(text: &str, quotes: bool, out: &mut String) {
    let special = |byte: &u8| matches!(byte, b'\\' | b'\n') || (quotes && *byte == b'"');
    let mut rest = text;
    while let Some(position) = rest.as_bytes().iter().position(special) {
        out.push_str(&rest[..position]);
        out.push_str(match rest.as_bytes()[position] {
            b'\\' => "\\\\",
            b'"' => "\\\"",
            _ => "\\n",
        });
        rest = &rest[position + 1..];
    }
    out.push_str(rest);
}

/// Reads a label value back up to the quote behind it; with it, the length of what was read.
pub(crate) fn unescape_label_value(escaped: &str) -> (Cow<'_, str>, usize) {
    let special = |byte: &u8| matches!(byte, b'\\' | b'"');
    let next = |from: usize| {
        let place = escaped.as_bytes()[from..].iter().position(special);
        place.map_or(escaped.len(), |place| from + place)
    };
    let mut end = next(0);
    if escaped.as_bytes().get(end) != Some(&b'\\') {
        return (Cow::Borrowed(&escaped[..end]), end);
    }
    let mut text = String::with_capacity(escaped.len());
    let mut start = 0;
    while escaped.as_bytes().get(end) == Some(&b'\\') {
        text.push_str(&escaped[start..end]);
        text.push(match escaped.as_bytes().get(end + 1) {
            Some(b'n') => '\n',
            Some(b'"') => '"',
            _ => '\\',
        });
        start = (end + 2).min(escaped.len());
        end = next(start);
    }
    text.push_str(&escaped[start..end]);
    (Cow::Owned(text), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_backslashes_and_line_feeds_are_escaped_and_nothing_else() {
        let mut out = String::new();
        escape_label_value("a\"b\\c\nd\r\t{},=ä\u{1F3A5}\0", &mut out);
        assert_eq!(out, "a\\\"b\\\\c\\nd\r\t{},=ä\u{1F3A5}\0");
    }

    #[test]
    fn what_was_escaped_reads_back_up_to_its_quote() {
        for value in [
            "",
            "plain",
            "\\",
            "\"",
            "a\"b\\c\nd\r\t{},=ä\u{1F3A5}\0",
            "\n\\n",
        ] {
            let mut escaped = String::new();
            escape_label_value(value, &mut escaped);
            let length = escaped.len();
            escaped.push_str("\",next=\"\\\"");
            let (read, end) = unescape_label_value(&escaped);
            assert_eq!((&*read, end), (value, length));
        }
    }

    #[test]
    fn help_keeps_its_quotes_in_the_older_format() {
        let mut out = String::new();
        escape_help("the \"last\"\nline", false, &mut out);
        assert_eq!(out, "the \"last\"\\nline");
    }
}
