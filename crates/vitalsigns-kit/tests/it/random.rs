//! Expressions of every kind, chosen by bytes: whatever the library lets through has to be an
//! expression to those who read it.

use std::time::Duration;

use vitalsigns::families::{BuildInfo, HttpServer, VideoGeneration};
use vitalsigns::{
    Catalogue, Counter, Family, Gauge, Histogram, LabelSet, LabelValue, MetricGroup, Registry,
    StateSet,
};
use vitalsigns_kit::query::{
    Condition, Distribution, Quantity, Queries, QueryError, Rendering, Selector, Unit, Vector,
};
use vitalsigns_kit::query::{Counter as IsCounter, Gauge as IsGauge};

#[derive(LabelValue, Clone, Copy)]
enum Mode {
    On,
    Off,
}

#[derive(LabelSet)]
struct Labels<'a> {
    mode: Mode,
    #[label(cap = 10)]
    text: &'a str,
}

#[derive(MetricGroup)]
#[metrics(prefix = "odd")]
#[expect(dead_code, reason = "only the catalogue is needed")]
struct Odd {
    /// A counter.
    things_total: Family<Labels<'static>, Counter>,
    /// Work.
    busy_seconds_total: Counter<f64>,
    /// A gauge.
    fill_ratio: Family<Labels<'static>, Gauge<f64>>,
    /// A gauge.
    size_bytes: Gauge,
    /// Bounds that are written in every way.
    #[metric(buckets = [0.00001, 0.5, 1, 1e6, 1048576])]
    length_bytes: Family<Labels<'static>, Histogram>,
    /// Changes.
    #[metric(buckets = [-0.5, 0, 0.5])]
    change_ratio: Histogram,
    /// Native.
    #[metric(histogram = "native")]
    native_seconds: Family<Labels<'static>, Histogram>,
    /// States.
    mode: StateSet<Mode>,
}

/// A catalogue with families of every kind.
pub(crate) fn catalogue() -> Catalogue {
    let registry = Registry::new();
    Odd::register(&registry).unwrap();
    HttpServer::register(&registry).unwrap();
    VideoGeneration::<Mode>::register(&registry).unwrap();
    BuildInfo::new("1.2.0").register(&registry).unwrap();
    registry.catalogue()
}

/// Decisions, one after the other; the first one for ever when they are used up.
pub(crate) struct Choices<'a> {
    bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Choices { bytes }
    }

    fn below(&mut self, limit: usize) -> usize {
        match self.bytes.split_first() {
            Some((first, rest)) => {
                self.bytes = rest;
                usize::from(*first) % limit
            }
            None => 0,
        }
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn time(&mut self) -> Duration {
        let seconds = self.one(&[0.001, 1.5, 60.0, 300.0, 3600.0, 5400.0, 86_400.0, 604_800.0]);
        Duration::from_secs_f64(seconds)
    }

    /// Names of labels, some of which are nobody's.
    fn labels(&mut self) -> Vec<&'static str> {
        let known = [
            "job", "instance", "mode", "text", "route", "method", "stage", "nobody",
        ];
        (0..self.below(3)).map(|_| self.one(&known)).collect()
    }
}

/// The text of an expression, or why there is none.
pub(crate) fn expression(
    catalogue: &Catalogue,
    choices: &mut Choices<'_>,
) -> Result<String, QueryError> {
    let queries = Queries::new(catalogue);
    let rendering = match choices.below(3) {
        0 => Rendering::dashboard(),
        1 => Rendering::over(choices.time())?,
        _ => Rendering::dashboard().job("a \"job\"\n\\ of £"),
    };
    let vector = vector(&queries, choices, 3)?;
    if choices.below(2) == 0 {
        return Ok(vector.promql(&rendering));
    }
    let mut condition = compared(&vector, &queries, choices)?;
    for _ in 0..choices.below(3) {
        let other = match choices.below(4) {
            0 => chosen(&queries.gauge("odd_fill_ratio")?, choices)?.absent(),
            _ => compared(&self::vector(&queries, choices, 2)?, &queries, choices)?,
        };
        let labels = choices.labels();
        let joined = match choices.below(5) {
            0 => condition.and(&other),
            1 => condition.and_on(labels, &other),
            2 => condition.unless(&other),
            3 => condition.unless_on(labels, &other),
            _ => condition.or(&other),
        };
        condition = joined.unwrap_or(condition);
    }
    Ok(condition.promql(&rendering))
}

fn compared(
    vector: &Vector,
    queries: &Queries<'_>,
    choices: &mut Choices<'_>,
) -> Result<Condition, QueryError> {
    if choices.below(4) == 0 {
        return vector.above(self::vector(queries, choices, 1)?);
    }
    let value = choices.one(&[0.0, 0.5, 1.0, 0.05, 2.5, 1e6, -1.0, 1e300, 1.0 / 3.0, 1e-9]);
    let quantity = Quantity::new(value, vector.unit().clone());
    match choices.below(6) {
        0 => vector.above(quantity),
        1 => vector.at_least(quantity),
        2 => vector.below(quantity),
        3 => vector.at_most(quantity),
        4 => vector.equals(quantity),
        _ => vector.differs_from(quantity),
    }
}

