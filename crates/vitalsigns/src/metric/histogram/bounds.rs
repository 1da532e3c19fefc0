//! Bounds: the usual ones, those that are made, and what is wrong with some.

/// Bounds for durations of requests and queries, in seconds: those that the OpenTelemetry
/// conventions give for `http.server.request.duration`.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns::SECONDS_BUCKETS.last(), Some(&10.0));
/// ```
pub const SECONDS_BUCKETS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Bounds for sizes, in bytes: powers of four from 256 B to 64 MiB.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns::BYTES_BUCKETS[0], 256.0);
/// ```
pub const BYTES_BUCKETS: &[f64] = &[
    256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0, 67108864.0,
];

/// Bounds for shares from 0 to 1: tenths, finer towards the end where quality is decided.
///
/// # Examples
///
/// ```
/// assert!(vitalsigns::RATIO_BUCKETS.contains(&0.99));
/// ```
pub const RATIO_BUCKETS: &[f64] = &[
    0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0,
];

/// `N` bounds, each `factor` times the one before; for use in `#[metric(buckets = …)]`.
///
/// # Panics
///
/// Never; a `start` that is not positive or a `factor` that is not above 1 gives bounds that do
/// not increase, which are refused when the program is compiled.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns::exponential_buckets::<4>(1.0, 2.0), [1.0, 2.0, 4.0, 8.0]);
/// ```
pub const fn exponential_buckets<const N: usize>(start: f64, factor: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let mut index = 1;
    while index < N {
        bounds[index] = bounds[index - 1] * factor;
        index += 1;
    }
    bounds
}

/// `N` bounds, each `width` above the one before; for use in `#[metric(buckets = …)]`.
///
/// # Panics
///
/// Never; a `width` that is not positive gives bounds that do not increase, which are refused when
/// the program is compiled.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns::linear_buckets::<3>(0.0, 0.5), [0.0, 0.5, 1.0]);
/// ```
pub const fn linear_buckets<const N: usize>(start: f64, width: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let mut index = 1;
    while index < N {
        bounds[index] = start + width * index as f64;
        index += 1;
    }
    bounds
}

/// Why bounds were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BucketFault {
    None,
    NotFinite,
    NotIncreasing,
}

impl BucketFault {
    pub(crate) const fn message(self) -> &'static str {
        match self {
            BucketFault::None => {
                "no bounds follow from the name of this histogram (they do from `_seconds`, \
                 `_bytes` and `_ratio`); say `#[metric(buckets = [...])]`"
            }
            BucketFault::NotFinite => {
                "a bucket bound is a finite number; the `+Inf` bucket is always there"
            }
            BucketFault::NotIncreasing => "bucket bounds increase from one to the next",
        }
    }
}

/// Checks that bounds are finite and strictly increasing.
pub(crate) const fn check_buckets(bounds: &[f64]) -> Result<(), BucketFault> {
    if bounds.is_empty() {
        return Err(BucketFault::None);
    }
    let mut index = 0;
    while index < bounds.len() {
        if !bounds[index].is_finite() {
            return Err(BucketFault::NotFinite);
        }
        if index > 0 && bounds[index - 1] >= bounds[index] {
            return Err(BucketFault::NotIncreasing);
        }
        index += 1;
    }
    Ok(())
}

/// The bounds that a histogram of this unit gets if its declaration names none.
pub(crate) const fn default_buckets(unit: Option<&str>) -> Option<&'static [f64]> {
    // Compared by bytes, because this is evaluated when the program is compiled.
    match unit {
        Some(unit) => match unit.as_bytes() {
            b"seconds" => Some(SECONDS_BUCKETS),
            b"bytes" => Some(BYTES_BUCKETS),
            b"ratio" => Some(RATIO_BUCKETS),
            _ => None,
        },
        None => None,
    }
}
