//! Asks the policy from time to time, and does what it says.

use std::sync::Arc;

use tokio::time::{MissedTickBehavior, interval};

use super::{Memory, item::now};

impl Memory {
    /// Moves what belongs elsewhere, until the future is dropped. What is being moved is seen to its
    /// end.
    pub async fn keep_in_order(self: Arc<Self>) {
        let mut turns = interval(self.settings.curate_every);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            let memory = Arc::clone(&self);
            // A turn that panics is over; the next one is another.
            let _ = self.tasks.spawn(async move { memory.curate().await }).await;
        }
    }

    /// Asks the policy once; gives how much was decided.
    pub async fn curate(&self) -> usize {
        let placed = self.books().placed();
        let decided = self.settings.policy.decide(&placed, now());
        let count = decided.len();
        for decided in decided {
            self.carry_out(decided).await;
        }
        count
    }
}
