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
    b: Histogram,
    /// A constant that is an array.
    #[metric(buckets = ARRAY)]
    c: Histogram,
    /// A reference to one.
    #[metric(buckets = &ARRAY)]
    e: Histogram,
    /// Of a type.
    #[metric(buckets = Limits::OF_ORDERS)]
    f: Histogram,
    /// Functions.
    #[metric(buckets = exponential_buckets::<8>(0.5, 2.0))]
    g: Histogram,
    /// More functions.
    #[metric(buckets = linear_buckets::<3>(-1.0, 1.0))]
    i: Histogram,
    /// Own functions.
    #[metric(buckets = doubled([1.0, 2.0]))]
    j: Histogram,
    /// Those of another unit.
    #[metric(buckets = SECONDS_BUCKETS)]
    k: Histogram,
    /// Numbers of all kinds.
    #[metric(buckets = [-10, -0.5, 0, 0x10, 1_000, 1e6, 2e6f64])]
    l: Histogram,
    /// Numbers and others.
    #[metric(buckets = [1, 10.5, LONG, LONG * 2.0, 600,])]
    n: Histogram,
    /// A block.
    #[metric(buckets = { const LOCAL: [f64; 2] = [1.0, LONG]; LOCAL })]
    o: Histogram,
    /// In the name's unit.
    #[metric(unit = "frames", buckets = [24, 25, 30, 60])]
    clip_frames: Histogram,
    /// One.
    #[metric(buckets = [1])]
    p: Histogram,
}

fn main() {
    let registry = Registry::new();
    let shop = Shop::register(&registry).unwrap();
    let Shop { a_seconds, b, c, e, f, g, i, j, k, l, n, o, clip_frames, p } = shop;
    let all = [a_seconds, b, c, e, f, g, i, j, k, l, n, o, clip_frames, p];
    for histogram in &all {
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
    assert_eq!(bounds("b"), BOUNDS);
    assert_eq!(bounds("c"), ARRAY);
    assert_eq!(bounds("e"), ARRAY);
    assert_eq!(bounds("f"), [7.0, 8.0]);
    assert_eq!(bounds("g"), [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]);
    assert_eq!(bounds("i"), [-1.0, 0.0, 1.0]);
    assert_eq!(bounds("j"), [2.0, 4.0]);
    assert_eq!(bounds("k"), SECONDS_BUCKETS);
    assert_eq!(bounds("l"), [-10.0, -0.5, 0.0, 16.0, 1000.0, 1e6, 2e6]);
    assert_eq!(bounds("n"), [1.0, 10.5, 60.0, 120.0, 600.0]);
    assert_eq!(bounds("o"), [1.0, 60.0]);
    assert_eq!(bounds("clip_frames"), [24.0, 25.0, 30.0, 60.0]);
    assert_eq!(bounds("p"), [1.0]);
}
