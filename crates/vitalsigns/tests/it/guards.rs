//! What starts, ends: the guards of the domain families, by every way out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use vitalsigns::families::ai::{Level, Measured};
use vitalsigns::families::video::{ErrorKind, Output, Stage};
use vitalsigns::families::{AiOptimization, HttpServer, VideoGeneration};
use vitalsigns::{Format, LabelValue, Registry};

#[derive(LabelValue, Clone, Copy)]
enum Theme {
    Tech,
    Nature,
}

/// The samples of a family that are not 0.
fn nonzero(registry: &Registry, name: &str) -> Vec<String> {
    let page = registry.render(Format::Text);
    page.lines()
        .filter(|line| line.starts_with(&format!("{name}{{")) && !line.ends_with(" 0"))
        .map(|line| line[name.len()..].to_owned())
        .collect()
}

#[test]
fn a_job_is_in_one_stage_at_a_time_and_ends_once() {
    let registry = Registry::new();
    let video = VideoGeneration::<Theme>::register(&registry).unwrap();
    let mut job = video.enqueue(Theme::Tech);
    let waiting = video.enqueue(Theme::Nature);
    assert_eq!(
        nonzero(&registry, "video_generation_in_progress"),
        ["{stage=\"queued\"} 2"]
    );
    job.stage(Stage::Rendering);
    assert_eq!(
        nonzero(&registry, "video_generation_in_progress"),
        ["{stage=\"queued\"} 1", "{stage=\"rendering\"} 1"]
    );
    job.succeed(Output {
        seconds: 2.5,
        bytes: 1000,
    });
    drop(waiting);
    assert!(nonzero(&registry, "video_generation_in_progress").is_empty());
    assert_eq!(
        nonzero(&registry, "video_generation_total"),
        [
            "{theme=\"tech\",outcome=\"success\"} 1",
            "{theme=\"nature\",outcome=\"cancelled\"} 1"
        ]
    );
    assert_eq!(
        nonzero(&registry, "video_generation_stage_duration_seconds_count"),
        ["{stage=\"queued\"} 2", "{stage=\"rendering\"} 1"]
    );
    assert_eq!(
        nonzero(&registry, "video_output_bytes_total"),
        ["{theme=\"tech\"} 1000"]
    );
    assert_eq!(
        nonzero(&registry, "video_output_seconds_total"),
        ["{theme=\"tech\"} 2.5", "{theme=\"nature\"} 0.0"]
    );
}

#[test]
fn a_failure_says_the_reason_and_the_stage() {
    let registry = Registry::new();
    let video = VideoGeneration::<Theme>::register(&registry).unwrap();
    let mut job = video.start(Theme::Tech);
    job.stage(Stage::Encoding);
    job.fail(ErrorKind::Timeout);
    video.reject(Theme::Nature);
    assert_eq!(
        nonzero(&registry, "video_generation_failures_total"),
        ["{error_type=\"timeout\",stage=\"encoding\"} 1"]
    );
    assert_eq!(
        nonzero(&registry, "video_generation_total"),
        [
            "{theme=\"tech\",outcome=\"failed\"} 1",
            "{theme=\"nature\",outcome=\"rejected\"} 1"
        ]
    );
}

#[test]
fn a_panic_ends_what_it_drops_as_panicked() {
    let registry = Registry::new();
    let video = VideoGeneration::<Theme>::register(&registry).unwrap();
    let ai = AiOptimization::<Theme>::register(&registry).unwrap();
    let http = HttpServer::register(&registry).unwrap();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _job = video.start(Theme::Tech);
        let _optimization = ai.start(Theme::Tech, Level::Light);
        let _request = http.start("GET", Some("/"));
        panic!("the work panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(
        nonzero(&registry, "video_generation_total"),
        ["{theme=\"tech\",outcome=\"panicked\"} 1"]
    );
    assert_eq!(
        nonzero(&registry, "ai_optimization_total"),
        ["{optimization_type=\"tech\",level=\"light\",outcome=\"panicked\"} 1"]
    );
    assert_eq!(
        nonzero(&registry, "http_requests_total"),
        ["{method=\"GET\",route=\"/\",status=\"500\"} 1"]
    );
    for gauge in [
        "video_generation_in_progress",
        "ai_optimization_in_progress",
        "http_requests_in_flight",
    ] {
        assert!(nonzero(&registry, gauge).is_empty(), "{gauge}");
    }
}

#[test]
fn attempts_are_outcomes_plus_what_is_in_progress() {
    let registry = Registry::new();
    let video = VideoGeneration::<Theme>::register(&registry).unwrap();
    let sum = |name: &str| -> u64 {
        nonzero(&registry, name)
            .iter()
            .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
            .sum()
    };
    let mut jobs = Vec::new();
    for attempt in 1..=200u64 {
        jobs.push(video.enqueue(if attempt % 3 == 0 {
            Theme::Tech
        } else {
            Theme::Nature
        }));
        match attempt % 5 {
            0 => jobs.swap_remove(0).fail(ErrorKind::Internal),
            1 => drop(jobs.pop()),
            2 => jobs.swap_remove(0).succeed(Output::default()),
            _ => jobs.iter_mut().for_each(|job| job.stage(Stage::Rendering)),
        }
        let (ended, going) = (
            sum("video_generation_total"),
            sum("video_generation_in_progress"),
        );
        assert_eq!(ended + going, attempt);
    }
}

#[test]
fn an_optimisation_measures_size_and_quality() {
    let registry = Registry::new();
    let ai = AiOptimization::<Theme>::register(&registry)
        .unwrap()
        .quality_floor(0.9);
    let measured = |output_bytes, quality_after| Measured {
        input_bytes: 1000,
        output_bytes,
        quality_before: Some(1.0),
        quality_after: Some(quality_after),
    };
    ai.start(Theme::Tech, Level::Standard)
        .succeed(measured(400, 0.97));
    ai.start(Theme::Tech, Level::Standard)
        .succeed(measured(300, 0.89));
    ai.start(Theme::Tech, Level::Standard).skip(1000);
    let labels = "{optimization_type=\"tech\",level=\"standard\"}";
    let samples = |name| nonzero(&registry, name);
    assert_eq!(
        samples("ai_optimization_input_bytes_total"),
        [format!("{labels} 3000")]
    );
    assert_eq!(
        samples("ai_optimization_output_bytes_total"),
        [format!("{labels} 1700")]
    );
    assert_eq!(
        samples("ai_optimization_quality_regressions_total"),
        [format!("{labels} 1")]
    );
    let page = registry.render(Format::Text);
    for line in [
        "ai_optimization_size_reduction_ratio_bucket{optimization_type=\"tech\",level=\"standard\",le=\"0.0\"} 1\n",
        "ai_optimization_size_reduction_ratio_bucket{optimization_type=\"tech\",level=\"standard\",le=\"0.6\"} 2\n",
        "ai_optimization_quality_score_count{optimization_type=\"tech\",level=\"standard\",moment=\"after\"} 2\n",
        "ai_optimization_total{optimization_type=\"tech\",level=\"standard\",outcome=\"skipped\"} 1\n",
    ] {
        assert!(page.contains(line), "{line}--- is not in\n{page}");
    }
}
