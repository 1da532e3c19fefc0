//! Escaping, the same in all text formats but for the quotes in help.

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
    fn help_keeps_its_quotes_in_the_older_format() {
        let mut out = String::new();
        escape_help("the \"last\"\nline", false, &mut out);
        assert_eq!(out, "the \"last\"\\nline");
    }
}
