//! Registries of all kinds with whatever names, labels and values there are: the judges accept the
//! page of each, and read what was recorded.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::gauge::Gauge as TheirGauge;
use tests::http;
use tests::judges::{Family as Read, Reader, promtool_check_metrics};
use vitalsigns::__private::{FieldSpec, GroupBuilder};
use vitalsigns::{
    ContentType, Counter, Endpoint, EndpointRequest, Escaping, Family, Format, Gauge, Histogram,
    Info, LabelSet, LabelValue, MetricField, MetricGroup, PrometheusClient, RegisterError,
    Registry, StateSet,
};

use crate::hostile::Random;

const CASES: u64 = 10_000;
/// promtool reads so many pages as one.
const BATCH: u64 = 500;

#[derive(LabelSet)]
struct Two<'a> {
    #[label(cap = 100)]
    first: &'a str,
    #[label(cap = 100)]
    second_one: &'a str,
}

#[derive(LabelSet)]
struct Facts<'a> {
    #[label(cap = 1)]
    said: &'a str,
}

#[derive(LabelValue, Clone, Copy, PartialEq)]
enum Mode {
    Off,
    On,
}

/// A metric with whatever was recorded.
#[derive(Clone)]
enum Metric {
    Counter(Family<Two<'static>, Counter>),
    Seconds(Counter<f64>),
    Level(Family<Two<'static>, Gauge<f64>>),
    Depth(Gauge),
    Classic(Family<Two<'static>, Histogram>),
    Native(Histogram),
    Both(Histogram),
    Info(Info<Facts<'static>>),
    Mode(StateSet<Mode>),
}

/// What a metric is to be.
#[derive(Clone, Copy)]
struct Planned {
    kind: usize,
    name: &'static str,
    help: &'static str,
    bounds: &'static [f64],
}

thread_local! {
    /// A group is a type; what this one has is chosen for each registry.
    static PLAN: RefCell<Vec<Planned>> = const { RefCell::new(Vec::new()) };
}

struct Any(Vec<Metric>);

impl MetricGroup for Any {
    const NAME: &'static str = "Any";
    const PREFIX: &'static str = "";

    fn build(group: &mut GroupBuilder<'_>) -> Result<Self, RegisterError> {
        fn make<F: MetricField>(
            group: &mut GroupBuilder<'_>,
            planned: Planned,
            (classic, native): (bool, bool),
        ) -> Result<F, RegisterError> {
            group.metric(FieldSpec {
                name: planned.name,
                help: planned.help,
                unit: None,
                buckets: matches!(planned.kind, 4 | 6).then_some(planned.bounds),
                classic,
                native,
                exemplars: false,
                own_cells: None,
                max_series: None,
            })
        }
        let plan = PLAN.with_borrow(Vec::clone);
        let metrics = plan.into_iter().map(|planned| {
            let classic = (true, false);
            Ok(match planned.kind {
                0 => Metric::Counter(make(group, planned, classic)?),
                1 => Metric::Seconds(make(group, planned, classic)?),
                2 => Metric::Level(make(group, planned, classic)?),
                3 => Metric::Depth(make(group, planned, classic)?),
                4 => Metric::Classic(make(group, planned, classic)?),
                5 => Metric::Native(make(group, planned, (false, true))?),
                6 => Metric::Both(make(group, planned, (true, true))?),
                7 => Metric::Info(make(group, planned, classic)?),
                _ => Metric::Mode(make(group, planned, classic)?),
            })
        });
        metrics.collect::<Result<_, _>>().map(Any)
    }

    fn share(&self) -> Self {
        Any(self.0.clone())
    }
}

type Samples = BTreeMap<(String, Vec<(String, String)>), u64>;

/// Samples as they should be read.
#[derive(Default)]
struct Expected {
    samples: Samples,
    helps: BTreeMap<String, &'static str>,
}

/// The bits of a number, with one NaN.
fn bits(number: f64) -> u64 {
    if number.is_nan() { f64::NAN } else { number }.to_bits()
}

impl Expected {
    fn add(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let mut labels: Vec<(String, String)> = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        labels.sort();
        self.samples.insert((name.to_owned(), labels), bits(value));
    }

    /// `bounds` are those of the page, `values` those that were observed.
    fn histogram(
        &mut self,
        name: &str,
        labels: &[(&str, &str)],
        bounds: &[f64],
        values: &[f64],
        signed: bool,
    ) {
        let taken = |value: &&f64| value.is_finite() && (signed || **value >= 0.0);
        let taken: Vec<f64> = values.iter().filter(taken).copied().collect();
        for bound in bounds.iter().chain([&f64::INFINITY]) {
            let below = taken.iter().filter(|value| *value <= bound).count();
            let le = written(*bound);
            let labels: Vec<_> = labels
                .iter()
                .copied()
                .chain([("le", le.as_str())])
                .collect();
            self.add(&format!("{name}_bucket"), &labels, below as f64);
        }
        if bounds.first().is_none_or(|first| *first >= 0.0) {
            self.add(&format!("{name}_count"), labels, taken.len() as f64);
            let add = |sum: f64, value: &f64| match sum + value {
                more if more.is_finite() => more,
                _ => sum,
            };
            self.add(&format!("{name}_sum"), labels, taken.iter().fold(0.0, add));
        }
    }
}

/// The few bounds that are used, as they stand on a page.
fn written(bound: f64) -> String {
    BOUNDS
        .iter()
        .flat_map(|(bounds, texts)| bounds.iter().zip(*texts))
        .find_map(|(known, text)| (*known == bound).then(|| (*text).to_owned()))
        .unwrap_or_else(|| "+Inf".to_owned())
}

const BOUNDS: [(&[f64], &[&str]); 4] = [
    (&[0.5], &["0.5"]),
    (
        &[0.0, 1e-7, 1.0, 1000.0, 1e21],
        &["0.0", "1e-07", "1.0", "1000.0", "1e+21"],
    ),
    (
        &[-1e6, -0.25, 2.0, 1_048_576.0],
        &["-1e+06", "-0.25", "2.0", "1.048576e+06"],
    ),
    (&[5e-324, f64::MAX], &["5e-324", "1.7976931348623157e+308"]),
];

fn leaked(text: String) -> &'static str {
    text.leak()
}

fn plan(random: &mut Random) -> Vec<Planned> {
    let fields = 1 + random.below(4);
    let field = |_| {
        let kind = random.below(9);
        let suffixes: &[&str] = match kind {
            0 => &["_total", "_total", "_total", "_seconds_total", ""],
            1 => &["_seconds_total", "_total"],
            7 => &["_info", "_info", ""],
            _ => &[
                "", "", "", "_seconds", "_bytes", "_ratio", "_total", "_count",
            ],
        };
        Planned {
            kind,
            name: leaked(random.name(suffixes)),
            // The judge leaves out spaces in front.
            help: leaked(format!("H{}", random.text())),
            bounds: random.one_of(&BOUNDS).0,
        }
    };
    (0..fields).map(field).collect()
}

/// A registry with a group that it takes: what it refuses is nowhere.
fn register(random: &mut Random, namespace: &str) -> (Registry, Any, Vec<Planned>, u64) {
    let mut refused = 0;
    loop {
        let registry = Registry::builder().namespace(namespace).build().unwrap();
        let plan = plan(random);
        PLAN.set(plan.clone());
        match Any::register(&registry) {
            Ok(any) => return (registry, any, plan, refused),
            Err(_) => refused += 1,
        }
    }
}

fn record(random: &mut Random, namespace: &str, any: &Any, plan: &[Planned]) -> Expected {
    let mut expected = Expected::default();
    for (metric, planned) in any.0.iter().zip(plan) {
        let name = format!("{namespace}_{}", planned.name);
        let base = ["_total", "_info"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix));
        expected
            .helps
            .insert(base.unwrap_or(&name).to_owned(), planned.help);
        // At most as many as there is room for, each once.
        let texts: BTreeMap<(String, String), ()> = (0..random.below(4))
            .map(|_| ((random.text(), random.text()), ()))
            .collect();
        let values: Vec<f64> = (0..random.below(6)).map(|_| random.number()).collect();
        let is_signed = planned.bounds[0] < 0.0;
        for (first, second) in texts.keys() {
            let two = Two {
                first,
                second_one: second,
            };
            let labels = [("first", first.as_str()), ("second_one", second.as_str())];
            match metric {
                Metric::Counter(family) => {
                    let total = random.whole();
                    family.with(&two).add(total);
                    expected.add(&name, &labels, total as f64);
                }
                Metric::Level(family) => {
                    let level = random.number();
                    family.with(&two).set(level);
                    expected.add(&name, &labels, level);
                }
                Metric::Classic(family) => {
                    let histogram = family.with(&two);
                    values.iter().for_each(|value| histogram.observe(*value));
                    expected.histogram(&name, &labels, planned.bounds, &values, is_signed);
                }
                _ => {}
            }
        }
        match metric {
            Metric::Seconds(counter) => {
                let amount = random.number();
                counter.add(amount);
                let counts = amount.is_finite() && amount >= 0.0;
                expected.add(&name, &[], if counts { amount + 0.0 } else { 0.0 });
            }
            Metric::Depth(gauge) => {
                let depth = random.whole() as i64;
                gauge.set(depth);
                expected.add(&name, &[], depth as f64);
            }
            Metric::Native(histogram) => {
                values.iter().for_each(|value| histogram.observe(*value));
                // Without a bound below 0, values below 0 are none.
                expected.histogram(&name, &[], &[], &values, false);
            }
            Metric::Both(histogram) => {
                values.iter().for_each(|value| histogram.observe(*value));
                expected.histogram(&name, &[], planned.bounds, &values, is_signed);
            }
            Metric::Info(info) if random.below(4) > 0 => {
                let said = random.text();
                info.set(&Facts { said: &said });
                expected.add(&name, &[("said", &said)], 1.0);
            }
            Metric::Mode(states) => {
                let mode = random.one_of(&[Mode::Off, Mode::On]);
                states.set(mode);
                for (state, text) in [(Mode::Off, "off"), (Mode::On, "on")] {
                    let value = f64::from(u8::from(mode == state));
                    expected.add(&name, &[(name.as_str(), text)], value);
                }
            }
            _ => {}
        }
    }
    expected
}

/// The samples of our families, as the judge has read them.
fn read(families: &[Read], namespace: &str) -> Samples {
    let ours = families
        .iter()
        .filter(|family| family.name.starts_with(namespace));
    ours.flat_map(|family| &family.samples)
        .map(|sample| {
            let labels = sample.labels.iter();
            let labels = labels.map(|(name, value)| (name.clone(), value.clone()));
            (
                (sample.name.clone(), labels.collect()),
                bits(sample.number()),
            )
        })
        .collect()
}

/// A page of these families only, or of all.
fn page(registry: &Registry, names: &[String], content_type: ContentType) -> String {
    let names = names
        .iter()
        .map(|name| format!("name[]={}&", http::encode(name)));
    let request = EndpointRequest::new("GET")
        .query(&names.collect::<String>())
        .header("accept", content_type.as_str().as_bytes());
    let answer = Endpoint::new(registry).answer(&request);
    assert_eq!(answer.header("content-type"), Some(content_type.as_str()));
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[test]
fn ten_thousand_registries_read_back_as_recorded() {
    let started = std::time::Instant::now();
    let seed = std::env::var("VITALSIGNS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or(20_261_121);
    let mut reader = Reader::start();
    let (mut refused, mut samples, mut attached) = (0, 0, 0);
    let mut batch = String::new();
    for case in 0..CASES {
        let mut random = Random(seed.wrapping_add(case << 32));
        let namespace = format!("c{case}x");
        let (registry, any, plan, without) = register(&mut random, &namespace);
        refused += without;
        let expected = record(&mut random, &namespace, &any, &plan);
        let mut names: Vec<String> = plan
            .iter()
            .map(|planned| format!("{namespace}_{}", planned.name))
            .collect();
        batch += &page(&registry, &names, ContentType::from(Format::Text));

        // Something of another library beside ours, which nobody has checked.
        let (theirs, level) = (random.name(&["", "_total", "_info", ".x"]), random.number());
        let gauge = TheirGauge::<f64, AtomicU64>::default();
        gauge.set(level);
        let gauge = PrometheusClient::metric(theirs.as_str(), random.text(), gauge);
        let is_attached = registry.attach(gauge).is_ok();
        attached += u64::from(is_attached);
        names.push(theirs.clone());
        // Now and then all of the page; the library's own families are much the same each time.
        if case % 20 == 0 {
            names.clear();
        }

        let escaping =
            random.one_of(&[Escaping::Underscores, Escaping::Values, Escaping::AllowUtf8]);
        let content_type = ContentType::from(Format::OpenMetrics).escaped(escaping);
        let text = page(&registry, &names, content_type);
        let families = match reader.openmetrics(&text) {
            Ok(families) => families,
            Err(complaint) => panic!("seed {seed}, case {case}: {complaint}\n{text}"),
        };
        let found = read(&families, &namespace);
        assert_eq!(found, expected.samples, "seed {seed}, case {case}:\n{text}");
        for family in families
            .iter()
            .filter(|family| family.name.starts_with(&namespace))
        {
            let help = expected.helps[&family.name];
            assert_eq!(family.help, help, "seed {seed}, case {case}:\n{text}");
        }
        if is_attached && escaping == Escaping::AllowUtf8 {
            let family = families.iter().find(|family| family.name == theirs);
            let sample = family.and_then(|family| family.samples.first());
            let sample =
                sample.unwrap_or_else(|| panic!("seed {seed}, case {case}, {theirs:?}:\n{text}"));
            assert_eq!(
                bits(sample.number()),
                bits(level),
                "seed {seed}, case {case}:\n{text}"
            );
        }
        samples += found.len();

        if (case + 1) % BATCH == 0 {
            if let Err(complaint) = promtool_check_metrics(&batch) {
                panic!("seed {seed}, cases up to {case}: {complaint}");
            }
            batch.clear();
        }
    }
    println!(
        "{CASES} registries, {samples} samples, {attached} with foreign metrics, {refused} refused, {:?}",
        started.elapsed()
    );
    assert!(samples > 40_000, "{samples} samples");
    assert!(attached > CASES / 4, "{attached} attached");
}
