//! The labels of one series as they are kept: compared value by value, rendered once.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::set::{Label, LabelSet, LabelSpec, LabelValues};
use crate::exposition::escape::escape_label_value;

/// One label value of a series.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Closed(u32),
    Open(Arc<str>),
}

impl Part {
    fn is(&self, label: Label<'_>) -> bool {
        match (self, label) {
            (Part::Closed(own), Label::Closed(other)) => *own as usize == other,
            (Part::Open(own), Label::Open(other)) => **own == *other,
            _ => false,
        }
    }

    pub(crate) fn text<'a>(&'a self, spec: &LabelSpec) -> &'a str {
        match (self, spec.values) {
            (Part::Open(text), _) => text,
            (Part::Closed(index), LabelValues::Closed(values)) => values
                .get(*index as usize)
                .or(values.last())
                .copied()
                .unwrap_or_default(),
            (Part::Closed(_), LabelValues::Capped(_)) => "",
        }
    }
}

/// The label values of one series, and their text as it stands on the page.
#[derive(Debug)]
pub(crate) struct Key {
    labels: &'static [LabelSpec],
    parts: Box<[Part]>,
    /// `name="value",…` with constant labels first, escaped, without braces.
    rendered: Box<str>,
    /// When the series began, since 1970.
    created: Duration,
}

impl Key {
    pub(crate) fn new(
        constant: &[(String, String)],
        labels: &'static [LabelSpec],
        parts: Box<[Part]>,
    ) -> Self {
        let mut rendered = String::new();
        let mut push = |name: &str, value: &str| {
            if !rendered.is_empty() {
                rendered.push(',');
            }
            rendered.push_str(name);
            rendered.push_str("=\"");
            escape_label_value(value, &mut rendered);
            rendered.push('"');
        };
        for (name, value) in constant {
            push(name, value);
        }
        for (spec, part) in labels.iter().zip(&parts) {
            push(spec.name, part.text(spec));
        }
        Key {
            labels,
            parts,
            rendered: rendered.into(),
            created: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        }
    }

    /// The key of the closed set at `position` among all combinations.
    pub(crate) fn at_position(
        constant: &[(String, String)],
        labels: &'static [LabelSpec],
        mut position: usize,
    ) -> Self {
        let mut parts = vec![Part::Closed(0); labels.len()];
        for (part, spec) in parts.iter_mut().zip(labels).rev() {
            if let LabelValues::Closed(values) = spec.values {
                *part = Part::Closed(u32::try_from(position % values.len()).unwrap_or(u32::MAX));
                position /= values.len();
            }
        }
        Key::new(constant, labels, parts.into())
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn rendered(&self) -> &str {
        &self.rendered
    }

    /// When the series began, since 1970.
    pub(crate) fn created(&self) -> Duration {
        self.created
    }

    /// Names and values of the labels, without the constant ones.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels
            .iter()
            .zip(&self.parts)
            .map(|(spec, part)| (spec.name, part.text(spec)))
    }

    /// Whether these are the labels of `query`: every value is compared, not only a hash.
    pub(crate) fn is<Q: LabelSet>(&self, query: &Q) -> bool {
        self.parts
            .iter()
            .enumerate()
            .all(|(index, part)| part.is(query.label(index)))
    }

    /// Whether the values are these.
    pub(crate) fn has(&self, parts: &[Label<'_>]) -> bool {
        self.parts
            .iter()
            .zip(parts)
            .all(|(own, other)| own.is(*other))
    }

    pub(crate) fn hash(&self, state: &impl BuildHasher) -> u64 {
        hash_parts(
            state,
            self.parts.iter().map(|part| match part {
                Part::Closed(index) => Label::Closed(*index as usize),
                Part::Open(text) => Label::Open(text),
            }),
        )
    }

    /// The order of the series on the page: closed values as declared, text alphabetically.
    pub(crate) fn order(&self, other: &Key) -> Ordering {
        for (a, b) in self.parts.iter().zip(&other.parts) {
            let order = match (a, b) {
                (Part::Closed(a), Part::Closed(b)) => a.cmp(b),
                (Part::Open(a), Part::Open(b)) => a.cmp(b),
                (Part::Closed(_), Part::Open(_)) => Ordering::Less,
                (Part::Open(_), Part::Closed(_)) => Ordering::Greater,
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

/// The hash under which the series of `query` is kept.
pub(crate) fn hash_labels<Q: LabelSet>(state: &impl BuildHasher, query: &Q) -> u64 {
    hash_parts(state, (0..query.count()).map(|index| query.label(index)))
}

pub(crate) fn hash_parts<'a>(
    state: &impl BuildHasher,
    parts: impl Iterator<Item = Label<'a>>,
) -> u64 {
    let mut hasher = state.build_hasher();
    for part in parts {
        match part {
            Label::Closed(index) => hasher.write_usize(index),
            // The length goes into the hash with the bytes; that `("ab", "c")` and `("a", "bc")`
            // are kept apart does not depend on it, for keys are compared.
            Label::Open(text) => hasher.write(text.as_bytes()),
        }
    }
    hasher.finish()
}
