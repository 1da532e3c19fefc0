//! AI optimisation: what goes in, what comes out, and how good it still is.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use vitalsigns::families::AiOptimization;
use vitalsigns::families::ai::{Level, Measured};
use vitalsigns::testing::{total, value};
use vitalsigns::{LabelValue, Registry};

use super::counts::counts;
use super::nonzero;

#[derive(LabelValue, Clone, Copy)]
enum Kind {
    Video,
    Image,
}

fn ai() -> (Registry, AiOptimization<Kind>) {
    let registry = Registry::new();
    let ai = AiOptimization::register(&registry).unwrap();
    (registry, ai)
}

#[test]
fn a_typical_hour() {
    let (registry, ai) = ai();
    let ai = ai.quality_floor(0.9);
    for minute in 0..60 {
        let quality = if matches!(minute, 10 | 20) { 0.8 } else { 0.97 };
        ai.start(Kind::Video, Level::Standard).succeed(Measured {
            input_bytes: 1000,
            output_bytes: 400,
            quality_before: Some(1.0),
            quality_after: Some(quality),
        });
        let image = ai.start(Kind::Image, Level::Light);
        if minute % 3 == 0 {
            image.skip(200);
        } else {
            image.succeed(Measured {
                input_bytes: 200,
                output_bytes: 150,
                ..Measured::default()
            });
        }
        match minute {
            30 => ai.start(Kind::Video, Level::Aggressive).fail(),
            31 => drop(ai.start(Kind::Video, Level::Aggressive)),
            _ => {}
        }
    }
    let going = ai.start(Kind::Video, Level::Aggressive);
    let outcomes = [
        r#"{optimization_type="video",level="standard",outcome="success"} 60"#,
        r#"{optimization_type="video",level="aggressive",outcome="failed"} 1"#,
        r#"{optimization_type="video",level="aggressive",outcome="cancelled"} 1"#,
        r#"{optimization_type="image",level="light",outcome="success"} 40"#,
        r#"{optimization_type="image",level="light",outcome="skipped"} 20"#,
    ];
    assert_eq!(nonzero(&registry, "ai_optimization_total"), outcomes);
    assert_eq!(
        counts(&registry, "ai_optimization_duration_seconds"),
        outcomes
    );
    assert_eq!(
        nonzero(&registry, "ai_optimization_in_progress"),
        [r#"{optimization_type="video",level="aggressive"} 1"#]
    );
    assert_eq!(
        nonzero(&registry, "ai_optimization_input_bytes_total"),
        [
            r#"{optimization_type="video",level="standard"} 60000"#,
            r#"{optimization_type="image",level="light"} 12000"#,
        ]
    );
    assert_eq!(
        nonzero(&registry, "ai_optimization_output_bytes_total"),
        [
            r#"{optimization_type="video",level="standard"} 24000"#,
            r#"{optimization_type="image",level="light"} 10000"#,
        ]
    );
    assert_eq!(
        nonzero(&registry, "ai_optimization_quality_regressions_total"),
        [r#"{optimization_type="video",level="standard"} 2"#]
    );
    assert_eq!(
        counts(&registry, "ai_optimization_quality_score"),
        [
            r#"{optimization_type="video",level="standard",moment="before"} 60"#,
            r#"{optimization_type="video",level="standard",moment="after"} 60"#,
        ]
    );
    // A histogram with negative bounds has no `_count` on the page.
    let reductions = "ai_optimization_size_reduction_ratio";
    for (kind, level) in [("video", "standard"), ("image", "light")] {
        let labels = [("optimization_type", kind), ("level", level)];
        assert_eq!(value(&registry, reductions, &labels), Some(60.0), "{kind}");
    }
    assert_eq!(total(&registry, reductions), 120.0);
    drop(going);
    assert!(nonzero(&registry, "ai_optimization_in_progress").is_empty());
}

#[test]
fn an_optimisation_that_is_dropped_is_cancelled_or_panicked_and_has_no_result() {
    let (registry, ai) = ai();
    let owner = vec![ai.start(Kind::Image, Level::Light)];
    drop(owner);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _optimization = ai.start(Kind::Image, Level::Light);
        panic!("the model panics, as the test wants it");
    }));
    assert!(result.is_err());
    let outcomes = [
        r#"{optimization_type="image",level="light",outcome="cancelled"} 1"#,
        r#"{optimization_type="image",level="light",outcome="panicked"} 1"#,
    ];
    assert_eq!(nonzero(&registry, "ai_optimization_total"), outcomes);
    assert_eq!(
        counts(&registry, "ai_optimization_duration_seconds"),
        outcomes
    );
    for name in [
        "ai_optimization_in_progress",
        "ai_optimization_input_bytes_total",
        "ai_optimization_output_bytes_total",
        "ai_optimization_size_reduction_ratio",
        "ai_optimization_quality_score",
    ] {
        assert_eq!(total(&registry, name), 0.0, "{name}");
    }
}

