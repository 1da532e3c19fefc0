//! What the tests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use serde_json::Value;
use tests::poll;
use vitalsigns_health::{Check, Group, Outcome, ProbeRequest, Probes, State};

/// Longer than anything takes, but for what hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A check that is run every 20 ms.
pub(crate) fn quick(check: Check) -> Check {
    check
        .interval(Duration::from_millis(20))
        .timeout(Duration::from_millis(20))
        .stale_after(Duration::from_secs(60))
}

#[track_caller]
pub(crate) fn wait_for(probes: &Probes, check: &str, state: State) {
    poll::until_ok(DEADLINE, &format!("{check} to be {state}"), || {
        let status = probes.check(check).ok_or("it is not there")?;
        match status.state == state {
            true => Ok(()),
            false => Err(format!("{status:?}")),
        }
    });
}

#[track_caller]
pub(crate) fn wait_until_ready(probes: &Probes) {
    poll::until_ok(DEADLINE, "readiness", || match probes.group(Group::Ready) {
        ready if ready.is_passing => Ok(()),
        ready => Err(format!("{ready:?}")),
    });
}

/// What a check finds, to be changed from outside.
#[derive(Clone, Default)]
pub(crate) struct Dial(Arc<AtomicU8>);

impl Dial {
    pub(crate) fn set(&self, state: State) {
        self.0.store(state as u8, Ordering::Relaxed);
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self.0.load(Ordering::Relaxed) {
            0 => Outcome::up(),
            1 => Outcome::degraded("turned"),
            2 => Outcome::unknown("turned"),
            _ => Outcome::down("turned"),
        }
    }

    pub(crate) fn check(&self, name: &str) -> Check {
        let dial = self.clone();
        quick(Check::new(name, move || {
            let outcome = dial.outcome();
            async { outcome }
        }))
    }
}

/// Status and body of a probe.
pub(crate) fn ask(probes: &Probes, group: Group, headers: &[(&str, &str)]) -> (u16, Value) {
    let request = headers
        .iter()
        .fold(ProbeRequest::new("GET"), |request, (name, value)| {
            request.header(name, value.as_bytes())
        });
    let answer = probes.answer(group, &request);
    let body = serde_json::from_slice(&answer.body).expect("the body is JSON");
    (answer.status, body)
}
