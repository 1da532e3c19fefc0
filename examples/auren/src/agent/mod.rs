//! The agent: what it makes of events, and what it does about it.

mod labels;
mod machine;
mod trend;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use vitalsigns::{
    LabelValue,
    families::agent::{Agent as Running, NotApplied},
    instrument_metrics,
};

pub use labels::{Anomaly, Category, Decision, Mode, Pattern, Trigger};
pub use machine::{Effect, Hypothesis, Machine, Reading};

use crate::{
    events::{Event, Kind},
    memory::{Memory, MemoryError, Millis, millis, now},
    metrics::Metrics,
};

/// How many hypotheses are kept for people to see.
const HYPOTHESES: usize = 20;

/// An agent that runs.
#[derive(Debug)]
pub struct Agent {
    mind: Mutex<Mind>,
    running: Running<Mode, Trigger>,
    memory: Arc<Memory>,
    metrics: Metrics,
}

/// What the agent has in its mind, beside its memory.
#[derive(Debug)]
struct Mind {
    machine: Machine,
    switches: u64,
    anomalies: u64,
    /// How each hypothesis ended.
    ended: Vec<(Hypothesis, &'static str)>,
}

impl Agent {
    /// Starts an agent with this memory, and minutes of this length.
    pub fn start(memory: Arc<Memory>, metrics: Metrics, minute: Duration) -> Self {
        Self {
            mind: Mutex::new(Mind {
                machine: Machine::new(millis(minute)),
                switches: 0,
                anomalies: 0,
                ended: Vec::new(),
            }),
            running: metrics.modes.start(Mode::Baseline),
            memory,
            metrics,
        }
    }

    fn mind(&self) -> MutexGuard<'_, Mind> {
        self.mind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes of an event what follows from it.
    pub async fn observe(&self, event: &Event) {
        let reading = Reading {
            kind: event.kind,
            value: event.value,
            at: event.at,
        };
        let effects = {
            let mut mind = self.mind();
            let effects = mind.machine.observe(reading);
            self.record(&mut mind, &effects);
            effects
        };
        for effect in &effects {
            self.act(effect, event).await;
        }
        self.note_usual(event.kind).await;
    }

    /// Time passes.
    pub fn tick(&self) {
        let mut mind = self.mind();
        let effects = mind.machine.tick(now());
        self.record(&mut mind, &effects);
    }

    /// In the order in which it happened, so under the lock.
    fn record(&self, mind: &mut Mind, effects: &[Effect]) {
        let findings = &self.metrics.findings;
        for effect in effects {
            match effect {
                Effect::Switched { to, trigger } => {
                    mind.switches += 1;
                    self.running.switch(*to, *trigger);
                }
                Effect::Anomaly(anomaly) => {
                    mind.anomalies += 1;
                    findings.anomaly(*anomaly);
                }
                Effect::Formed(formed) => findings.hypothesis(formed.category, formed.confidence),
                Effect::Confirmed(one) => mind.end(one, "confirmed"),
                Effect::Refuted(one) => mind.end(one, "refuted"),
                Effect::Pattern(pattern, significance) => findings.pattern(*pattern, *significance),
            }
        }
    }

    /// Does something about it. What cannot be done now is not done later: the next event tells
    /// more.
    async fn act(&self, effect: &Effect, event: &Event) {
        let done = match effect {
            Effect::Anomaly(anomaly) => self.alert(*anomaly, event).await,
            Effect::Pattern(pattern, significance) => self.learn(*pattern, *significance).await,
            Effect::Formed(hypothesis) => self.review(hypothesis).await,
            _ => Ok(()),
        };
        // It is counted as what it is.
        drop(done);
    }

    #[instrument_metrics(on = self.metrics.decisions, decision = Decision::Alert, error = |_| NotApplied::Failed)]
    async fn alert(&self, anomaly: Anomaly, event: &Event) -> Result<(), MemoryError> {
        let key = format!("alert.{}", event.name());
        let alert = json!({ "anomaly": anomaly.as_label(), "value": event.value, "at": event.at });
        self.memory.remember(key, alert.to_string()).await.map(drop)
    }

    #[instrument_metrics(on = self.metrics.decisions, decision = Decision::Learn, error = |_| NotApplied::Failed)]
    async fn learn(&self, pattern: Pattern, significance: f64) -> Result<(), MemoryError> {
        let key = format!("pattern.{}", pattern.as_label());
        let learnt = json!({ "significance": significance, "at": now() });
        self.memory
            .remember(key, learnt.to_string())
            .await
            .map(drop)
    }

    #[instrument_metrics(on = self.metrics.decisions, decision = Decision::Review, error = |_| NotApplied::Failed)]
    async fn review(&self, hypothesis: &Hypothesis) -> Result<(), MemoryError> {
        match self.memory.recall(&usual_key(hypothesis.kind)).await {
            Ok(_) | Err(MemoryError::Unknown) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What is usual is recalled and remembered anew with each event, so it is hot.
    async fn note_usual(&self, kind: Kind) {
        let key = usual_key(kind);
        let usual = json!({ "usual": self.mind().machine.usual(kind) });
        if !matches!(
            self.memory.recall(&key).await,
            Err(MemoryError::Unreachable(_))
        ) {
            drop(self.memory.remember(key, usual.to_string()).await);
        }
    }

    /// Ends its run.
    pub fn stop(self) {
        self.running.stop();
    }

    /// The mode that it is in.
    pub fn mode(&self) -> Mode {
        self.mind().machine.mode()
    }

    /// What there is to know about it.
    pub fn to_json(&self) -> Value {
        let mind = self.mind();
        let since: Option<Millis> = mind.machine.since();
        let ended =
            mind.ended.iter().rev().map(
                |(hypothesis, outcome)| json!({ "hypothesis": hypothesis, "outcome": outcome }),
            );
        json!({
            "mode": mind.machine.mode(),
            "since": since,
            "switches": mind.switches,
            "anomalies": mind.anomalies,
            "hypothesis": mind.machine.hypothesis(),
            "ended": ended.collect::<Vec<_>>(),
        })
    }
}

impl Mind {
    fn end(&mut self, hypothesis: &Hypothesis, outcome: &'static str) {
        if self.ended.len() == HYPOTHESES {
            self.ended.remove(0);
        }
        self.ended.push((hypothesis.clone(), outcome));
    }
}

fn usual_key(kind: Kind) -> String {
    format!("usual.{}", kind.as_label())
}
