//! The page: the same series in every format.

mod content_type;
pub(crate) mod escape;
mod escaping;
mod negotiate;
pub(crate) mod number;
mod protobuf;
mod text;

use std::borrow::Cow;
use std::sync::Arc;

use crate::foreign::ForeignFamily;
use crate::sample::Collect;

pub use content_type::{ContentType, Format};
pub use escaping::Escaping;
pub(crate) use escaping::{Named, escape_name, is_classic};
pub(crate) use protobuf::family_names;

/// What is on a page.
pub(crate) struct Page<'a> {
    pub(crate) families: &'a [Arc<dyn Collect>],
    pub(crate) foreign: &'a [ForeignFamily],
    /// Whether OpenMetrics has `_created` lines.
    pub(crate) created: bool,
    /// About how long it will be.
    pub(crate) size: usize,
}

impl Page<'_> {
    /// The page as text.
    pub(crate) fn text(&self, format: Format, escaping: Escaping) -> String {
        let mut page = String::with_capacity(self.size);
        let style = text::Style {
            format,
            escaping,
            created: self.created,
        };
        let mut head = String::new();
        for family in self.families {
            text::write_family(&**family, style, &mut head, &mut page);
        }
        for family in self.foreign {
            text::write_foreign(family, style, &mut page);
        }
        if format == Format::OpenMetrics {
            page.push_str("# EOF\n");
        }
        page
    }

    /// The page as delimited protobuf messages.
    pub(crate) fn protobuf(&self, escaping: Escaping) -> Vec<u8> {
        let mut page = Vec::with_capacity(self.size);
        for family in self.families {
            protobuf::write_family(&**family, escaping, &mut page);
        }
        for family in self.foreign {
            protobuf::write_foreign(family, escaping, &mut page);
        }
        page
    }
}

/// The unit, if the name as it is written ends with it; it must where it is written. A counter whose
/// underscores are doubled has one too many behind the unit.
fn written_unit<'a>(base: &str, unit: Option<&'a str>) -> Option<&'a str> {
    unit.filter(|unit| {
        let stem = base.strip_suffix(unit);
        stem.is_some_and(|stem| stem.ends_with('_'))
    })
}

/// The name of a family without the suffix of its kind, as it is written; `complete` is escaped
/// with it, as Prometheus does.
pub(crate) fn escaped_base<'a>(
    complete: &'a str,
    suffix: &str,
    escaping: Escaping,
) -> Cow<'a, str> {
    let without = |name: &str| {
        name.len()
            - if name.ends_with(suffix) {
                suffix.len()
            } else {
                0
            }
    };
    match escape_name(complete, Named::Metric, escaping) {
        Cow::Borrowed(name) => Cow::Borrowed(&name[..without(name)]),
        Cow::Owned(mut name) => {
            name.truncate(without(&name));
            Cow::Owned(name)
        }
    }
}
