//! What is measured: something that does one operation over and over, and the page that proves it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::page::Page;

/// What a subject is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Class {
    /// The same work, or less, by hand and without any library.
    Floor,
    /// This library.
    Ours,
    /// Another library, used as its documentation does it.
    Peer,
    /// Another library, told more beforehand than the scenario allows: handles, declared values.
    Aside,
}

impl Class {
    /// The word in the tables.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Class::Floor => "floor",
            Class::Ours => "ours",
            Class::Peer => "peer",
            Class::Aside => "aside",
        }
    }
}

/// A library with the metrics of one scenario.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    /// What the samples that count operations begin with.
    counts: Option<&'static str>,
    run: Box<dyn Fn(Range<u64>) + Send + Sync>,
    upkeep: Option<Box<dyn Fn() + Send + Sync>>,
    page: Box<dyn Fn() -> Vec<u8> + Send + Sync>,
}

impl Subject {
    /// Runs `operation` once for each number; `page` is its scrape.
    pub(crate) fn recording<P: Into<Vec<u8>>>(
        name: &'static str,
        class: Class,
        operation: impl Fn(u64) + Send + Sync + 'static,
        page: impl Fn() -> P + Send + Sync + 'static,
    ) -> Self {
        let run = move |range: Range<u64>| range.for_each(&operation);
        Subject::looping(name, class, run, page)
    }

    /// The loop is the subject's own, so that what a thread needs is fetched once.
    pub(crate) fn looping<P: Into<Vec<u8>>>(
        name: &'static str,
        class: Class,
        run: impl Fn(Range<u64>) + Send + Sync + 'static,
        page: impl Fn() -> P + Send + Sync + 'static,
    ) -> Self {
        Subject {
            name,
            class,
            counts: None,
            upkeep: None,
            run: Box::new(run),
            page: Box::new(move || page().into()),
        }
    }

    /// Each operation is to be counted by the samples that begin with this.
    pub(crate) fn counting(mut self, samples: &'static str) -> Self {
        self.counts = Some(samples);
        self
    }

    /// What has to be done from time to time; it is part of a round.
    #[cfg(feature = "peers")]
    pub(crate) fn with_upkeep(mut self, upkeep: impl Fn() + Send + Sync + 'static) -> Self {
        self.upkeep = Some(Box::new(upkeep));
        self
    }

    /// How many operations the page has counted.
    pub(crate) fn counted(&self) -> Option<f64> {
        let counts = self.counts?;
        Some(self.page().total(|line| line.starts_with(counts)))
    }

    /// The loop that is measured, under a name of its own for profilers.
    #[inline(never)]
    pub(crate) fn measured(&self, range: Range<u64>) {
        (self.run)(range);
    }

    /// What a round ends with, when all threads have run their loops.
    #[inline(never)]
    pub(crate) fn measured_upkeep(&self) {
        if let Some(upkeep) = &self.upkeep {
            upkeep();
        }
    }

    pub(crate) fn warm_up(&self, range: Range<u64>) {
        (self.run)(range);
    }

    pub(crate) fn page(&self) -> Page {
        Page::read(&(self.page)())
    }
}
