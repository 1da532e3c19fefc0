//! The bounded queue in which jobs wait for a worker.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{JobId, Measured};

/// Jobs that wait, first come, first served; each is measured from here on, so one that leaves
/// without a worker counts as cancelled.
#[derive(Debug)]
pub struct Queue {
    waiting: VecDeque<Waiting>,
    capacity: usize,
    deepest: usize,
}

#[derive(Debug)]
struct Waiting {
    id: JobId,
    measured: Measured,
    since: Instant,
}

impl Queue {
    /// An empty queue with room for so many jobs.
    pub fn new(capacity: usize) -> Self {
        Self {
            waiting: VecDeque::with_capacity(capacity),
            capacity,
            deepest: 0,
        }
    }

    /// Whether there is no room.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= self.capacity
    }

    /// Adds a job at the end.
    pub fn push(&mut self, id: JobId, measured: Measured) {
        let since = Instant::now();
        self.waiting.push_back(Waiting {
            id,
            measured,
            since,
        });
        self.deepest = self.deepest.max(self.waiting.len());
    }

    /// Takes the job that has waited longest.
    pub fn pop(&mut self) -> Option<(JobId, Measured)> {
        let Waiting { id, measured, .. } = self.waiting.pop_front()?;
        Some((id, measured))
    }

    /// Takes a job out of its turn; false where it does not wait here.
    pub fn remove(&mut self, id: JobId) -> bool {
        let place = self.waiting.iter().position(|waiting| waiting.id == id);
        place.and_then(|place| self.waiting.remove(place)).is_some()
    }

    /// How many jobs wait.
    pub fn depth(&self) -> usize {
        self.waiting.len()
    }

    /// How long the first one has been waiting.
    pub fn oldest(&self) -> Option<Duration> {
        Some(self.waiting.front()?.since.elapsed())
    }

    /// The most jobs that ever waited at the same time.
    pub fn deepest(&self) -> usize {
        self.deepest
    }
}

#[cfg(test)]
mod tests {
    use vitalsigns::{Registry, families::VideoGeneration, testing};

    use super::*;
    use crate::theme::Theme;

    #[test]
    fn jobs_leave_in_their_order_and_out_of_it() {
        let registry = Registry::new();
        let video = VideoGeneration::register(&registry).unwrap();
        let mut queue = Queue::new(3);
        for id in 1..=3 {
            assert!(!queue.is_full());
            queue.push(JobId(id), video.enqueue(Theme::Tech));
        }
        assert!(queue.is_full());
        assert!(queue.remove(JobId(2)));
        assert!(!queue.remove(JobId(2)));
        let queued = [("stage", "queued")];
        let depth = testing::value(&registry, "video_generation_in_progress", &queued);
        assert_eq!(depth, Some(2.0));
        let mut pop = || queue.pop().map(|(id, _)| id);
        assert_eq!(
            [pop(), pop(), pop()],
            [Some(JobId(1)), Some(JobId(3)), None]
        );
        assert_eq!((queue.depth(), queue.deepest()), (0, 3));
    }
}
