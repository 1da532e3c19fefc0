//! Exemplars: labels that point from a number to one of the events behind it.

mod labels;
mod slot;
mod trace;

use std::fmt;

pub(crate) use labels::KeptLabels;
pub(crate) use slot::{Kept, Slot, Slots, tick};
pub use trace::TraceContext;

use crate::exposition::{Named, is_classic};

/// Labels that point from a number to one event behind it, as a rule to a trace.
///
/// A [`Counter`](crate::Counter) or [`Histogram`](crate::Histogram) that is declared with
/// `#[metric(exemplars)]` keeps some of the exemplars that it is given: a counter the newest, a
/// histogram the newest of each bucket, each at most ten times a second. They are on pages in
/// OpenMetrics and in protobuf; the text formats of Prometheus have no place for them. Prometheus
/// stores them with `--enable-feature=exemplar-storage`.
///
/// Most exemplars are a [`TraceContext`], which is taken as `trace_id` and `span_id`; there may be
/// other labels. What OpenMetrics refuses is not kept, and the number is recorded all the same; see
/// [`fits`](Self::fits).
///
/// # Examples
///
/// ```
/// use vitalsigns::{Counter, Exemplar, Format, MetricGroup, Registry, TraceContext};
///
/// #[derive(MetricGroup)]
/// struct Shop {
///     /// Orders placed.
///     #[metric(exemplars)]
///     orders_total: Counter,
/// }
///
/// let registry = Registry::new();
/// let shop = Shop::register(&registry)?;
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// shop.orders_total.inc_with(TraceContext::parse(header));
///
/// let page = registry.render(Format::OpenMetrics);
/// assert!(page.contains(
///     "\norders_total 1 # {trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\",span_id=\"00f067aa0ba902b7\"} 1.0 "
/// ));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Exemplar<'a>(Labels<'a>);

#[derive(Clone, Copy)]
enum Labels<'a> {
    Nothing,
    Trace(TraceContext),
    Pairs(&'a [(&'a str, &'a str)]),
    Kept(&'a KeptLabels),
}

impl<'a> Exemplar<'a> {
    /// The most characters that names and values may have together.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns::Exemplar::MAX_CHARS, 128);
    /// ```
    pub const MAX_CHARS: usize = 128;

    /// An exemplar with these labels.
    ///
    /// # Examples
    ///
    /// ```
    /// let exemplar = vitalsigns::Exemplar::new(&[("order", "A-17"), ("step", "payment")]);
    /// assert!(exemplar.fits());
    /// ```
    pub const fn new(labels: &'a [(&'a str, &'a str)]) -> Self {
        Exemplar(Labels::Pairs(labels))
    }

    /// Whether OpenMetrics takes it: it has labels, their names are of ASCII letters, digits and
    /// underscores and not alike, none starts with a digit or with two underscores, and names and
    /// values have 128 characters ([`MAX_CHARS`](Self::MAX_CHARS)) together at the most.
    ///
    /// One that does not fit is never kept. It is not cut either, because half an identifier leads
    /// nowhere.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::Exemplar;
    ///
    /// assert!(!Exemplar::new(&[("trace-id", "1")]).fits());
    /// assert!(!Exemplar::new(&[("query", &"x".repeat(200))]).fits());
    /// ```
    pub fn fits(&self) -> bool {
        let pairs = match self.0 {
            Labels::Nothing => return false,
            Labels::Trace(_) | Labels::Kept(_) => return true,
            Labels::Pairs(pairs) => pairs,
        };
        let mut room = Self::MAX_CHARS;
        let mut take = |text: &str| {
            // No character has more than four bytes: long texts are not counted to their end.
            let chars = match text.len() {
                bytes if bytes > 4 * Self::MAX_CHARS => return false,
                _ => text.chars().count(),
            };
            room.checked_sub(chars).map(|left| room = left).is_some()
        };
        let is_name = |name| is_classic(name, Named::Label) && !name.starts_with("__");
        !pairs.is_empty()
            && pairs.iter().enumerate().all(|(index, (name, value))| {
                let mut before = pairs[..index].iter();
                take(name) && take(value) && is_name(name) && before.all(|(other, _)| other != name)
            })
    }
}

impl<'a> Exemplar<'a> {
    pub(crate) fn kept(labels: &'a KeptLabels) -> Self {
        Exemplar(Labels::Kept(labels))
    }

    /// Whether there is nothing to keep, so that nothing needs to be looked at.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self.0, Labels::Nothing)
    }
}

impl<'a> From<&Exemplar<'a>> for Exemplar<'a> {
    fn from(exemplar: &Exemplar<'a>) -> Self {
        *exemplar
    }
}

impl From<TraceContext> for Exemplar<'_> {
    fn from(trace: TraceContext) -> Self {
        Exemplar(Labels::Trace(trace))
    }
}

/// Without a trace there is nothing to keep.
impl From<Option<TraceContext>> for Exemplar<'_> {
    fn from(trace: Option<TraceContext>) -> Self {
        Exemplar(trace.map_or(Labels::Nothing, Labels::Trace))
    }
}

impl<'a> From<&'a [(&'a str, &'a str)]> for Exemplar<'a> {
    fn from(labels: &'a [(&'a str, &'a str)]) -> Self {
        Exemplar::new(labels)
    }
}

impl<'a, const N: usize> From<&'a [(&'a str, &'a str); N]> for Exemplar<'a> {
    fn from(labels: &'a [(&'a str, &'a str); N]) -> Self {
        Exemplar::new(labels)
    }
}

impl fmt::Debug for Exemplar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Labels::Nothing => f.debug_map().finish(),
            Labels::Trace(trace) => trace.fmt(f),
            Labels::Pairs(pairs) => f.debug_map().entries(pairs.iter().copied()).finish(),
            Labels::Kept(labels) => labels.fmt(f),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_one_of_characters_and_of_all_labels_together() {
        let fits = |value: &str| Exemplar::new(&[("id", "12345678"), ("text", value)]).fits();
        // 14 are taken.
        assert!(fits(&"x".repeat(114)));
        assert!(!fits(&"x".repeat(115)));
        assert!(fits(&"\u{1F3A5}".repeat(114)));
        assert!(!fits(&"\u{1F3A5}".repeat(115)));
        assert!(!fits(&"x".repeat(1 << 20)));
        assert!(fits(""));
    }

    #[test]
    fn names_are_classic_ones_and_differ() {
        let fits = |name: &str| Exemplar::new(&[("id", "1"), (name, "2")]).fits();
        for name in ["a", "_a", "A9", "trace_id", "le"] {
            assert!(fits(name), "{name}");
        }
        for name in [
            "", "9", "a-b", "a.b", "ä", "a b", "__a", "id", "a\n", "a\"", "a:b",
        ] {
            assert!(!fits(name), "{name}");
        }
        assert!(!Exemplar::new(&[]).fits());
        assert!(!Exemplar::from(None).fits());
    }
}
