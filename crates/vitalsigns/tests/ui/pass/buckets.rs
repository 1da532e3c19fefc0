//! Every way to say the bounds of a histogram.

#![deny(warnings)]

use vitalsigns::{
    Format, Histogram, MetricGroup, Registry, SECONDS_BUCKETS, exponential_buckets, linear_buckets,
};

const BOUNDS: &[f64] = &[1.0, 2.0];
const ARRAY: [f64; 3] = [1.0, 2.0, 3.0];
const LONG: f64 = 60.0;
static STATIC: [f64; 2] = [4.0, 5.0];

struct Limits;

impl Limits {
    const OF_ORDERS: [f64; 2] = [7.0, 8.0];
}

const fn doubled(bounds: [f64; 2]) -> [f64; 2] {
    [bounds[0] * 2.0, bounds[1] * 2.0]
}

#[derive(MetricGroup)]
struct Shop {
    /// Those of the unit.
    a_seconds: Histogram,
    /// A constant that is a slice.
    #[metric(buckets = BOUNDS)]
    slice: Histogram,
    /// A constant that is an array.
    #[metric(buckets = ARRAY)]
    array: Histogram,
    /// A reference to one.
    #[metric(buckets = &ARRAY)]
    referred: Histogram,
    /// Of a type.
    #[metric(buckets = Limits::OF_ORDERS)]
    typed: Histogram,
    /// Functions.
    #[metric(buckets = exponential_buckets::<8>(0.5, 2.0))]
    exponential: Histogram,
    /// More functions.
    #[metric(buckets = linear_buckets::<3>(-1.0, 1.0))]
    linear: Histogram,
    /// Own functions.
    #[metric(buckets = doubled([1.0, 2.0]))]
    own: Histogram,
    /// Those of another unit.
    #[metric(buckets = SECONDS_BUCKETS)]
    borrowed: Histogram,
    /// Numbers of all kinds.
    #[metric(buckets = [-10, -0.5, 0, 0x10, 1_000, 1e6, 2e6f64])]
    kinds: Histogram,
    /// Numbers and others.
    #[metric(buckets = [1, 10.5, LONG, LONG * 2.0, 600,])]
    mixed: Histogram,
    /// A block.
    #[metric(buckets = { const LOCAL: [f64; 2] = [1.0, LONG]; LOCAL })]
    block: Histogram,
    /// In the name's unit.
    #[metric(unit = "frames", buckets = [24, 25, 30, 60])]
    clip_frames: Histogram,
    /// One.
    #[metric(buckets = [1])]
    single: Histogram,
}

fn main() {
    let registry = Registry::new();
    let shop = Shop::register(&registry).unwrap();
    let Shop { a_seconds, slice, array, referred, typed, exponential, .. } = &shop;
    let Shop { linear, own, borrowed, kinds, mixed, block, clip_frames, single, .. } = &shop;
    let all = [a_seconds, slice, array, referred, typed, exponential, linear, own, borrowed, kinds]
        .into_iter()
        .chain([mixed, block, clip_frames, single]);
    for histogram in all {
        histogram.observe(STATIC[0]);
    }
    let page = registry.render(Format::Text);
    let bounds = |name: &str| -> Vec<f64> {
        let start = format!("{name}_bucket{{le=\"");
        page.lines()
            .filter_map(|line| line.strip_prefix(&start)?.split('"').next()?.parse().ok())
            .filter(|bound: &f64| bound.is_finite())
            .collect()
    };
    assert_eq!(bounds("a_seconds"), SECONDS_BUCKETS);
    assert_eq!(bounds("slice"), BOUNDS);
    assert_eq!(bounds("array"), ARRAY);
    assert_eq!(bounds("referred"), ARRAY);
    assert_eq!(bounds("typed"), [7.0, 8.0]);
    assert_eq!(bounds("exponential"), [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]);
    assert_eq!(bounds("linear"), [-1.0, 0.0, 1.0]);
    assert_eq!(bounds("own"), [2.0, 4.0]);
    assert_eq!(bounds("borrowed"), SECONDS_BUCKETS);
    assert_eq!(bounds("kinds"), [-10.0, -0.5, 0.0, 16.0, 1000.0, 1e6, 2e6]);
    assert_eq!(bounds("mixed"), [1.0, 10.5, 60.0, 120.0, 600.0]);
    assert_eq!(bounds("block"), [1.0, 60.0]);
    assert_eq!(bounds("clip_frames"), [24.0, 25.0, 30.0, 60.0]);
    assert_eq!(bounds("single"), [1.0]);
}
