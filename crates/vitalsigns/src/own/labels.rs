//! What the library's own series are told apart by.

use crate::label::{Label, LabelSet, LabelSpec, LabelValues};
use crate::registry::{Dropped, Failure};

/// The metric that a series is about: as many as are registered.
pub(super) struct About<'a> {
    pub(super) metric: &'a str,
}

impl<'a> LabelSet for About<'a> {
    type Schema = About<'static>;
    const LABELS: &'static [LabelSpec] = &[LabelSpec {
        name: "metric",
        values: LabelValues::Capped(10_000),
    }];

    fn label(&self, _: usize) -> Label<'_> {
        Label::Open(self.metric)
    }
}

/// The collector that a series is about.
pub(super) struct Of<'a> {
    pub(super) collector: &'a str,
}

impl<'a> LabelSet for Of<'a> {
    type Schema = Of<'static>;
    const LABELS: &'static [LabelSpec] = &[COLLECTOR];

    fn label(&self, _: usize) -> Label<'_> {
        Label::Open(self.collector)
    }
}

/// The collector that a series is about, and why it failed.
pub(super) struct FailureOf<'a> {
    pub(super) collector: &'a str,
    pub(super) failure: Failure,
}

impl<'a> LabelSet for FailureOf<'a> {
    type Schema = FailureOf<'static>;
    const LABELS: &'static [LabelSpec] = &[
        COLLECTOR,
        LabelSpec {
            name: "cause",
            values: LabelValues::Closed(&["error", "panic", "deadline"]),
        },
    ];

    fn label(&self, index: usize) -> Label<'_> {
        match index {
            0 => Label::Open(self.collector),
            _ => Label::Closed(self.failure as usize),
        }
    }
}

const COLLECTOR: LabelSpec = LabelSpec {
    name: "collector",
    values: LabelValues::Capped(10_000),
};

const CAUSE: LabelSpec = LabelSpec {
    name: "cause",
    values: LabelValues::Closed(&["duplicate", "unreadable"]),
};

impl LabelSet for Dropped {
    type Schema = Dropped;
    const LABELS: &'static [LabelSpec] = &[CAUSE];

    fn label(&self, _: usize) -> Label<'_> {
        Label::Closed(*self as usize)
    }
}

/// A foreign family that is left out, and why.
pub(super) struct DroppedFamily<'a> {
    pub(super) cause: Dropped,
    pub(super) family: &'a str,
}

impl<'a> LabelSet for DroppedFamily<'a> {
    type Schema = DroppedFamily<'static>;
    const LABELS: &'static [LabelSpec] = &[
        CAUSE,
        LabelSpec {
            name: "family",
            values: LabelValues::Capped(100),
        },
    ];

    fn label(&self, index: usize) -> Label<'_> {
        match index {
            0 => Label::Closed(self.cause as usize),
            _ => Label::Open(self.family),
        }
    }
}

/// The status of an answer of the endpoint.
#[derive(Clone, Copy)]
pub(super) struct Code(pub(super) u16);

impl LabelSet for Code {
    type Schema = Code;
    const LABELS: &'static [LabelSpec] = &[LabelSpec {
        name: "code",
        values: LabelValues::Closed(CODES),
    }];

    fn label(&self, _: usize) -> Label<'_> {
        let digits = |code: &&str| code.parse() == Ok(self.0);
        Label::Closed(CODES.iter().position(digits).unwrap_or(CODES.len()))
    }
}

const CODES: &[&str] = &["200", "204", "401", "405", "500", "503"];
