//! Variables of Grafana, replaced by what an expression can be read with.

use std::borrow::Cow;

/// What stands for a variable where nothing is known of its value.
const STAND_IN: &str = "vitalsigns_variable";

/// Whether a name or a value is, or has in it, a variable.
pub(crate) fn is_variable(text: &str) -> bool {
    text.contains(STAND_IN)
}

/// An expression whose variables were replaced, and whether it had any.
pub(in super::super) struct Replaced<'t> {
    pub(in super::super) text: Cow<'t, str>,
    pub(in super::super) has_variables: bool,
    /// Whether one stands where a name, a number or a function may have been meant.
    pub(in super::super) has_bare: bool,
}

/// Replaces variables: in ranges by a time, elsewhere by `bare` or a stand-in.
pub(in super::super) fn replaced<'t>(text: &'t str, bare: &str) -> Replaced<'t> {
    if !text.contains('$') && !text.contains("[[") {
        return Replaced {
            text: Cow::Borrowed(text),
            has_variables: false,
            has_bare: false,
        };
    }
    let mut out = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    let mut is_range = false;
    let mut has_variables = false;
    let mut has_bare = false;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some((name, behind)) = variable(rest) {
            has_variables = true;
            match quote {
                Some(_) => out.push_str(STAND_IN),
                None if is_range || is_time(name) => out.push_str("5m"),
                None if matches!(name, "__interval_ms" | "__range_ms" | "__range_s") => {
                    out.push_str("300");
                }
                None => {
                    has_bare = true;
                    out.push_str(bare);
                }
            }
            rest = behind;
            continue;
        }
        let length = character.len_utf8();
        match (quote, character) {
            (Some('"' | '\''), '\\') => {
                // Whatever follows does not end the text.
                let escaped = rest[length..].chars().next().map_or(0, char::len_utf8);
                out.push_str(&rest[..length + escaped]);
                rest = &rest[length + escaped..];
                continue;
            }
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '[') => is_range = true,
            (None, ']') => is_range = false,
            _ => {}
        }
        out.push(character);
        rest = &rest[length..];
    }
    Replaced {
        text: Cow::Owned(out),
        has_variables,
        has_bare,
    }
}

/// What stands for a bare variable at first.
pub(in super::super) const AS_NAME: &str = STAND_IN;

fn is_time(name: &str) -> bool {
    matches!(name, "__rate_interval" | "__interval" | "__range")
}

/// The name of the variable that a text begins with, and what is behind it.
fn variable(text: &str) -> Option<(&str, &str)> {
    if let Some(inside) = text.strip_prefix("${") {
        let end = inside.find('}')?;
        let name = &inside[..end];
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        return Some((name, &inside[end + 1..]));
    }
    if let Some(inside) = text.strip_prefix("[[") {
        let end = inside.find("]]")?;
        let name = &inside[..end];
        let is_name = name
            .chars()
            .all(|c| c.is_alphanumeric() || "_:".contains(c));
        return is_name.then_some((name, &inside[end + 2..]));
    }
    let inside = text.strip_prefix('$')?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = inside.find(|c| !is_part(c)).unwrap_or(inside.len());
    let is_name = inside.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    // In a pattern, `$` may be the end of the text, and `$1` a group.
    is_name.then_some((&inside[..end], &inside[end..]))
}
