//! The series of a family in the order of the page, as scrapes read them from front to back.
//!
//! The labels are kept rendered, without what they have in common with those in front of them:
//! `a="1",b="1"` and `a="1",b="2"` are 11 characters and one. It takes little memory, and less of it
//! has to be read.

use std::cmp::Ordering;
use std::mem;
use std::time::{Duration, Instant};

use hashbrown::HashSet;

use super::admission::{Birth, Born};
use super::newcomers::sorted;
use crate::label::{Label, LabelSpec, Labels, label as label_of, packed, render, values};
use crate::metric::Metric;

pub(super) struct List<M> {
    specs: &'static [LabelSpec],
    /// The labels that all series have, rendered.
    constant: Box<str>,
    metrics: Vec<M>,
    births: Vec<Birth>,
    /// For each series, how many bytes it has in common with the one in front and how many of its
    /// own, or `LONG`.
    sizes: Vec<[u16; 2]>,
    /// The own bytes of those that have too many for that.
    long: Vec<usize>,
    /// The own bytes of all.
    lines: String,
    /// How long the labels of all are.
    length: usize,
    /// Of a family that forgets idle series: what a scrape last saw of each, and when that was new.
    seen: Option<Vec<Option<(u64, Instant)>>>,
}

/// Stands for a size in `long`.
const LONG: u16 = u16::MAX;

/// Reads the lines from the front.
struct Lines<'a> {
    sizes: std::slice::Iter<'a, [u16; 2]>,
    long: std::slice::Iter<'a, usize>,
    lines: &'a str,
    /// Where the next one begins.
    at: usize,
    /// The labels of the series that was read last, and what is in front of them.
    labels: String,
    head: usize,
}

/// One line as it stands there.
struct Line<'a> {
    common: usize,
    own: &'a str,
}

impl<'a> Lines<'a> {
    fn new<M>(list: &'a List<M>, head: &str) -> Self {
        Lines {
            sizes: list.sizes.iter(),
            long: list.long.iter(),
            lines: &list.lines,
            at: 0,
            labels: head.to_owned(),
            head: head.len(),
        }
    }

    #[inline(always)]
    fn next(&mut self) -> Line<'a> {
        let &[common, length] = self.sizes.next().unwrap_or(&[0, 0]);
        let length = match length {
            LONG => self.long.next().copied().unwrap_or_default(),
            length => usize::from(length),
        };
        let own = &self.lines[self.at..self.at + length];
        self.at += length;
        let common = usize::from(common);
        self.labels.truncate(self.head + common);
        self.labels.push_str(own);
        Line { common, own }
    }
}

impl<M: Metric> List<M> {
    pub(super) fn new(specs: &'static [LabelSpec], constant: String, forgets: bool) -> Self {
        List {
            specs,
            constant: constant.into(),
            metrics: Vec::new(),
            births: Vec::new(),
            sizes: Vec::new(),
            long: Vec::new(),
            lines: String::new(),
            length: 0,
            seen: forgets.then(Vec::new),
        }
    }

    pub(super) fn metrics(&self) -> &[M] {
        &self.metrics
    }

