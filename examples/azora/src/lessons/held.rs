//! Lessons that have begun: held here until they are completed, or for too long.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use vitalsigns::families::learning::Lesson;

use crate::metrics::Subject;

/// How many lessons can have begun.
const MOST: usize = 10_000;
/// After which time a lesson counts as given up.
const LONGEST: Duration = Duration::from_secs(4 * 60 * 60);

/// Whose lesson it is, of which course, and which of them.
pub(super) type Key = (i64, String, i64);

/// The lessons that have begun. What is dropped with it counts as cancelled.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<HashMap<Key, (Instant, Lesson<Subject>)>>);

impl Held {
    /// A lesson has begun. One that had begun before goes on; nothing if there is no room.
    pub(super) fn begin(&self, key: Key, lesson: impl FnOnce() -> Lesson<Subject>) -> Option<()> {
        self.begin_with(key, lesson, MOST)
    }

    fn begin_with(
        &self,
        key: Key,
        lesson: impl FnOnce() -> Lesson<Subject>,
        most: usize,
    ) -> Option<()> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.contains_key(&key) {
            return Some(());
        }
        (held.len() < most).then(|| held.insert(key, (Instant::now(), lesson())))?;
        Some(())
    }

    /// Gives up the lessons that have begun too long ago.
    pub(super) fn sweep(&self) {
        self.sweep_at(Instant::now());
    }

    fn sweep_at(&self, now: Instant) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |since: Instant| now.saturating_duration_since(since) >= LONGEST;
        for (_, (_, lesson)) in held.extract_if(|_, (since, _)| is_old(*since)) {
            lesson.abandoned();
        }
    }

    /// Whether a lesson has begun.
    pub(super) fn has(&self, key: &Key) -> bool {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.contains_key(key)
    }

    /// Lets go of a lesson, so that it can say how it ended.
    pub(super) fn end(&self, key: &Key) -> Option<Lesson<Subject>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(key).map(|(_, lesson)| lesson)
    }
}

#[cfg(test)]
mod tests {
    use vitalsigns::{Registry, families::Learning, testing};

    use super::*;

    #[test]
    fn there_is_room_again_once_lessons_are_too_old() {
        let registry = Registry::new();
        let learning = Learning::register(&registry).unwrap();
        let held = Held::default();
        let begin = |user: i64| {
            let key = (user, "fractions".to_owned(), 1);
            held.begin_with(key, || learning.lesson(Subject::Mathematics), 2)
        };
        assert_eq!(begin(1), Some(()));
        assert_eq!(begin(2), Some(()));
        assert_eq!(begin(1), Some(()), "it goes on");
        assert_eq!(begin(3), None);
        held.sweep();
        assert_eq!(begin(3), None);
        held.sweep_at(Instant::now() + LONGEST);
        assert_eq!(begin(3), Some(()));
        let abandoned = [("subject", "mathematics"), ("outcome", "abandoned")];
        let abandoned = testing::value(&registry, "learning_lessons_total", &abandoned);
        assert_eq!(abandoned, Some(2.0));
    }
}
