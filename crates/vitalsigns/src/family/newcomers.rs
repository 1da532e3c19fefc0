//! New series in the order of the page.

use crate::label::{Label, LabelSpec, LabelValues, packed};

/// A new series: which one it is, and where its packed labels begin.
pub(super) struct Newcomer {
    /// As much of its labels as fits, so that most comparisons are one of numbers.
    key: u128,
    pub(super) index: usize,
    pub(super) at: usize,
}

/// Sorts the `count` series whose labels are `packed` one behind the other.
pub(super) fn sorted(specs: &'static [LabelSpec], packed: &str, count: usize) -> Vec<Newcomer> {
    let mut newcomers = Vec::with_capacity(count);
    let mut common: Vec<Label<'_>> = packed::unpack(specs, packed).collect();
    let mut at = 0;
    for index in 0..count {
        newcomers.push(Newcomer { key: 0, index, at });
        let mut labels = packed::unpack(specs, &packed[at..]);
        for (common, label) in common.iter_mut().zip(labels.by_ref()) {
            if let (Label::Open(common), Label::Open(text)) = (common, label)
                && !text.starts_with(*common)
            {
                let pairs = common.char_indices().zip(text.chars());
                let end = pairs.take_while(|((_, a), b)| a == b).last();
                *common = &common[..end.map_or(0, |((at, char), _)| at + char.len_utf8())];
            }
        }
        at = packed.len() - labels.rest.len();
    }
    for newcomer in &mut newcomers {
        let labels = packed::unpack(specs, &packed[newcomer.at..]);
        newcomer.key = key(specs, labels, &common);
    }
    let labels = |newcomer: &Newcomer| packed::unpack(specs, &packed[newcomer.at..]);
    newcomers.sort_unstable_by(|a, b| {
        let by_labels = || {
            let mut orders = labels(a).zip(labels(b)).map(|(a, b)| packed::order(a, b));
            orders.find(|order| order.is_ne())
        };
        (a.key.cmp(&b.key)).then_with(|| by_labels().unwrap_or(std::cmp::Ordering::Equal))
    });
    newcomers
}

/// The first bytes of the labels, without what all texts begin with: their order is that of the
/// labels, if they differ.
fn key<'a>(
    specs: &'static [LabelSpec],
    labels: impl Iterator<Item = Label<'a>>,
    common: &[Label<'_>],
) -> u128 {
    let mut key = [0; size_of::<u128>()];
    let mut free = key.iter_mut();
    for ((spec, label), common) in specs.iter().zip(labels).zip(common) {
        let mut push = |bytes: &mut dyn Iterator<Item = u8>| {
            for (place, byte) in free.by_ref().zip(bytes) {
                *place = byte;
            }
        };
        match (label, common, spec.values) {
            (Label::Open(text), Label::Open(common), _) => {
                // No byte of a text is 255, and its end comes before any other.
                let text = text[common.len()..].bytes().map(|byte| byte + 1);
                push(&mut text.chain([0]));
            }
            (Label::Closed(index), _, LabelValues::Closed(values)) if values.len() <= 255 => {
                push(&mut [u8::try_from(index).unwrap_or(u8::MAX)].into_iter());
            }
            (Label::Closed(index), ..) => {
                push(
                    &mut u32::try_from(index)
                        .unwrap_or(u32::MAX)
                        .to_be_bytes()
                        .into_iter(),
                );
            }
            (Label::Open(_), Label::Closed(_), _) => {}
        }
    }
    u128::from_be_bytes(key)
}
