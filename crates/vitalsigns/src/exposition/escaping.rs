//! Names that the classic formats have no letters for.

use std::borrow::Cow;
use std::fmt;

/// How names are written that are not made of ASCII letters, digits and underscores alone.
///
/// The library's own names always are; such names come with attached metrics of other libraries.
/// A client says in its `Accept` header which way it wants; without a word it is
/// [`Underscores`](Escaping::Underscores).
///
/// # Examples
///
/// ```
/// use vitalsigns::{ContentType, Escaping, Format};
///
/// let page = ContentType::from(Format::OpenMetrics).escaped(Escaping::AllowUtf8);
/// assert_eq!(
///     page.as_str(),
///     "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
/// );
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Escaping {
    /// Whatever is no letter, digit or underscore becomes an underscore: `a.b` is `a_b`.
    #[default]
    Underscores,
    /// A dot becomes `_dot_` and an underscore two, in every name: `a.b_c` is `a_dot_b__c`.
    /// Anything else becomes two underscores.
    Dots,
    /// A name that needs it starts with `U__`, and characters are their numbers: `a.b` is
    /// `U__a_2e_b`. It can be read back.
    Values,
    /// Names stay as they are, in quotes if need be: `{"a.b"}`.
    AllowUtf8,
}

impl Escaping {
    /// All of them; the first is what a client gets that does not say.
    pub(super) const ALL: [Escaping; 4] = [
        Escaping::Underscores,
        Escaping::Dots,
        Escaping::Values,
        Escaping::AllowUtf8,
    ];

    /// The value of the parameter `escaping` in a header.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns::Escaping::AllowUtf8.as_str(), "allow-utf-8");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Escaping::Underscores => "underscores",
            Escaping::Dots => "dots",
            Escaping::Values => "values",
            Escaping::AllowUtf8 => "allow-utf-8",
        }
    }

    /// Whether names of ASCII letters, digits and underscores stay as they are.
    pub(super) const fn keeps_classic(self) -> bool {
        !matches!(self, Escaping::Dots)
    }
}

impl fmt::Display for Escaping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose name it is: only metrics may have colons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Metric,
    Label,
}

/// Whether the classic formats have letters for this name.
pub(crate) fn is_classic(name: &str, named: Named) -> bool {
    !name.is_empty()
        && name
            .chars()
            .enumerate()
            .all(|(place, c)| is_legal(c, place, named))
}

fn is_legal(c: char, place: usize, named: Named) -> bool {
    c.is_ascii_alphabetic()
        || c == '_'
        || (c == ':' && named == Named::Metric)
        || (c.is_ascii_digit() && place > 0)
}

/// The name as it is written; with [`Escaping::AllowUtf8`] it may still need quotes.
pub(crate) fn escape_name(name: &str, named: Named, escaping: Escaping) -> Cow<'_, str> {
    let as_it_is = match escaping {
        Escaping::AllowUtf8 => true,
        // Underscores are doubled in every name.
        Escaping::Dots => name.is_empty(),
        Escaping::Underscores | Escaping::Values => name.is_empty() || is_classic(name, named),
    };
    if as_it_is {
        return Cow::Borrowed(name);
    }
    let mut escaped = String::with_capacity(name.len() + 8);
    if escaping == Escaping::Values {
        escaped.push_str("U__");
    }
    for (place, c) in name.chars().enumerate() {
        let legal = is_legal(c, place, named);
        match escaping {
            Escaping::Dots if c == '.' => escaped.push_str("_dot_"),
            Escaping::Dots if c == '_' || !legal => escaped.push_str("__"),
            Escaping::Values if c == '_' => escaped.push_str("__"),
            Escaping::Values if !legal => escaped.push_str(&format!("_{:x}_", u32::from(c))),
            _ if legal => escaped.push(c),
            _ => escaped.push('_'),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(name: &str, escaping: Escaping) -> String {
        escape_name(name, Named::Metric, escaping).into_owned()
    }

    /// The table of `TestEscapeName` in prometheus/common.
    #[test]
    fn names_are_escaped_as_prometheus_escapes_them() {
        for (name, underscores, dots, values) in [
            ("", "", "", ""),
            (
                "no:escaping_required",
                "no:escaping_required",
                "no:escaping__required",
                "no:escaping_required",
            ),
            (
                "mysystem.prod.west.cpu.load",
                "mysystem_prod_west_cpu_load",
                "mysystem_dot_prod_dot_west_dot_cpu_dot_load",
                "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load",
            ),
            (
                "mysystem.prod.west.cpu.load_total",
                "mysystem_prod_west_cpu_load_total",
                "mysystem_dot_prod_dot_west_dot_cpu_dot_load__total",
                "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load__total",
            ),
            (
                "http.status:sum",
                "http_status:sum",
                "http_dot_status:sum",
                "U__http_2e_status:sum",
            ),
            (
                "label with \u{1F631}",
                "label_with__",
                "label__with____",
                "U__label_20_with_20__1f631_",
            ),
            ("花火", "__", "____", "U___82b1__706b_"),
            (
                "label with \u{100}",
                "label_with__",
                "label__with____",
                "U__label_20_with_20__100_",
            ),
        ] {
            assert_eq!(escaped(name, Escaping::Underscores), underscores, "{name}");
            assert_eq!(escaped(name, Escaping::Dots), dots, "{name}");
            assert_eq!(escaped(name, Escaping::Values), values, "{name}");
            assert_eq!(escaped(name, Escaping::AllowUtf8), name);
        }
    }

    #[test]
    fn a_digit_in_front_and_a_colon_in_a_label_are_escaped_too() {
        assert_eq!(escaped("1st", Escaping::Underscores), "_st");
        assert_eq!(escaped("1st", Escaping::Values), "U___31_st");
        let label = escape_name("a:b", Named::Label, Escaping::Underscores);
        assert_eq!(label, "a_b");
    }

    #[test]
    fn what_is_escaped_is_classic() {
        for name in ["1", "a.b", "ä", " ", "\u{1F631}", "a-b:c"] {
            for escaping in [Escaping::Underscores, Escaping::Dots, Escaping::Values] {
                let escaped = escape_name(name, Named::Label, escaping);
                assert!(is_classic(&escaped, Named::Label), "{name}: {escaped}");
            }
        }
    }
}
