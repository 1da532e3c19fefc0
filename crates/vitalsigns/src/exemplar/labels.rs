//! The labels of an exemplar as they are kept.

use super::{Exemplar, Labels, TraceContext};

/// The labels of an exemplar, on their own. A trace is kept as it came, in binary.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum KeptLabels {
    Trace(TraceContext),
    Text(Box<Text>),
}

/// Names and values, one behind the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text {
    text: String,
    /// Where each of them ends.
    ends: Vec<u16>,
}

impl KeptLabels {
    /// The labels of an exemplar that fits. It allocates unless they are a trace.
    pub(crate) fn of(exemplar: &Exemplar<'_>) -> Option<Self> {
        if !exemplar.fits() {
            return None;
        }
        match exemplar.0 {
            Labels::Nothing => None,
            Labels::Trace(trace) => Some(KeptLabels::Trace(trace)),
            Labels::Kept(labels) => Some(labels.clone()),
            Labels::Pairs(pairs) => {
                let mut text = Box::<Text>::default();
                text.set(pairs);
                Some(KeptLabels::Text(text))
            }
        }
    }

    /// Takes the labels of an exemplar, and the room that is there.
    pub(super) fn set(&mut self, exemplar: &Exemplar<'_>) -> bool {
        match (exemplar.0, &mut *self) {
            (Labels::Pairs(pairs), KeptLabels::Text(text)) if exemplar.fits() => text.set(pairs),
            (Labels::Kept(KeptLabels::Text(new)), KeptLabels::Text(text)) => text.clone_from(new),
            _ => match KeptLabels::of(exemplar) {
                Some(labels) => *self = labels,
                None => return false,
            },
        }
        true
    }

    /// Calls `pair` with each name and value.
    pub(crate) fn each(&self, mut pair: impl FnMut(&str, &str)) {
        match self {
            KeptLabels::Trace(trace) => {
                pair("trace_id", &hex(trace.trace_id()));
                pair("span_id", &hex(trace.span_id()));
            }
            KeptLabels::Text(text) => {
                let mut start = 0;
                let mut next = |end: &u16| {
                    let end = usize::from(*end);
                    let part = text.text.get(start..end).unwrap_or_default();
                    start = end;
                    part
                };
                for ends in text.ends.chunks_exact(2) {
                    let name = next(&ends[0]);
                    pair(name, next(&ends[1]));
                }
            }
        }
    }
}

impl Text {
    /// Takes labels that fit, so that their length does as well.
    fn set(&mut self, pairs: &[(&str, &str)]) {
        self.text.clear();
        self.ends.clear();
        for part in pairs.iter().flat_map(|(name, value)| [name, value]) {
            self.text.push_str(part);
            self.ends
                .push(u16::try_from(self.text.len()).unwrap_or(u16::MAX));
        }
    }
}

fn hex<const N: usize>(bytes: [u8; N]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    let digits = |byte: u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.into_iter().flat_map(digits).collect()
}
