//! Label values one after the other in a text, as look-ups compare them and as lists keep them.
//!
//! A closed value is its index, a text its length and itself. Numbers are ASCII: six bits a
//! character, the seventh says that another one follows. So what holds them is a `String`, and its
//! slices need no check.

use std::cmp::Ordering;

use super::set::{Label, LabelSet, LabelSpec, LabelValues};

const MORE: u8 = 0x40;

pub(crate) fn push_number(mut number: usize, out: &mut String) {
    while number >= usize::from(MORE) {
        out.push(char::from(number as u8 & (MORE - 1) | MORE));
        number >>= 6;
    }
    out.push(char::from(number as u8));
}

/// The number that `text` begins with, and what is behind it.
#[inline]
pub(crate) fn number(text: &[u8]) -> (usize, &[u8]) {
    match text {
        [first, rest @ ..] if *first < MORE => (usize::from(*first), rest),
        _ => long_number(text),
    }
}

fn long_number(mut text: &[u8]) -> (usize, &[u8]) {
    let (mut number, mut shift) = (0, 0);
    while let [first, rest @ ..] = text {
        number |= usize::from(first & (MORE - 1)) << shift;
        shift += 6;
        text = rest;
        if *first < MORE {
            break;
        }
    }
    (number, text)
}

/// How long the labels are packed.
pub(crate) fn length(labels: &[Label<'_>]) -> usize {
    let digits = |number: usize| {
        let bits = usize::BITS - (number | 1).leading_zeros();
        bits.div_ceil(6) as usize
    };
    let lengths = labels.iter().map(|label| match label {
        Label::Closed(index) => digits(*index),
        Label::Open(text) => digits(text.len()) + text.len(),
    });
    lengths.sum()
}

pub(crate) fn pack(labels: &[Label<'_>], out: &mut String) {
    for label in labels {
        match label {
            Label::Closed(index) => push_number(*index, out),
            Label::Open(text) => {
                push_number(text.len(), out);
                out.push_str(text);
            }
        }
    }
}

/// Whether `packed` begins with the labels of `query`: every value is compared, not only a hash.
#[inline]
pub(crate) fn is<Q: LabelSet>(packed: &[u8], query: &Q) -> bool {
    let mut rest = packed;
    for index in 0..query.count() {
        let (own, behind) = number(rest);
        rest = match query.label(index) {
            Label::Closed(other) if own == other => behind,
            Label::Open(text) if own == text.len() => match behind.strip_prefix(text.as_bytes()) {
                Some(rest) => rest,
                None => return false,
            },
            _ => return false,
        };
    }
    true
}

/// The labels that `packed` begins with, one for each of `specs`; behind the last, the rest.
pub(crate) struct Unpacked<'a> {
    specs: std::slice::Iter<'static, LabelSpec>,
    pub(crate) rest: &'a str,
}

pub(crate) fn unpack<'a>(specs: &'static [LabelSpec], packed: &'a str) -> Unpacked<'a> {
    Unpacked {
        specs: specs.iter(),
        rest: packed,
    }
}

impl<'a> Iterator for Unpacked<'a> {
    type Item = Label<'a>;

    fn next(&mut self) -> Option<Label<'a>> {
        let spec = self.specs.next()?;
        let (number, behind) = number(self.rest.as_bytes());
        let behind = &self.rest[self.rest.len() - behind.len()..];
        Some(match spec.values {
            LabelValues::Closed(_) => {
                self.rest = behind;
                Label::Closed(number)
            }
            LabelValues::Capped(_) => {
                let (text, rest) = behind.split_at(number);
                self.rest = rest;
                Label::Open(text)
            }
        })
    }
}

/// The order of the series on the page: closed values as declared, text alphabetically.
pub(crate) fn order(a: Label<'_>, b: Label<'_>) -> Ordering {
    match (a, b) {
        (Label::Closed(a), Label::Closed(b)) => a.cmp(&b),
        (Label::Open(a), Label::Open(b)) => a.cmp(b),
        (Label::Closed(_), Label::Open(_)) => Ordering::Less,
        (Label::Open(_), Label::Closed(_)) => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests {
    use super::super::set::Chosen;
    use super::*;

    const SPECS: &[LabelSpec] = &[
        LabelSpec {
            name: "a",
            values: LabelValues::Closed(&["x", "y"]),
        },
        LabelSpec {
            name: "b",
            values: LabelValues::Capped(2),
        },
        LabelSpec {
            name: "c",
            values: LabelValues::Capped(2),
        },
    ];

    #[test]
    fn what_is_packed_is_found_again_and_nothing_else_is() {
        let long = "ä".repeat(5000);
        for labels in [
            [Label::Closed(1), Label::Open("ab"), Label::Open("c")],
            [Label::Closed(70_000), Label::Open(&long), Label::Open("")],
        ] {
            let mut packed = String::new();
            pack(&labels, &mut packed);
            let length = length(&labels);
            assert_eq!(packed.len(), length);
            packed.push_str("behind");
            let mut unpacked = unpack(SPECS, &packed);
            assert!(unpacked.by_ref().eq(labels));
            assert_eq!(unpacked.rest, &packed[length..]);
            assert!(is(packed.as_bytes(), &Chosen(&labels)));
        }
        let mut packed = String::new();
        let labels = [Label::Closed(1), Label::Open("ab"), Label::Open("c")];
        pack(&labels, &mut packed);
        for other in [
            [Label::Closed(1), Label::Open("a"), Label::Open("bc")],
            [Label::Closed(0), Label::Open("ab"), Label::Open("c")],
            [Label::Closed(1), Label::Open("ab"), Label::Open("cd")],
            [Label::Open("ab"), Label::Open("ab"), Label::Open("c")],
        ] {
            assert!(!is(packed.as_bytes(), &Chosen(&other)), "{other:?}");
        }
    }
}