fn chosen<K>(selector: &Selector<K>, choices: &mut Choices<'_>) -> Result<Selector<K>, QueryError> {
    let values = ["on", "off", "GET", "a\\b", "\"", "x.y|z", "\u{1}ä\n", ""];
    let label = choices.one(&["mode", "text", "route", "method", "job"]);
    let (one, other) = (choices.one(&values), choices.one(&values));
    match choices.below(5) {
        0 => selector.with(label, one),
        1 => selector.any_of(label, &[one, other]),
        2 => selector.none_of(label, &[one, other]),
        3 => selector.starts_with(label, one),
        _ => selector.variable(label, "chosen"),
    }
}

fn maybe_chosen<K>(selector: Selector<K>, choices: &mut Choices<'_>) -> Selector<K> {
    match choices.below(2) {
        0 => selector,
        _ => chosen(&selector, choices).unwrap_or(selector),
    }
}

fn vector(
    queries: &Queries<'_>,
    choices: &mut Choices<'_>,
    depth: usize,
) -> Result<Vector, QueryError> {
    let mut vector = leaf(queries, choices)?;
    for _ in 0..choices.below(depth + 1) {
        let labels = choices.labels();
        // What is refused changes nothing.
        let next = match choices.below(24) {
            0 => vector.sum(),
            1 => vector.sum_by(labels),
            2 => vector.sum_without(labels),
            3 => vector.mean_by(labels),
            4 => vector.max_by(labels),
            5 => vector.min_without(labels),
            6 => vector.count_by(labels),
            7 => vector.count(),
            8 => vector.topk(3),
            9 => vector.bottomk(1),
            10 => vector.ago(choices.time()),
            11 => vector.against_last_week(),
            12 => vector.times(choices.one(&[2.0, -0.5, 1e300, 1e-300])),
            13 => vector.rest(),
            14 => vector.ratio_to(&leaf(queries, choices)?.sum_by(labels)?),
            15 => vector.ratio_on(labels, &leaf(queries, choices)?),
            16 => vector.per(&self::vector(queries, choices, depth.saturating_sub(1))?),
            17 => vector.plus(&self::vector(queries, choices, depth.saturating_sub(1))?),
            18 => vector.minus(&self::vector(queries, choices, depth.saturating_sub(1))?),
            19 => vector.when(&compared(&vector.clone(), queries, choices)?),
            20 => vector.with_facts(
                ["job", "instance"],
                &queries.info("build_info")?,
                ["version"],
            ),
            21 => vector.ratio_on(["job"], &vector.sum_by(["job"])?),
            22 => vector.minus(&vector.sum_by(labels)?.times(0.5)?),
            _ => vector.plus(&vector),
        };
        vector = next.unwrap_or(vector);
    }
    Ok(vector)
}

fn leaf(queries: &Queries<'_>, choices: &mut Choices<'_>) -> Result<Vector, QueryError> {
    let name = choices.one(&[
        "odd_things_total",
        "odd_busy_seconds_total",
        "http_requests_total",
    ]);
    let counter: Selector<IsCounter> = maybe_chosen(queries.counter(name)?, choices);
    let name = choices.one(&[
        "odd_fill_ratio",
        "odd_size_bytes",
        "up",
        "scrape_duration_seconds",
    ]);
    let gauge: Selector<IsGauge> = maybe_chosen(queries.gauge(name)?, choices);
    match choices.below(16) {
        0 => Ok(counter.rate()),
        1 => counter.rate_over(choices.time()),
        2 => Ok(counter.increase()),
        3 => counter.increase_over(choices.time()),
        4 => Ok(gauge.value()),
        5 => gauge.max_over(choices.time()),
        6 => gauge.min_over(choices.time()),
        7 => gauge.mean_over(choices.time()),
        8 => gauge.changes_over(choices.time()),
        9 => gauge.predicted(choices.time(), choices.time()),
        10 => maybe_chosen(
            queries.gauge("video_generation_oldest_start_timestamp_seconds")?,
            choices,
        )
        .age(),
        11 => Ok(maybe_chosen(queries.states("odd_mode")?, choices).value()),
        12 => Ok(maybe_chosen(queries.info("build_info")?, choices).value()),
        _ => observed(queries, choices),
    }
}

fn observed(queries: &Queries<'_>, choices: &mut Choices<'_>) -> Result<Vector, QueryError> {
    let name = choices.one(&[
        "odd_length_bytes",
        "odd_change_ratio",
        "odd_native_seconds",
        "http_request_duration_seconds",
    ]);
    let histogram = maybe_chosen(queries.histogram(name)?, choices);
    let labels = choices.labels();
    let whole = histogram.whole();
    let mut distribution: Distribution = histogram.by(labels).unwrap_or(whole);
    if choices.below(2) == 0 {
        distribution = distribution.over(choices.time())?;
    }
    let bound = choices.one(&[0.5, 0.00001, 1e6, -0.5, 2.5]);
    let unit = match name {
        "odd_length_bytes" => Unit::BYTES,
        "odd_change_ratio" => Unit::RATIO,
        _ => Unit::SECONDS,
    };
    match choices.below(6) {
        0 => distribution.quantile(choices.one(&[0.5, 0.95, 0.999])),
        1 => distribution.share_above(Quantity::new(bound, unit)),
        2 => distribution.share_within(Quantity::new(bound, unit)),
        3 => distribution.mean(),
        4 => Ok(distribution.rate()),
        _ => Ok(distribution.increase()),
    }
}
