//! When the collectors run: once for all pages that are asked for at the same time.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::collectors::{self, Limits, Ran};
#[cfg(any(feature = "prometheus-client", feature = "testing"))]
use super::page::Asked;
use super::{Registry, lock};
use crate::sample::Collect;

/// The last time that the collectors were run, and what came of it.
#[derive(Default)]
pub(super) struct Run {
    number: u64,
    /// How long it could take.
    until: Option<Instant>,
    ran: Ran,
    /// Another one is on its way.
    is_running: bool,
}

impl Registry {
    /// Our own families after the collectors have run, without those of collectors that failed.
    #[cfg(any(feature = "prometheus-client", feature = "testing"))]
    pub(crate) fn collected(&self) -> Vec<Arc<dyn Collect>> {
        self.families_of(&self.collect_all(Asked::all().until))
    }

    pub(super) fn families_of(&self, ran: &Ran) -> Vec<Arc<dyn Collect>> {
        let left_out: HashSet<&String> = ran.left_out().collect();
        let mut families = self.families();
        families.retain(|family| !left_out.contains(&family.descriptor().name));
        families
    }

    /// Has the collectors read what they read.
    pub(super) fn collect_all(&self, until: Instant) -> Ran {
        let collectors = self.state().collectors.clone();
        if collectors.is_empty() || self.is_within_collector() {
            return Ran::default();
        }
        let identity = Arc::as_ptr(&self.inner).addr();
        let arrived = self.inner.runs.load(Ordering::SeqCst);
        // One run at a time: two pages at once would ask the same collectors at once. A page that
        // had to wait for a run that began after it arrived has what it needs, unless that run was
        // cut short for somebody with less time.
        let mut last = lock(&self.inner.last_run);
        loop {
            let had_time = !last.ran.is_cut_short || last.until.is_some_and(|end| end >= until);
            if last.number > arrived && had_time {
                return last.ran.clone();
            }
            if !last.is_running {
                break;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(last);
                return collectors::asked_nobody(&collectors);
            }
            let woken = self.inner.run_ended.wait_timeout(last, left);
            last = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        last.is_running = true;
        drop(last);
        let number = self.inner.runs.fetch_add(1, Ordering::SeqCst) + 1;
        let each = self.inner.settings.collect_deadline;
        let run = || collectors::run(identity, &collectors, Limits { each, until });
        let ran = catch_unwind(AssertUnwindSafe(run));
        let mut last = lock(&self.inner.last_run);
        last.is_running = false;
        self.inner.run_ended.notify_all();
        match ran {
            Ok(ran) => {
                last.number = number;
                last.until = Some(until);
                last.ran = ran.clone();
                ran
            }
            Err(panic) => {
                drop(last);
                resume_unwind(panic)
            }
        }
    }

    /// The families that the last page went without, because their collectors failed.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let last = lock(&self.inner.last_run);
        last.ran.left_out().cloned().collect()
    }

    /// Whether this is called by one of the collectors.
    pub(crate) fn is_within_collector(&self) -> bool {
        collectors::is_within(Arc::as_ptr(&self.inner).addr())
    }

    /// Whether a page has to wait for code that is not ours.
    pub(crate) fn waits(&self) -> bool {
        !self.state().collectors.is_empty()
    }
}
