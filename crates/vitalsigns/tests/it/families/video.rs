//! Videos: what is made, in which stage it is, how it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use vitalsigns::families::VideoGeneration;
use vitalsigns::families::ai::Level;
use vitalsigns::families::video::{ErrorKind, Output, Stage};
use vitalsigns::testing::{assert_family, histogram_sum, total, value};
use vitalsigns::{LabelValue, Registry};

use super::counts::counts;
use super::nonzero;

#[derive(LabelValue, Clone, Copy)]
enum Theme {
    Tech,
    Nature,
}

fn video() -> (Registry, VideoGeneration<Theme>) {
    let registry = Registry::new();
    let video = VideoGeneration::register(&registry).unwrap();
    (registry, video)
}

fn rejected(registry: &Registry, metric: &str) -> Option<f64> {
    let labels = [("metric", metric)];
    value(registry, "vitalsigns_observations_rejected_total", &labels)
}

#[test]
fn a_typical_hour() {
    let (registry, video) = video();
    for minute in 0..60 {
        let mut job = video.enqueue(Theme::Tech);
        if minute == 40 {
            drop(job);
        } else {
            job.stage(Stage::Planning);
            job.stage(Stage::Rendering);
            if minute == 20 {
                job.fail(ErrorKind::Timeout);
            } else {
                job.stage(Stage::Encoding);
                job.stage(Stage::Uploading);
                job.succeed(Output {
                    seconds: 10.0,
                    bytes: 1_000_000,
                });
                video.quality(Theme::Tech, Level::Standard, 0.75);
            }
        }
        let mut job = video.start(Theme::Nature);
        if minute == 50 {
            job.fail(ErrorKind::InvalidInput);
        } else {
            job.stage(Stage::Loading);
            job.succeed(Output {
                seconds: 2.5,
                bytes: 500,
            });
        }
        if minute % 15 == 0 {
            video.reject(Theme::Nature);
        }
    }
    let waiting = video.enqueue(Theme::Tech);
    let mut going = video.start(Theme::Nature);
    going.stage(Stage::Rendering);
    assert_eq!(
        nonzero(&registry, "video_generation_total"),
        [
            r#"{theme="tech",outcome="success"} 58"#,
            r#"{theme="tech",outcome="failed"} 1"#,
            r#"{theme="tech",outcome="cancelled"} 1"#,
            r#"{theme="nature",outcome="success"} 59"#,
            r#"{theme="nature",outcome="failed"} 1"#,
            r#"{theme="nature",outcome="rejected"} 4"#,
        ]
    );
    assert_eq!(
        nonzero(&registry, "video_generation_failures_total"),
        [
            r#"{error_type="invalid_input",stage="planning"} 1"#,
            r#"{error_type="timeout",stage="rendering"} 1"#,
        ]
    );
    assert_family(
        &registry,
        "video_generation_in_progress",
        "video_generation_in_progress{stage=\"queued\"} 1\n\
         video_generation_in_progress{stage=\"planning\"} 0\n\
         video_generation_in_progress{stage=\"loading\"} 0\n\
         video_generation_in_progress{stage=\"rendering\"} 1\n\
         video_generation_in_progress{stage=\"encoding\"} 0\n\
         video_generation_in_progress{stage=\"uploading\"} 0\n",
    );
    assert_family(
        &registry,
        "video_output_seconds_total",
        "video_output_seconds_total{theme=\"tech\"} 580.0\n\
         video_output_seconds_total{theme=\"nature\"} 147.5\n",
    );
    assert_family(
        &registry,
        "video_output_bytes_total",
        "video_output_bytes_total{theme=\"tech\"} 58000000\n\
         video_output_bytes_total{theme=\"nature\"} 29500\n",
    );
    assert_eq!(
        counts(&registry, "video_generation_duration_seconds"),
        [
            r#"{theme="tech",outcome="success"} 58"#,
            r#"{theme="tech",outcome="failed"} 1"#,
            r#"{theme="tech",outcome="cancelled"} 1"#,
            r#"{theme="nature",outcome="success"} 59"#,
            r#"{theme="nature",outcome="failed"} 1"#,
        ]
    );
    assert_eq!(
        counts(&registry, "video_generation_stage_duration_seconds"),
        [
            r#"{stage="queued"} 60"#,
            r#"{stage="planning"} 120"#,
            r#"{stage="loading"} 59"#,
            r#"{stage="rendering"} 59"#,
            r#"{stage="encoding"} 58"#,
            r#"{stage="uploading"} 58"#,
        ]
    );
    assert_eq!(
        counts(&registry, "video_quality_score"),
        [r#"{theme="tech",level="standard"} 58"#]
    );
    let labels = [("theme", "tech"), ("level", "standard")];
    let sum = histogram_sum(&registry, "video_quality_score", &labels);
    assert_eq!(sum, Some(43.5));
    let oldest = "video_generation_oldest_start_timestamp_seconds";
    let since = |stage| value(&registry, oldest, &[("stage", stage)]).unwrap();
    assert!(since("queued") > 1.7e9 && since("rendering") > 1.7e9);
    assert!(since("planning").is_nan());
    drop((waiting, going));
    assert!(since("queued").is_nan() && since("rendering").is_nan());
    assert!(nonzero(&registry, "video_generation_in_progress").is_empty());
}

#[test]
fn a_job_that_is_dropped_is_cancelled_and_one_that_a_panic_drops_is_panicked() {
    let (registry, video) = video();
    let owner = vec![video.enqueue(Theme::Tech)];
    drop(owner);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut job = video.start(Theme::Nature);
        job.stage(Stage::Encoding);
        panic!("the encoder panics, as the test wants it");
    }));
    assert!(result.is_err());
    let outcomes = [
        r#"{theme="tech",outcome="cancelled"} 1"#,
        r#"{theme="nature",outcome="panicked"} 1"#,
    ];
    assert_eq!(nonzero(&registry, "video_generation_total"), outcomes);
    assert_eq!(
        counts(&registry, "video_generation_duration_seconds"),
        outcomes
    );
    assert!(nonzero(&registry, "video_generation_in_progress").is_empty());
    assert!(nonzero(&registry, "video_generation_failures_total").is_empty());
    assert_eq!(total(&registry, "video_output_bytes_total"), 0.0);
}

