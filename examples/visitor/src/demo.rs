//! When the visits of a demo are due, and when its progress is to be told.

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until},
};

use crate::random::Random;

/// How soon the first line of progress is due.
const FIRST_PROGRESS: Duration = Duration::from_secs(1);
/// How often another one is.
const PROGRESS: Duration = Duration::from_secs(4);
/// How many visits may go on at the same time.
const MOST_VISITS: usize = 40;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The visit of this number.
    Visit(u64),
    /// A line of progress, so long after the start.
    Progress(Duration),
}

/// A demo that runs; when it is dropped, the visits that go on are broken off.
#[derive(Debug)]
pub struct Demo {
    pace: Duration,
    started: Instant,
    progress: Interval,
    next: Option<Instant>,
    number: u64,
    random: Random,
    visits: JoinSet<()>,
}

impl Demo {
    /// Starts a demo with so much time between two visits on average.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    pub fn start(pace: Duration) -> Self {
        let started = Instant::now();
        let mut progress = interval_at(started + FIRST_PROGRESS, PROGRESS);
        progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            pace,
            started,
            progress,
            next: None,
            number: 0,
            random: Random::new(20),
            visits: JoinSet::new(),
        }
    }

    /// Waits until something is due. A visit is left out where too many go on.
    ///
    /// Nothing is lost where the future is dropped.
    pub async fn due(&mut self) -> Due {
        loop {
            let next = *self.next.get_or_insert_with(|| {
                Instant::now() + self.pace.mul_f32(self.random.between(0.4, 1.6))
            });
            tokio::select! {
                () = sleep_until(next) => {}
                _ = self.progress.tick() => return Due::Progress(self.started.elapsed()),
            }
            self.next = None;
            let number = self.number;
            self.number += 1;
            while self.visits.try_join_next().is_some() {}
            if self.visits.len() < MOST_VISITS {
                return Due::Visit(number);
            }
        }
    }

    /// What chance decides by; the same in every demo.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// Makes a visit, beside those that go on.
    pub fn visit(&mut self, visit: impl Future<Output = ()> + Send + 'static) {
        self.visits.spawn(visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn visits_come_in_turn_and_no_more_than_there_is_room_for() {
        let mut demo = Demo::start(Duration::from_millis(1));
        let mut visits = Vec::new();
        while visits.len() < MOST_VISITS {
            if let Due::Visit(number) = demo.due().await {
                demo.visit(std::future::pending());
                visits.push(number);
            }
        }
        assert!(visits.iter().copied().eq(0..MOST_VISITS as u64));
        assert!(matches!(demo.due().await, Due::Progress(_)));
    }
}
