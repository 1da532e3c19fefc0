//! Which series a family takes in: caps, the budget, and what new ones leave for the scrape.
//!
//! One creation or removal at a time looks at this; look-ups of series that are there do not.

use hashbrown::HashSet;

use super::shard::MAX_KEYS;
use super::values::Values;
use crate::label::{Label, LabelSpec, LabelValues, OVERFLOW, packed};

type Hasher = foldhash::fast::RandomState;

pub(super) struct Admission<M> {
    /// The values that each capped label has taken, and by how many series; empty for closed ones.
    values: Box<[Values]>,
    /// How many series there are.
    count: usize,
    /// How long their labels are, packed.
    length: usize,
    next_id: u32,
    pub(super) born: Born<M>,
    /// The series that are gone, but still in `born` or on the page.
    pub(super) gone: HashSet<u32, Hasher>,
}

/// What became of the labels that were asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folded {
    /// A value was beyond its cap and now reads `other`.
    pub(super) overflowed: bool,
    /// A value is new and has room.
    pub(super) admits: bool,
}

/// Series that no scrape has seen.
pub(super) struct Born<M> {
    pub(super) series: Vec<(M, Birth)>,
    /// Their labels, packed, in the same order.
    pub(super) labels: String,
}

/// Which series it is, and when it began: ten bytes, as there is one for each on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Birth {
    id: [u8; 4],
    /// Milliseconds since 1970, without the upper two bytes, which are 0.
    created: [u8; 6],
}

impl Birth {
    pub(super) fn new(id: u32, created: u64) -> Self {
        let [bytes @ .., _, _] = created.to_le_bytes();
        Birth {
            id: id.to_le_bytes(),
            created: bytes,
        }
    }

    pub(super) fn id(self) -> u32 {
        u32::from_le_bytes(self.id)
    }

    pub(super) fn created(self) -> u64 {
        let [a, b, c, d, e, f] = self.created;
        u64::from_le_bytes([a, b, c, d, e, f, 0, 0])
    }
}

impl<M> Born<M> {
    fn new() -> Self {
        Born {
            series: Vec::new(),
            labels: String::new(),
        }
    }

    /// Leaves out the series that are gone.
    fn forget(&mut self, specs: &'static [LabelSpec], gone: &mut HashSet<u32, Hasher>) {
        let labels = std::mem::take(&mut self.labels);
        let mut rest = labels.as_str();
        self.series.retain(|(_, birth)| {
            let mut own = packed::unpack(specs, rest);
            own.by_ref().for_each(drop);
            let (own, behind) = rest.split_at(rest.len() - own.rest.len());
            rest = behind;
            let stays = !gone.remove(&birth.id());
            if stays {
                self.labels.push_str(own);
            }
            stays
        });
    }
}

impl<M> Admission<M> {
    pub(super) fn new(specs: &'static [LabelSpec]) -> Self {
        Admission {
            values: specs.iter().map(|_| Values::new()).collect(),
            count: 0,
            length: 0,
            next_id: 0,
            born: Born::new(),
            gone: HashSet::default(),
        }
    }

    /// Whether there is room for another series of such labels.
    pub(super) fn has_room(&self, max_series: usize, labels: &[Label<'_>]) -> bool {
        self.count < max_series && self.length + packed::length(labels) < MAX_KEYS
    }

    /// Writes to `parts` the values of `asked`: those beyond a cap become `other`.
    pub(super) fn fold<'a>(
        &self,
        specs: &[LabelSpec],
        asked: &[Label<'a>],
        parts: &mut [Label<'a>],
    ) -> Folded {
        let mut folded = Folded {
            overflowed: false,
            admits: false,
        };
        for (index, spec) in specs.iter().enumerate() {
            parts[index] = asked[index];
            let (LabelValues::Capped(cap), Label::Open(text)) = (spec.values, asked[index]) else {
                continue;
            };
            let known = &self.values[index];
            if text == OVERFLOW || known.contains(text) {
                continue;
            }
            if known.len() < cap {
                folded.admits = true;
            } else {
                parts[index] = Label::Open(OVERFLOW);
                folded.overflowed = true;
            }
        }
        folded
    }

    /// Counts a new series, and gives it its number.
    pub(super) fn count_in(&mut self, labels: &[Label<'_>]) -> u32 {
        for (values, label) in self.values.iter_mut().zip(labels) {
            let Label::Open(text) = label else { continue };
            if *text != OVERFLOW {
                values.add(text);
            }
        }
        self.count += 1;
        self.length += packed::length(labels);
        self.next_id = self.next_id.wrapping_add(1);
        self.next_id
    }

    /// Leaves a new series for the next scrape.
    pub(super) fn announce(
        &mut self,
        specs: &'static [LabelSpec],
        labels: &[Label<'_>],
        metric: M,
        birth: Birth,
    ) {
        // Without scrapes, series that come and go must not pile up here.
        if self.born.series.len() == self.born.series.capacity() && !self.gone.is_empty() {
            self.born.forget(specs, &mut self.gone);
        }
        self.born.series.push((metric, birth));
        packed::pack(labels, &mut self.born.labels);
    }

    /// Counts a series out, and the label values that no other has.
    pub(super) fn count_out(&mut self, labels: &[Label<'_>], id: u32) {
        for (values, label) in self.values.iter_mut().zip(labels) {
            if let Label::Open(text) = label {
                values.remove(text);
            }
        }
        self.count -= 1;
        self.length -= packed::length(labels);
        self.gone.insert(id);
    }

    /// What a scrape has to know: the new series, and which are gone.
    pub(super) fn hand_over(&mut self) -> (Born<M>, HashSet<u32, Hasher>) {
        let born = std::mem::replace(&mut self.born, Born::new());
        (born, std::mem::take(&mut self.gone))
    }
}
