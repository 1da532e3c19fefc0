//! Native histograms, and the times at which counters began, as protobuf through a real Prometheus.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use tests::prometheus::Prometheus;
use tests::scrape::Target;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use vitalsigns::{
    Counter, Family, Format, Histogram, LabelSet, MetricGroup, PrometheusClient, Registry,
};

#[derive(LabelSet)]
struct Cut {
    short: bool,
}

#[derive(MetricGroup)]
#[metrics(prefix = "film")]
struct Films {
    /// Time to render a film.
    #[metric(histogram = "native")]
    render_seconds: Family<Cut, Histogram>,
    /// Drift between picture and sound.
    #[metric(histogram = "both", buckets = [-0.5, 0, 0.5])]
    drift_ratio: Histogram,
    /// Size of a film.
    size_bytes: Histogram,
    /// Films that were rendered.
    rendered_total: Family<Cut, Counter>,
}

pub(crate) const FILMS: i32 = 1000;

/// An app on a socket, with films that took from 1 to 1000 hundredths of a second.
pub(crate) struct App {
    address: SocketAddr,
    registry: Registry,
    // The app lives on it.
    _runtime: Runtime,
}

impl App {
    pub(crate) fn start() -> Self {
        let registry = Registry::new();
        let films = Films::register(&registry).unwrap();
        for number in 1..=FILMS {
            let cut = Cut {
                short: number % 2 == 0,
            };
            films
                .render_seconds
                .with(&cut)
                .observe(f64::from(number) / 100.0);
            films.drift_ratio.observe(f64::from(number - 500) / 500.0);
            films.size_bytes.observe(f64::from(number));
            films.rendered_total.with(&cut).inc();
        }
        // A name that needs quotes.
        let dotted: prometheus_client::metrics::counter::Counter = Default::default();
        dotted.inc_by(7);
        let dotted = PrometheusClient::metric("film.awards", "Awards", dotted);
        registry.attach(dotted).unwrap();
        let app = Router::new().route("/", get(async || "films"));
        let app = vitalsigns_tower::axum::instrument(app, &registry).unwrap();
        let runtime = Runtime::new().unwrap();
        let listener = runtime
            .block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))))
            .unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, app).await });
        App {
            address,
            registry,
            _runtime: runtime,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/metrics", self.address)
    }

    pub(crate) fn target(&self) -> Target {
        Target::new("films", self.address.to_string())
    }
}

/// The one number that an expression gives.
#[track_caller]
pub(crate) fn number(prometheus: &Prometheus, expression: &str) -> f64 {
    match prometheus.wait_for(expression)[..] {
        [(_, number)] => number,
        ref rows => panic!("{expression}: {rows:?}"),
    }
}

#[track_caller]
fn assert_near(found: f64, expected: f64) {
    // A bucket is 1.09 times as wide as it is far.
    let near = expected / 1.1..=expected * 1.1;
    assert!(near.contains(&found), "{found} is not near {expected}");
}

pub(crate) fn assert_native(prometheus: &Prometheus) {
    prometheus.wait_until_up("films");
    let half = f64::from(FILMS / 2);
    let short = "film_render_seconds{short=\"true\"}";
    assert_eq!(
        number(prometheus, &format!("histogram_count({short})")),
        half
    );
    let sum = f64::from((1..=FILMS / 2).sum::<i32>()) * 2.0 / 100.0;
    let found = number(prometheus, &format!("histogram_sum({short})"));
    assert!((found - sum).abs() < 1e-6, "{found}, {sum}");
    for (quantile, seconds) in [(0.01, 0.1), (0.5, 5.0), (0.9, 9.0), (0.99, 9.9)] {
        let found = number(
            prometheus,
            &format!("histogram_quantile({quantile}, {short})"),
        );
        assert_near(found, seconds);
    }
    let share = number(prometheus, &format!("histogram_fraction(0, 2.5, {short})"));
    assert_near(share, 0.25);

    // Values of both signs.
    let below = number(prometheus, "histogram_fraction(-Inf, 0, film_drift_ratio)");
    assert!((below - 0.5).abs() < 0.01, "{below}");
    assert_near(
        -number(prometheus, "histogram_quantile(0.25, film_drift_ratio)"),
        0.5,
    );

    // Prometheus asks for protobuf without a word on names.
    assert_eq!(number(prometheus, "film_awards_total"), 7.0);

    // What is classic stays classic, and has the bounds that it has in the text formats.
    assert_eq!(
        number(prometheus, "film_size_bytes_bucket{le=\"256.0\"}"),
        256.0
    );
    assert_eq!(
        number(prometheus, "film_size_bytes_count"),
        f64::from(FILMS)
    );
    assert_eq!(
        number(prometheus, "sum(film_rendered_total)"),
        f64::from(FILMS)
    );
}

#[test]
fn prometheus_2_stores_native_histograms() {
    let app = App::start();
    let flags = ["--enable-feature=native-histograms"];
    assert_native(&Prometheus::start_with(&[app.target()], &flags));
}

#[test]
fn prometheus_3_stores_native_histograms_and_when_counters_began() {
    let app = App::start();
    let flags = ["--enable-feature=native-histograms,created-timestamp-zero-ingestion"];
    let prometheus = Prometheus::start_newest(&[app.target()], &flags);
    assert_native(&prometheus);
    assert_eq!(prometheus.metadata("film_size_bytes")[0].unit, "bytes");

    // No page ever had a 0, but the series began with one.
    let first = "min_over_time(film_rendered_total{short=\"true\"}[10m])";
    prometheus.wait_for_value(first, 0.0);
    let rise = "increase(film_rendered_total{short=\"true\"}[10m]) > bool 0";
    prometheus.wait_for_value(rise, 1.0);
}

#[test]
fn a_prometheus_that_is_told_nothing_gets_the_count_of_native_histograms() {
    let app = App::start();
    for prometheus in [
        Prometheus::start(&[app.target()]),
        Prometheus::start_newest(&[app.target()], &[]),
    ] {
        prometheus.wait_until_up("films");
        let count = number(&prometheus, "sum(film_render_seconds_count)");
        assert_eq!(count, f64::from(FILMS));
        let all = "sum(film_render_seconds_bucket{le=\"+Inf\"})";
        assert_eq!(number(&prometheus, all), f64::from(FILMS));
        assert!(prometheus.query("film_render_seconds").is_empty());
        // The kind of page that it was.
        let awards = "{__name__=~\"film.awards_total\"}";
        assert_eq!(number(&prometheus, awards), 7.0);
        let page = app.registry.render(Format::OpenMetrics);
        assert!(page.contains("film_render_seconds_bucket{short=\"true\",le=\"+Inf\"} 500\n"));
    }
}
