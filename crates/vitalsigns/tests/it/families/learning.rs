//! Learning: enrolments, lessons, engagement, assessments.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use proptest::prelude::*;
use vitalsigns::families::Learning;
use vitalsigns::families::learning::{Assessment, Enrolment, Lesson};
use vitalsigns::{LabelValue, Registry, testing};

use super::nonzero;

#[derive(LabelValue, Clone, Copy)]
enum Subject {
    Languages,
    Maths,
}

fn new() -> (Registry, Learning<Subject>) {
    let registry = Registry::new();
    let learning = Learning::register(&registry).unwrap();
    (registry, learning)
}

fn graded(passed: bool, score_ratio: f64) -> Assessment {
    Assessment::Graded {
        passed,
        score_ratio,
    }
}

fn rejected(registry: &Registry, metric: &str) -> Option<f64> {
    let name = "vitalsigns_observations_rejected_total";
    testing::value(registry, name, &[("metric", metric)])
}

#[test]
fn a_typical_hour() {
    let (registry, learning) = new();
    for outcome in [
        Enrolment::Success,
        Enrolment::Success,
        Enrolment::Duplicate,
        Enrolment::Full,
    ] {
        learning.enrolled(Subject::Languages, outcome);
    }
    let open = learning.lesson(Subject::Maths);
    for _ in 0..5 {
        let lesson = learning.lesson(Subject::Languages);
        learning.engaged(Subject::Languages, Duration::from_millis(30_500));
        lesson.completed();
    }
    learning.lesson(Subject::Languages).abandoned();
    learning.lesson(Subject::Maths).failed();
    for (passed, score) in [(true, 0.875), (true, 1.0), (false, 0.0), (false, 0.375)] {
        learning.assessed(Subject::Maths, graded(passed, score));
    }
    learning.assessed(Subject::Maths, Assessment::Expired);
    learning.assessed(Subject::Maths, Assessment::Withdrawn);
    learning.assessed(Subject::Languages, Assessment::Failed);

    assert_eq!(
        nonzero(&registry, "learning_enrolments_total"),
        [
            "{subject=\"languages\",outcome=\"success\"} 2",
            "{subject=\"languages\",outcome=\"duplicate\"} 1",
            "{subject=\"languages\",outcome=\"full\"} 1",
        ]
    );
    testing::assert_family(
        &registry,
        "learning_lessons_total",
        "learning_lessons_total{subject=\"languages\",outcome=\"completed\"} 5\n\
         learning_lessons_total{subject=\"languages\",outcome=\"abandoned\"} 1\n\
         learning_lessons_total{subject=\"languages\",outcome=\"failed\"} 0\n\
         learning_lessons_total{subject=\"languages\",outcome=\"cancelled\"} 0\n\
         learning_lessons_total{subject=\"languages\",outcome=\"panicked\"} 0\n\
         learning_lessons_total{subject=\"maths\",outcome=\"completed\"} 0\n\
         learning_lessons_total{subject=\"maths\",outcome=\"abandoned\"} 0\n\
         learning_lessons_total{subject=\"maths\",outcome=\"failed\"} 1\n\
         learning_lessons_total{subject=\"maths\",outcome=\"cancelled\"} 0\n\
         learning_lessons_total{subject=\"maths\",outcome=\"panicked\"} 0\n",
    );
    testing::assert_family(
        &registry,
        "learning_lessons_in_progress",
        "learning_lessons_in_progress{subject=\"languages\"} 0\n\
         learning_lessons_in_progress{subject=\"maths\"} 1\n",
    );
    testing::assert_family(
        &registry,
        "learning_engagement_seconds_total",
        "learning_engagement_seconds_total{subject=\"languages\"} 152.5\n\
         learning_engagement_seconds_total{subject=\"maths\"} 0.0\n",
    );
    assert_eq!(
        nonzero(&registry, "learning_assessments_total"),
        [
            "{subject=\"languages\",outcome=\"failed\"} 1",
            "{subject=\"maths\",outcome=\"passed\"} 2",
            "{subject=\"maths\",outcome=\"not_passed\"} 2",
            "{subject=\"maths\",outcome=\"expired\"} 1",
            "{subject=\"maths\",outcome=\"withdrawn\"} 1",
        ]
    );
    let durations = "learning_lesson_duration_seconds";
    for (subject, outcome, count) in [
        ("languages", "completed", 5.0),
        ("languages", "abandoned", 1.0),
        ("maths", "failed", 1.0),
    ] {
        let labels = [("subject", subject), ("outcome", outcome)];
        assert_eq!(testing::value(&registry, durations, &labels), Some(count));
    }
    assert_eq!(testing::total(&registry, durations), 7.0);
    let scores = "learning_assessment_score_ratio";
    let maths = [("subject", "maths")];
    assert_eq!(testing::value(&registry, scores, &maths), Some(4.0));
    assert_eq!(
        testing::histogram_sum(&registry, scores, &maths),
        Some(2.25)
    );
    drop(open);
}