#[test]
fn what_is_no_measurement_is_rejected_and_nothing_else_is_lost() {
    let (registry, ai) = ai();
    for quality in [-0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        ai.start(Kind::Video, Level::Standard).succeed(Measured {
            input_bytes: 10,
            output_bytes: 5,
            quality_before: Some(1.0),
            quality_after: Some(quality),
        });
    }
    assert_eq!(
        nonzero(&registry, "ai_optimization_total"),
        [r#"{optimization_type="video",level="standard",outcome="success"} 4"#]
    );
    assert_eq!(
        counts(&registry, "ai_optimization_quality_score"),
        [r#"{optimization_type="video",level="standard",moment="before"} 4"#]
    );
    let labels = [("metric", "ai_optimization_quality_score")];
    assert_eq!(
        value(&registry, "vitalsigns_observations_rejected_total", &labels),
        Some(4.0)
    );
    for (name, expected) in [
        ("ai_optimization_duration_seconds", 4.0),
        ("ai_optimization_input_bytes_total", 40.0),
        ("ai_optimization_output_bytes_total", 20.0),
        ("ai_optimization_size_reduction_ratio", 4.0),
        ("ai_optimization_in_progress", 0.0),
    ] {
        assert_eq!(total(&registry, name), expected, "{name}");
    }
}

#[test]
fn a_result_of_nothing_or_without_end_has_a_reduction() {
    let (registry, ai) = ai();
    for (input_bytes, output_bytes) in [(0, 0), (0, u64::MAX), (1, u64::MAX)] {
        let measured = Measured {
            input_bytes,
            output_bytes,
            ..Measured::default()
        };
        assert!(measured.size_reduction_ratio().is_finite());
        let registry = Registry::new();
        let ai = AiOptimization::<Kind>::register(&registry).unwrap();
        ai.start(Kind::Image, Level::Light).succeed(measured);
        assert_eq!(
            total(&registry, "ai_optimization_size_reduction_ratio"),
            1.0
        );
    }
    ai.start(Kind::Image, Level::Light).skip(0);
    assert_eq!(total(&registry, "ai_optimization_total"), 1.0);
}

proptest! {
    #[test]
    fn attempts_bytes_and_outcomes_add_up(
        steps in prop::collection::vec(
            (0_usize..2, 0_usize..3, 0_u8..6, any::<u32>(), any::<u32>(), 0.0..=1.0_f64),
            0..60,
        )
    ) {
        let (registry, ai) = ai();
        let ai = ai.quality_floor(0.5);
        let mut open = Vec::new();
        let (mut bytes_in, mut bytes_out, mut results, mut regressions) = (0.0, 0.0, 0.0, 0.0);
        for (attempt, (kind, level, step, input, output, quality)) in steps.into_iter().enumerate() {
            let (kind, level) = (Kind::from_index(kind).unwrap(), Level::from_index(level).unwrap());
            open.push(ai.start(kind, level));
            match step {
                0 => drop(open.pop()),
                1 => open.swap_remove(0).fail(),
                2 => {
                    open.swap_remove(0).skip(input.into());
                    results += 1.0;
                    bytes_in += f64::from(input);
                    bytes_out += f64::from(input);
                }
                3 => {
                    open.swap_remove(0).succeed(Measured {
                        input_bytes: input.into(),
                        output_bytes: output.into(),
                        quality_before: None,
                        quality_after: Some(quality),
                    });
                    results += 1.0;
                    bytes_in += f64::from(input);
                    bytes_out += f64::from(output);
                    regressions += f64::from(u8::from(quality < 0.5));
                }
                _ => {}
            }
            let ended = total(&registry, "ai_optimization_total");
            let going = total(&registry, "ai_optimization_in_progress");
            prop_assert_eq!(going, open.len() as f64);
            prop_assert_eq!(ended + going, (attempt + 1) as f64);
            for (name, expected) in [
                ("ai_optimization_duration_seconds", ended),
                ("ai_optimization_input_bytes_total", bytes_in),
                ("ai_optimization_output_bytes_total", bytes_out),
                ("ai_optimization_size_reduction_ratio", results),
                ("ai_optimization_quality_regressions_total", regressions),
            ] {
                prop_assert_eq!(total(&registry, name), expected, "{}", name);
            }
        }
        open.clear();
        prop_assert_eq!(total(&registry, "ai_optimization_in_progress"), 0.0);
    }
}
