//! When which collectors run: once for all pages that are asked for at the same time, and only
//! those that one of the pages needs.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use super::Registry;
use super::collectors::{self, Collector, Limits, Ran};
use super::page::Asked;
use crate::sample::Collect;
use crate::turns::Turns;

/// Runs of the collectors that somebody needs, and until when each of them could take.
pub(super) type Runs = Turns<Vec<Arc<Collector>>, (Ran, Instant)>;

impl Registry {
    /// Our own families after the collectors have run, without those of collectors that failed.
    #[cfg(any(feature = "prometheus-client", feature = "testing"))]
    pub(crate) fn collected(&self) -> Vec<Arc<dyn Collect>> {
        self.families_of(&self.collect_for(&Asked::all()))
    }

    pub(super) fn families_of(&self, ran: &Ran) -> Vec<Arc<dyn Collect>> {
        let left_out: HashSet<&String> = ran.left_out().collect();
        let mut families = self.families();
        families.retain(|family| !left_out.contains(&family.descriptor().name));
        families
    }

    /// Has the collectors read what is asked for.
    pub(super) fn collect_for(&self, asked: &Asked<'_>) -> Ran {
        let needed = self.needed(asked);
        if needed.is_empty() || self.is_within_collector() {
            return Ran::default();
        }
        // One run at a time: two pages at once would ask the same collectors at once. A page that
        // had to wait for a run that began after it arrived has what it needs, for that run was told
        // of it, unless it was cut short for somebody with less time.
        let until = asked.until;
        let suits = |(ran, end): &(Ran, Instant)| !ran.lacks_time(&needed) || *end >= until;
        let run = |needs: &[Vec<Arc<Collector>>]| (self.run(needs, until), until);
        let ran = self.inner.runs.shared(needed.clone(), until, suits, run);
        match ran {
            Some((ran, _)) => ran.of(&needed),
            None => Ran::nobody(&needed),
        }
    }

    /// Runs the collectors that somebody needs, in their order.
    fn run(&self, needs: &[Vec<Arc<Collector>>], until: Instant) -> Ran {
        let needed: HashSet<_> = needs.iter().flatten().map(Arc::as_ptr).collect();
        let mut collectors = self.state().collectors.clone();
        collectors.retain(|collector| needed.contains(&Arc::as_ptr(collector)));
        let identity = Arc::as_ptr(&self.inner).addr();
        let each = self.inner.settings.collect_deadline;
        collectors::run(identity, &collectors, Limits { each, until })
    }

    /// The collectors that bring up to date what is asked for.
    fn needed(&self, asked: &Asked<'_>) -> Vec<Arc<Collector>> {
        let reads_theirs = self.may_have_foreign(asked);
        let state = self.state();
        let is_wanted = |name: &String| {
            let family = state.families.get(name).map(|family| family.descriptor());
            family.is_some_and(|family| asked.wants(&family.name, family.base_name()))
        };
        let is_needed = |collector: &&Arc<Collector>| {
            asked.wants_all_collectors()
                || collector.families().iter().any(is_wanted)
                || (reads_theirs
                    && state
                        .foreign
                        .iter()
                        .any(|source| source.is_read_by(collector)))
        };
        let collectors = state.collectors.iter();
        collectors.filter(is_needed).cloned().collect()
    }

    /// The families that a page went without since then, because of their collectors; since ever,
    /// if there is no then.
    pub(crate) fn left_out(&self, since: Option<Instant>) -> HashSet<String> {
        let state = self.state();
        let mut collectors: Vec<_> = state.collectors.iter().collect();
        collectors.retain(|collector| collector.was_left_out(since));
        let families = collectors.iter().flat_map(|collector| collector.families());
        families.cloned().collect()
    }

    /// Whether this is called by one of the collectors.
    pub(crate) fn is_within_collector(&self) -> bool {
        collectors::is_within(Arc::as_ptr(&self.inner).addr())
    }

    /// Whether a page of this has to wait for code that is not ours.
    pub(crate) fn waits(&self, asked: &Asked<'_>) -> bool {
        !self.needed(asked).is_empty()
    }
}