#[test]
fn a_lesson_that_is_dropped_is_cancelled_or_panicked() {
    struct Connection {
        _lesson: Lesson<Subject>,
    }
    let (registry, learning) = new();
    let connect = || Connection {
        _lesson: learning.lesson(Subject::Maths),
    };
    let connection = connect();
    let in_progress = || testing::total(&registry, "learning_lessons_in_progress");
    assert_eq!(in_progress(), 1.0);
    drop(connection);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _connection = connect();
        panic!("the work panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(in_progress(), 0.0);
    assert_eq!(
        nonzero(&registry, "learning_lessons_total"),
        [
            "{subject=\"maths\",outcome=\"cancelled\"} 1",
            "{subject=\"maths\",outcome=\"panicked\"} 1",
        ]
    );
}

#[test]
fn what_is_no_score_is_refused_and_counted() {
    let (registry, learning) = new();
    let scores = "learning_assessment_score_ratio";
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, 1.1, 85.0];
    for score in bad {
        learning.assessed(Subject::Maths, graded(true, score));
    }
    assert_eq!(rejected(&registry, scores), Some(bad.len() as f64));
    assert_eq!(testing::total(&registry, scores), 0.0);
    // The assessments took place all the same.
    assert_eq!(
        nonzero(&registry, "learning_assessments_total"),
        ["{subject=\"maths\",outcome=\"passed\"} 6"]
    );
}

#[test]
fn more_than_a_day_is_no_report() {
    let (registry, learning) = new();
    let day = Duration::from_secs(86_400);
    learning.engaged(Subject::Maths, day);
    learning.engaged(Subject::Maths, Duration::ZERO);
    learning.engaged(Subject::Maths, day + Duration::from_nanos(1));
    learning.engaged(Subject::Maths, Duration::MAX);
    let engagement = "learning_engagement_seconds_total";
    assert_eq!(rejected(&registry, engagement), Some(2.0));
    assert_eq!(testing::total(&registry, engagement), 86_400.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lessons_begun_are_lessons_ended_and_in_progress(
        events in prop::collection::vec((0..6u8, any::<bool>()), 1..120),
    ) {
        let (registry, learning) = new();
        let mut open = Vec::new();
        for (begun, (event, is_maths)) in (1..).zip(events) {
            let subject = if is_maths { Subject::Maths } else { Subject::Languages };
            open.push(learning.lesson(subject));
            let lesson = open.swap_remove(open.len() / 2);
            match event {
                0 => lesson.completed(),
                1 => lesson.abandoned(),
                2 => lesson.failed(),
                3 => drop(lesson),
                _ => open.push(lesson),
            }
            let ended = testing::total(&registry, "learning_lessons_total");
            prop_assert_eq!(ended + open.len() as f64, f64::from(begun));
            let timed = testing::total(&registry, "learning_lesson_duration_seconds");
            prop_assert_eq!(timed, ended);
            let in_progress = testing::total(&registry, "learning_lessons_in_progress");
            prop_assert_eq!(in_progress, open.len() as f64);
        }
    }

    #[test]
    fn every_assessment_counts_and_every_score_counts_or_is_refused(
        scores in prop::collection::vec(prop_oneof![any::<f64>(), 0.0..=1.0f64], 1..60),
    ) {
        let (registry, learning) = new();
        let family = "learning_assessment_score_ratio";
        for score in &scores {
            learning.assessed(Subject::Maths, graded(*score >= 0.5, *score));
        }
        let all = scores.len() as f64;
        prop_assert_eq!(testing::total(&registry, "learning_assessments_total"), all);
        let observed = testing::total(&registry, family);
        let refused = rejected(&registry, family).unwrap_or(0.0);
        prop_assert_eq!(observed + refused, all);
        let good = scores.iter().filter(|score| (0.0..=1.0).contains(*score)).count();
        prop_assert_eq!(observed, good as f64);
    }
}
