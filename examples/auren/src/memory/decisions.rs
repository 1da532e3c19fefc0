//! What was decided of late, and why.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};
use vitalsigns::{
    LabelValue,
    families::memory::{Decision, DecisionOutcome, Reason, Tier},
};

use super::item::{Millis, now};

/// A decision about one item.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// What.
    pub decision: Decision,
    /// About which item.
    pub key: String,
    /// Where it is.
    pub from: Tier,
    /// Where it shall be; nowhere, where it is evicted.
    pub to: Option<Tier>,
    /// Why, from a closed set.
    pub reason: Reason,
    /// Why, in words.
    pub because: String,
}

/// What became of it.
#[derive(Clone, Debug)]
struct Noted {
    number: u64,
    at: Millis,
    decided: Decided,
    outcome: DecisionOutcome,
}

/// The last decisions.
#[derive(Debug)]
pub struct DecisionLog {
    noted: Mutex<(u64, VecDeque<Noted>)>,
    most: usize,
}

impl DecisionLog {
    pub(super) fn new(most: usize) -> Self {
        Self {
            noted: Mutex::default(),
            most: most.max(1),
        }
    }

    pub(super) fn note(&self, decided: Decided, outcome: DecisionOutcome) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, last) = &mut *noted;
        *count += 1;
        if last.len() == self.most {
            last.pop_front();
        }
        last.push_back(Noted {
            number: *count,
            at: now(),
            decided,
            outcome,
        });
    }

    /// How many there were since the start.
    pub fn count(&self) -> u64 {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// The last ones, newest first.
    pub fn last(&self, limit: usize) -> Vec<Value> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted
            .1
            .iter()
            .rev()
            .take(limit)
            .map(Noted::to_json)
            .collect()
    }
}

impl Noted {
    fn to_json(&self) -> Value {
        let decided = &self.decided;
        json!({
            "number": self.number,
            "at": self.at,
            "decision": decided.decision.as_label(),
            "key": decided.key,
            "from": decided.from.as_label(),
            "to": decided.to.map(|tier| tier.as_label()),
            "reason": decided.reason.as_label(),
            "because": decided.because,
            "outcome": self.outcome.as_label(),
        })
    }
}
