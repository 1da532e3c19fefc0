//! The series of a family in the order of the page, as scrapes read them from front to back.
//!
//! The labels are kept rendered, without what they have in common with those in front of them:
//! `a="1",b="1"` and `a="1",b="2"` are 11 characters and one. It takes little memory, and less of it
//! has to be read.

use std::cmp::Ordering;
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
    /// For each series, packed: how many bytes it has in common with the one in front, how many it
    /// has of its own, and these.
    lines: String,
    /// How long the labels of all are.
    length: usize,
    /// Of a family that forgets idle series: what a scrape last saw of each, and when that was new.
    seen: Option<Vec<Option<(u64, Instant)>>>,
}

/// Reads the lines from the front.
struct Lines<'a> {
    rest: &'a str,
    /// The labels of the series that was read last.
    labels: String,
}

/// One line as it stands there.
struct Line<'a> {
    common: usize,
    own: &'a str,
    whole: &'a str,
}

impl<'a> Lines<'a> {
    fn new(lines: &'a str) -> Self {
        Lines {
            rest: lines,
            labels: String::new(),
        }
    }

    #[inline]
    fn next(&mut self) -> Line<'a> {
        let (common, behind) = packed::number(self.rest.as_bytes());
        let (length, behind) = packed::number(behind);
        let start = self.rest.len() - behind.len();
        let (whole, rest) = self.rest.split_at(start + length);
        let own = &whole[start..];
        self.rest = rest;
        self.labels.truncate(common);
        self.labels.push_str(own);
        Line { common, own, whole }
    }
}

impl<M: Metric> List<M> {
    pub(super) fn new(specs: &'static [LabelSpec], constant: String, forgets: bool) -> Self {
        List {
            specs,
            constant: constant.into(),
            metrics: Vec::new(),
            births: Vec::new(),
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

    /// Calls `each` for every series, in order.
    #[inline]
    pub(super) fn each(&self, mut each: impl FnMut(usize, &M, u32, Labels<'_>)) {
        let mut lines = Lines::new(&self.lines);
        for (index, (metric, birth)) in self.metrics.iter().zip(&self.births).enumerate() {
            lines.next();
            let labels = Labels {
                specs: self.specs,
                rendered: &lines.labels,
                constant: self.constant.len(),
                created: birth.created(),
            };
            each(index, metric, birth.id(), labels);
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
        let old = std::mem::replace(self, empty);
        self.metrics.reserve_exact(room);
        self.births.reserve_exact(room);
        self.lines.reserve_exact(old.lines.len());

        let mut last = String::new();
        let Born { series, labels } = born;
        let mut series: Vec<_> = series.into_iter().map(Some).collect();
        let mut newcomers = sorted(specs, &labels, series.len())
            .into_iter()
            .filter_map(|newcomer| {
                let (metric, birth) = series[newcomer.index].take()?;
                let stays = !gone.contains(&birth.id());
                let labels: Vec<_> = packed::unpack(specs, &labels[newcomer.at..]).collect();
                stays.then_some((labels, metric, birth))
            });
        let mut newcomer = newcomers.next();
        let mut old_seen = old.seen.into_iter().flatten();
        let mut lines = Lines::new(&old.lines);
        // Whether the series in front is the same as before.
        let mut is_in_place = true;
        // The next newcomer is known to come behind all that have so many bytes in common.
        let mut behind = usize::MAX;
        for (metric, birth) in old.metrics.into_iter().zip(old.births) {
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
                self.lines.push_str(line.whole);
                last.truncate(line.common);
                last.push_str(line.own);
                self.length += last.len();
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
        while !rendered.is_char_boundary(common) || !last.is_char_boundary(common) {
            common -= 1;
        }
        let own = &rendered[common..];
        packed::push_number(common, &mut self.lines);
        packed::push_number(own.len(), &mut self.lines);
        self.lines.push_str(own);
        last.truncate(common);
        last.push_str(own);
        self.length += rendered.len();
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
