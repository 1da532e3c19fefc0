//! The labels of one series as they stand on the page: rendered once.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::packed;
use super::set::{Label, LabelSet, LabelSpec, LabelValues};
use crate::exposition::escape::{escape_label_value, unescape_label_value};

/// The labels of a series that stands for itself: of no family, or of closed labels.
#[derive(Debug)]
pub(crate) struct Key {
    specs: &'static [LabelSpec],
    rendered: Box<str>,
    constant: usize,
    created: u64,
}

impl Key {
    pub(crate) fn new<'a>(
        constant: &[(String, String)],
        specs: &'static [LabelSpec],
        labels: impl Iterator<Item = Label<'a>>,
    ) -> Self {
        let mut rendered = render_constant(constant);
        let constant = rendered.len();
        render(specs, labels, &mut rendered);
        Key {
            specs,
            rendered: rendered.into(),
            constant,
            created: now(),
        }
    }

    /// The key of the closed set at `position` among all combinations.
    pub(crate) fn at_position(
        constant: &[(String, String)],
        specs: &'static [LabelSpec],
        mut position: usize,
    ) -> Self {
        let mut labels = vec![Label::Closed(0); specs.len()];
        for (label, spec) in labels.iter_mut().zip(specs).rev() {
            if let LabelValues::Closed(values) = spec.values {
                *label = Label::Closed(position % values.len());
                position /= values.len();
            }
        }
        Key::new(constant, specs, labels.into_iter())
    }

    pub(crate) fn labels(&self) -> Labels<'_> {
        Labels {
            specs: self.specs,
            line: &self.rendered,
            head: 0,
            constant: self.constant,
            created: self.created,
        }
    }
}

/// The labels of one series, for whoever writes it down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Labels<'a> {
    pub(crate) specs: &'static [LabelSpec],
    /// `name="value",…` with constant labels first, escaped, without braces; behind what the sink
    /// has in front of it, or behind nothing.
    pub(crate) line: &'a str,
    /// The length of what is in front of them.
    pub(crate) head: usize,
    /// The length of the constant labels.
    pub(crate) constant: usize,
    /// When the series began, in milliseconds since 1970.
    pub(crate) created: u64,
}

impl<'a> Labels<'a> {
    /// Writes the values as they are kept where look-ups find them.
    pub(crate) fn pack(&self, out: &mut String) {
        for (spec, (text, _)) in self.specs.iter().zip(self.values()) {
            packed::pack(&[label(spec, &text)], out);
        }
    }

    #[inline]
    pub(crate) fn rendered(&self) -> &'a str {
        &self.line[self.head..]
    }

    /// When the series began, since 1970.
    pub(crate) fn created(&self) -> Duration {
        Duration::from_millis(self.created)
    }

    fn values(&self) -> impl Iterator<Item = (Cow<'a, str>, usize)> + use<'a> {
        values(self.specs, self.rendered(), self.constant)
    }

    /// Names and values of the labels, without the constant ones.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        let names = self.specs.iter().map(|spec| spec.name);
        names.zip(self.values().map(|(value, _)| value))
    }
}

/// The values in what [`render`] wrote from `start` on, each with the place behind its quote.
pub(crate) fn values<'a>(
    specs: &'static [LabelSpec],
    rendered: &'a str,
    start: usize,
) -> impl Iterator<Item = (Cow<'a, str>, usize)> + use<'a> {
    let mut at = start;
    specs.iter().map(move |spec| {
        let comma = usize::from(at > 0);
        let (value, length) = unescape_label_value(&rendered[at + comma + spec.name.len() + 2..]);
        at += comma + spec.name.len() + 2 + length + 1;
        (value, at)
    })
}

/// The label whose text is this.
pub(crate) fn label<'a>(spec: &LabelSpec, text: &'a str) -> Label<'a> {
    match spec.values {
        LabelValues::Capped(_) => Label::Open(text),
        LabelValues::Closed(values) => {
            let index = values.iter().position(|value| *value == text);
            Label::Closed(index.unwrap_or(values.len()))
        }
    }
}

/// What is in front of the labels of every series.
pub(crate) fn render_constant(constant: &[(String, String)]) -> String {
    let mut rendered = String::new();
    for (name, value) in constant {
        push(name, value, &mut rendered);
    }
    rendered
}

/// Writes the labels of a series behind the constant ones.
pub(crate) fn render<'a>(
    specs: &'static [LabelSpec],
    labels: impl Iterator<Item = Label<'a>>,
    out: &mut String,
) {
    for (spec, label) in specs.iter().zip(labels) {
        push(spec.name, text(spec, label), out);
    }
}

fn push(name: &str, value: &str, out: &mut String) {
    if !out.is_empty() {
        out.push(',');
    }
    out.push_str(name);
    out.push_str("=\"");
    escape_label_value(value, out);
    out.push('"');
}

fn text<'a>(spec: &LabelSpec, label: Label<'a>) -> &'a str {
    match (label, spec.values) {
        (Label::Open(text), _) => text,
        (Label::Closed(index), LabelValues::Closed(values)) => values
            .get(index)
            .or(values.last())
            .copied()
            .unwrap_or_default(),
        (Label::Closed(_), LabelValues::Capped(_)) => "",
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// The hash under which the series of `query` is kept.
#[inline]
pub(crate) fn hash_labels<Q: LabelSet>(state: &impl BuildHasher, query: &Q) -> u64 {
    hash(state, (0..query.count()).map(|index| query.label(index)))
}

#[inline]
pub(crate) fn hash<'a>(state: &impl BuildHasher, labels: impl Iterator<Item = Label<'a>>) -> u64 {
    let mut hasher = state.build_hasher();
    for label in labels {
        match label {
            Label::Closed(index) => hasher.write_usize(index),
            // The length goes into the hash with the bytes; that `("ab", "c")` and `("a", "bc")`
            // are kept apart does not depend on it, for keys are compared.
            Label::Open(text) => hasher.write(text.as_bytes()),
        }
    }
    hasher.finish()
}