    /// The length of the labels of all series, as they are written.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Calls `each` for every series, in order, with `head` in front of its labels.
    #[inline]
    pub(super) fn each(&self, head: &str, mut each: impl FnMut(usize, &M, Birth, &Labels<'_>)) {
        let mut lines = Lines::new(self, head);
        for (index, (metric, birth)) in self.metrics.iter().zip(&self.births).enumerate() {
            lines.next();
            let labels = Labels {
                specs: self.specs,
                line: &lines.labels,
                head: head.len(),
                constant: self.constant.len(),
                created: birth.created(),
            };
            each(index, metric, *birth, &labels);
        }
    }

    /// Calls `each` with every series that nobody has held and nothing has changed for so long,
    /// and with what it had recorded.
    pub(super) fn idle(&mut self, after: Duration, mut each: impl FnMut(&M, u64)) {
        let Some(seen) = &mut self.seen else { return };
        let now = Instant::now();
        for (metric, seen) in self.metrics.iter().zip(seen) {
            let trace = metric.trace();
            match *seen {
                Some((known, since)) if known == trace => {
                    if now.duration_since(since) >= after && !metric.is_held() {
                        each(metric, trace);
                    }
                }
                _ => *seen = Some((trace, now)),
            }
        }
    }

    /// Puts new series in their places and leaves out those that are gone.
    pub(super) fn update<S: std::hash::BuildHasher>(
        &mut self,
        born: Born<M>,
        gone: &HashSet<u32, S>,
    ) {
        let (specs, forgets) = (self.specs, self.seen.is_some());
        let room = self.metrics.len() + born.series.len();
        let empty = List::new(specs, self.constant.to_string(), forgets);
        let mut old = mem::replace(self, empty);
        self.metrics.reserve_exact(room);
        self.births.reserve_exact(room);
        self.sizes.reserve_exact(room);
        self.lines.reserve_exact(old.lines.len());

        let mut last = String::new();
        let Born { series, labels } = born;
        let mut series: Vec<_> = series.into_iter().map(Some).collect();
        let mut newcomers =
            sorted(specs, &labels, series.len())
                .into_iter()
                .filter_map(|newcomer| {
                    let (metric, birth) = series[newcomer.index].take()?;
                    let stays = !gone.contains(&birth.id());
                    let labels: Vec<_> = packed::unpack(specs, &labels[newcomer.at..]).collect();
                    stays.then_some((labels, metric, birth))
                });
        let mut newcomer = newcomers.next();
        let (metrics, births) = (mem::take(&mut old.metrics), mem::take(&mut old.births));
        let mut old_seen = old.seen.take().into_iter().flatten();
        let mut lines = Lines::new(&old, "");
        // Whether the series in front is the same as before.
        let mut is_in_place = true;
        // The next newcomer is known to come behind all that have so many bytes in common.
        let mut behind = usize::MAX;
        for (metric, birth) in metrics.into_iter().zip(births) {
            let line = lines.next();
            let seen = old_seen.next().flatten();
            if line.common < behind {
                behind = usize::MAX;
            }
            if !gone.is_empty() && gone.contains(&birth.id()) {
                is_in_place = false;
                continue;
            }
            while behind == usize::MAX
                && let Some((labels, metric, birth)) = newcomer.take()
            {
                match self.compare(&labels, &lines.labels) {
                    (Ordering::Less, _) => {
                        self.push_new(&mut last, &labels, metric, birth);
                        is_in_place = false;
                        newcomer = newcomers.next();
                    }
                    (_, end) => {
                        behind = end;
                        newcomer = Some((labels, metric, birth));
                    }
                }
            }
            if is_in_place {
                self.push_own(&mut last, line.common, line.own);
            } else {
                self.push_line(&mut last, &lines.labels);
                is_in_place = true;
            }
            self.metrics.push(metric);
            self.births.push(birth);
            if let Some(own) = &mut self.seen {
                own.push(seen);
            }
        }
        while let Some((labels, metric, birth)) = newcomer {
            self.push_new(&mut last, &labels, metric, birth);
            newcomer = newcomers.next();
        }
        self.lines.shrink_to_fit();
        self.births.shrink_to_fit();
        self.metrics.shrink_to_fit();
        self.sizes.shrink_to_fit();
    }
}

impl<M: Metric> List<M> {
    fn push_new(&mut self, last: &mut String, labels: &[Label<'_>], metric: M, birth: Birth) {
        let mut rendered = String::from(&*self.constant);
        render(self.specs, labels.iter().copied(), &mut rendered);
        self.push_line(last, &rendered);
        self.metrics.push(metric);
        self.births.push(birth);
        if let Some(seen) = &mut self.seen {
            seen.push(None);
        }
    }

    /// Writes the line of a series whose labels are `rendered`; `last` are those in front.
    fn push_line(&mut self, last: &mut String, rendered: &str) {
        let pairs = last.bytes().zip(rendered.bytes());
        let mut common = pairs.take_while(|(a, b)| a == b).count();
        common = common.min(usize::from(u16::MAX));
        while !rendered.is_char_boundary(common) || !last.is_char_boundary(common) {
            common -= 1;
        }
        self.push_own(last, common, &rendered[common..]);
    }

    fn push_own(&mut self, last: &mut String, common: usize, own: &str) {
        let length = u16::try_from(own.len()).unwrap_or(LONG);
        if length == LONG {
            self.long.push(own.len());
        }
        let common_size = u16::try_from(common).unwrap_or(u16::MAX);
        self.sizes.push([common_size, length]);
        self.lines.push_str(own);
        last.truncate(common);
        last.push_str(own);
        self.length += last.len();
    }

    /// How `labels` compare with a series that is there; with it, where in its text that shows.
    fn compare(&self, labels: &[Label<'_>], rendered: &str) -> (Ordering, usize) {
        let values = values(self.specs, rendered, self.constant.len());
        for ((spec, label), (text, end)) in self.specs.iter().zip(labels).zip(values) {
            let order = packed::order(*label, label_of(spec, &text));
            if order != Ordering::Equal {
                return (order, end);
            }
        }
        (Ordering::Equal, rendered.len())
    }
}
