//! The bounded queue in which jobs wait for a worker.

use std::collections::VecDeque;

use super::JobId;

/// Jobs that wait, first come, first served.
#[derive(Debug)]
pub struct Queue {
    waiting: VecDeque<JobId>,
    capacity: usize,
    deepest: usize,
}

/// The queue has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Queue {
    /// An empty queue with room for so many jobs.
    pub fn new(capacity: usize) -> Self {
        Self {
            waiting: VecDeque::with_capacity(capacity),
            capacity,
            deepest: 0,
        }
    }

    /// Adds a job at the end, where there is room.
    pub fn push(&mut self, id: JobId) -> Result<(), Full> {
        if self.waiting.len() >= self.capacity {
            return Err(Full);
        }
        self.waiting.push_back(id);
        self.depth_changed();
        Ok(())
    }

    /// Takes the job that has waited longest.
    pub fn pop(&mut self) -> Option<JobId> {
        let id = self.waiting.pop_front()?;
        self.depth_changed();
        Some(id)
    }

    /// Takes a job out of its turn; false where it does not wait here.
    pub fn remove(&mut self, id: JobId) -> bool {
        let Some(at) = self.waiting.iter().position(|waiting| *waiting == id) else {
            return false;
        };
        self.waiting.remove(at);
        self.depth_changed();
        true
    }

    /// How many jobs wait.
    pub fn depth(&self) -> usize {
        self.waiting.len()
    }

    /// The most jobs that ever waited at the same time.
    pub fn deepest(&self) -> usize {
        self.deepest
    }

    /// The one place that every change of the depth passes through.
    fn depth_changed(&mut self) {
        self.deepest = self.deepest.max(self.waiting.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_leave_in_their_order_and_out_of_it() {
        let mut queue = Queue::new(3);
        for id in 1..=3 {
            queue.push(JobId(id)).unwrap();
        }
        assert_eq!(queue.push(JobId(4)), Err(Full));
        assert!(queue.remove(JobId(2)));
        assert!(!queue.remove(JobId(2)));
        assert_eq!(
            [queue.pop(), queue.pop(), queue.pop()],
            [Some(JobId(1)), Some(JobId(3)), None]
        );
        assert_eq!((queue.depth(), queue.deepest()), (0, 3));
    }
}
