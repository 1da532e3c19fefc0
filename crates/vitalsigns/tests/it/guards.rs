//! What starts, ends: the guards of the domain families, by every way out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime};

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

/// When the generation that is in a stage for longest entered it.
fn oldest(registry: &Registry, stage: &str) -> f64 {
    let start = format!("video_generation_oldest_start_timestamp_seconds{{stage=\"{stage}\"}} ");
    let page = registry.render(Format::Text);
    let value = page.lines().find_map(|line| line.strip_prefix(&start));
    value.unwrap().parse().unwrap()
}

#[test]
fn the_oldest_in_a_stage_is_known_until_it_leaves() {
    let registry = Registry::new();
    let video = VideoGeneration::<Theme>::register(&registry).unwrap();
    let now = || {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.unwrap().as_secs_f64()
    };
    let pause = || std::thread::sleep(Duration::from_millis(3));
    for stage in Stage::VALUES {
        assert!(oldest(&registry, stage).is_nan(), "{stage}");
    }

    let before = now();
    let mut first = video.enqueue(Theme::Tech);
    let between = now();
    pause();
    // Registered again: the same line.
    let again = VideoGeneration::<Theme>::register(&registry).unwrap();
    let second = again.enqueue(Theme::Nature);
    let since = oldest(&registry, "queued");
    assert!(before <= since && since <= between, "{since}");
    assert!(oldest(&registry, "rendering").is_nan());

    pause();
    let moved = now();
    first.stage(Stage::Rendering);
    let since = oldest(&registry, "queued");
    assert!(between < since && since < moved, "{since}");
    let since = oldest(&registry, "rendering");
    assert!(moved <= since && since <= now(), "{since}");

    drop(second);
    assert!(oldest(&registry, "queued").is_nan());
    first.succeed(Output::default());
    assert!(oldest(&registry, "rendering").is_nan());
}

#[test]
fn the_oldest_is_right_with_many_at_once_and_nobody_stays_behind() {
    let registry = Registry::new();
    let video = VideoGeneration::<Theme>::register(&registry).unwrap();
    let first = video.start(Theme::Tech);
    let since = oldest(&registry, "planning");
    std::thread::sleep(Duration::from_millis(3));
    std::thread::scope(|scope| {
        for thread in 0..8usize {
            let video = &video;
            scope.spawn(move || {
                for round in 0..500usize {
                    let mut job = video.start(Theme::Nature);
                    job.stage(Stage::Encoding);
                    match (thread + round) % 3 {
                        0 => job.succeed(Output::default()),
                        1 => job.fail(ErrorKind::Internal),
                        _ => drop(job),
                    }
                }
            });
        }
        for _ in 0..20 {
            assert_eq!(oldest(&registry, "planning"), since);
        }
    });
    assert_eq!(oldest(&registry, "planning"), since);
    drop(first);
    for stage in Stage::VALUES {
        assert!(oldest(&registry, stage).is_nan(), "{stage}");
    }
}