#[test]
fn what_is_no_measurement_is_rejected_and_nothing_else_is_lost() {
    let (registry, video) = video();
    let bad = [-1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for seconds in bad {
        let output = Output { seconds, bytes: 10 };
        video.start(Theme::Tech).succeed(output);
        video.quality(Theme::Tech, Level::Light, seconds);
    }
    video.quality(Theme::Tech, Level::Light, 0.5);
    assert_eq!(
        nonzero(&registry, "video_generation_total"),
        [r#"{theme="tech",outcome="success"} 4"#]
    );
    assert_eq!(total(&registry, "video_generation_duration_seconds"), 4.0);
    assert_eq!(total(&registry, "video_output_bytes_total"), 40.0);
    assert_eq!(total(&registry, "video_output_seconds_total"), 0.0);
    assert_eq!(total(&registry, "video_quality_score"), 1.0);
    for metric in ["video_output_seconds_total", "video_quality_score"] {
        assert_eq!(rejected(&registry, metric), Some(4.0), "{metric}");
    }
    assert!(nonzero(&registry, "video_generation_in_progress").is_empty());
}

proptest! {
    #[test]
    fn attempts_are_outcomes_and_what_is_in_progress(
        steps in prop::collection::vec(
            (any::<bool>(), any::<bool>(), 0_usize..6, 0_u8..6, 0_u32..1_000_000),
            0..60,
        )
    ) {
        let (registry, video) = video();
        let mut jobs = Vec::new();
        let (mut bytes, mut entered, mut turned_away) = (0.0, 0.0, 0.0);
        for (attempt, (is_tech, is_queued, stage, step, size)) in steps.into_iter().enumerate() {
            let theme = if is_tech { Theme::Tech } else { Theme::Nature };
            if step == 5 {
                video.reject(theme);
                turned_away += 1.0;
            } else {
                let mut job = if is_queued { video.enqueue(theme) } else { video.start(theme) };
                job.stage(Stage::from_index(stage).unwrap());
                entered += 2.0;
                jobs.push(job);
            }
            if !jobs.is_empty() {
                match step {
                    0 => drop(jobs.swap_remove(0)),
                    1 => {
                        let output = Output { seconds: f64::from(size), bytes: size.into() };
                        jobs.swap_remove(0).succeed(output);
                        bytes += f64::from(size);
                    }
                    2 => jobs.swap_remove(0).fail(ErrorKind::Internal),
                    _ => {}
                }
            }
            let ended = total(&registry, "video_generation_total");
            let going = total(&registry, "video_generation_in_progress");
            prop_assert_eq!(going, jobs.len() as f64);
            prop_assert_eq!(ended + going, (attempt + 1) as f64);
            let timed = total(&registry, "video_generation_duration_seconds");
            prop_assert_eq!(timed + turned_away, ended);
            let left = total(&registry, "video_generation_stage_duration_seconds");
            prop_assert_eq!(left + going, entered);
            prop_assert_eq!(total(&registry, "video_output_bytes_total"), bytes);
            prop_assert_eq!(total(&registry, "video_output_seconds_total"), bytes);
        }
        jobs.clear();
        prop_assert_eq!(total(&registry, "video_generation_in_progress"), 0.0);
    }
}
