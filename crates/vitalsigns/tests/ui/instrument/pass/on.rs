//! Functions that record on a family of the domain or of the service.

#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(clippy::all)]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use vitalsigns::families::database::{Main, Operation, QueryError};
use vitalsigns::families::http::Method;
use vitalsigns::families::http_client::{ClientError, Peer};
use vitalsigns::families::video::{ErrorKind, Output};
use vitalsigns::families::{AiOptimization, Database, HttpClient, VideoGeneration, ai};
use vitalsigns::instrument::{FromReturned, Instrument, InstrumentGuard};
use vitalsigns::{
    Counter, Family, Format, LabelSet, LabelValue, MetricGroup, Registry, instrument_metrics,
};

#[derive(LabelValue, Clone, Copy)]
enum Theme {
    Tech,
    Nature,
}

struct Video {
    bytes: u64,
}

enum RenderError {
    Slow,
}

impl FromReturned<Video> for Output {
    fn from_returned(video: &Video) -> Self {
        Output { seconds: 1.0, bytes: video.bytes }
    }
}

impl FromReturned<RenderError> for ErrorKind {
    fn from_returned(error: &RenderError) -> Self {
        match error {
            RenderError::Slow => ErrorKind::Timeout,
        }
    }
}

struct Request {
    theme: Theme,
    fails: bool,
}

struct Studio {
    video: VideoGeneration<Theme>,
    ai: Arc<AiOptimization<Theme>>,
    database: Database<Main>,
    shop: Shop,
}

type Rendered = Result<Video, RenderError>;

impl Studio {
    // Nothing of the error and the value has to be said where it follows from their types.
    #[instrument_metrics(on = self.video, theme = request.theme)]
    async fn generate(&self, request: Request) -> Rendered {
        std::future::ready(()).await;
        if request.fails {
            return Err(RenderError::Slow);
        }
        Ok(Video { bytes: 10 })
    }

    #[instrument_metrics(on = self.video, theme = Theme::Nature)]
    fn never_fails(&self) -> Video {
        Video { bytes: 1 }
    }

    #[instrument_metrics(
        on = self.video,
        theme = Theme::Tech,
        ok = |bytes| Output { seconds: 1.0, bytes: *bytes },
        error = |_: &String| ErrorKind::Storage,
    )]
    fn said(&self, fails: bool) -> Result<u64, String> {
        if fails {
            return Err("disk".to_owned());
        }
        Ok(5)
    }

    #[instrument_metrics(
        on = self.video,
        theme = Theme::Tech,
        ok = |bytes| Output { seconds: 1.0, bytes: *bytes },
    )]
    fn value_said(&self) -> u64 {
        6
    }

    #[instrument_metrics(
        on = self.video,
        theme = Theme::Tech,
        outcome = |bytes: &Option<u64>| match bytes {
            Some(bytes) => Ok(Output { seconds: 1.0, bytes: *bytes }),
            None => Err(ErrorKind::InvalidInput),
        },
    )]
    fn outcome_said(&self, bytes: Option<u64>) -> Option<u64> {
        bytes
    }

    #[instrument_metrics(on = *self.ai, level = ai::Level::Light, optimization_type = Theme::Tech,
        ok = |it| *it)]
    fn optimise(&self) -> Result<ai::Measured, String> {
        Ok(ai::Measured { input_bytes: 4, output_bytes: 2, ..Default::default() })
    }

    #[instrument_metrics(on = self.database, operation = Operation::Select,
        error = |_| QueryError::Error)]
    async fn rows(&mut self) -> std::io::Result<Vec<u32>> {
        Ok(Vec::new())
    }

    #[instrument_metrics(on = self.shop, plan = r#type)]
    fn order(&self, r#type: Plan) -> Result<(), &'static str> {
        Err("sold out")
    }

    #[instrument_metrics(on = self.video, theme = Theme::Tech, ok = |_| Output::default())]
    fn boxed<'a>(&'a self) -> Pin<Box<dyn Future<Output = u32> + Send + 'a>> {
        Box::pin(async move { 1 })
    }
}

#[async_trait]
trait Renders {
    async fn render(&self, request: Request) -> Rendered;
}

#[async_trait]
impl Renders for Studio {
    #[instrument_metrics(on = self.video, theme = request.theme)]
    async fn render(&self, request: Request) -> Rendered {
        self.generate(request).await
    }
}

#[instrument_metrics(on = maps, method = Method::Get, ok = |status| *status,
    error = |_| ClientError::Timeout)]
async fn route(maps: Peer) -> Result<u16, ()> {
    Ok(404)
}

/// A family of the service itself.
#[derive(LabelValue, Clone, Copy)]
enum Plan {
    Free,
    Team,
}

#[derive(LabelSet)]
struct Order {
    plan: Plan,
    placed: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Orders.
    orders_total: Family<Order, Counter>,
}

#[derive(Default)]
struct NoPlan;

impl NoPlan {
    fn plan(self, plan: Plan) -> Plan {
        plan
    }
}

struct Ordering<'a>(&'a Shop, Plan);

impl InstrumentGuard for Ordering<'_> {
    type Success = ();
    type Failure = ();

    fn succeed(self, (): ()) {
        self.0.orders_total.with(&Order { plan: self.1, placed: true }).inc();
    }

    fn fail(self, (): ()) {
        self.0.orders_total.with(&Order { plan: self.1, placed: false }).inc();
    }
}

struct Orders<'a>(&'a Shop);

impl<'a> Instrument for Orders<'a> {
    type Unlabelled = NoPlan;
    type Labels = Plan;
    type Guard = Ordering<'a>;

    fn start(&self, plan: Plan) -> Ordering<'a> {
        Ordering(self.0, plan)
    }
}

impl Instrument for Shop {
    type Unlabelled = NoPlan;
    type Labels = Plan;
    type Guard = Owned;

    fn start(&self, plan: Plan) -> Owned {
        Owned(self.orders_total.clone(), plan)
    }
}

struct Owned(Family<Order, Counter>, Plan);

impl InstrumentGuard for Owned {
    type Success = ();
    type Failure = ();

    fn succeed(self, (): ()) {
        self.0.with(&Order { plan: self.1, placed: true }).inc();
    }

    fn fail(self, (): ()) {
        self.0.with(&Order { plan: self.1, placed: false }).inc();
    }
}

// A guard that borrows.
#[instrument_metrics(on = Orders(shop), plan = Plan::Team)]
fn borrowed(shop: &Shop) -> u32 {
    1
}

#[instrument_metrics(on = Orders(shop), plan = Plan::Free)]
async fn borrowed_later(shop: &Shop) -> u32 {
    std::future::ready(()).await;
    1
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn run<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

fn main() {
    let registry = Registry::new();
    let mut studio = Studio {
        video: VideoGeneration::register(&registry).unwrap(),
        ai: Arc::new(AiOptimization::register(&registry).unwrap()),
        database: Database::register(&registry, Main::Main).unwrap(),
        shop: Shop::register(&registry).unwrap(),
    };
    let request = |fails| Request { theme: Theme::Nature, fails };
    assert!(run(is_send(studio.generate(request(true)))).is_err());
    assert!(run(is_send(studio.render(request(false)))).is_ok());
    assert_eq!(studio.never_fails().bytes, 1);
    assert!(studio.said(true).is_err());
    assert_eq!(studio.value_said(), 6);
    assert_eq!(studio.outcome_said(None), None);
    assert!(studio.optimise().is_ok());
    assert!(run(studio.rows()).is_ok());
    assert!(studio.order(Plan::Free).is_err());
    assert_eq!(run(is_send(studio.boxed())), 1);
    let maps = HttpClient::register(&registry).unwrap().peer("maps");
    assert!(run(is_send(route(maps))).is_ok());
    borrowed(&studio.shop);
    run(is_send(borrowed_later(&studio.shop)));

    let page = registry.render(Format::Text);
    for line in [
        "video_generation_total{theme=\"nature\",outcome=\"failed\"} 1",
        // `render` and the `generate` in it, and what never fails.
        "video_generation_total{theme=\"nature\",outcome=\"success\"} 3",
        "video_generation_failures_total{error_type=\"timeout\",stage=\"planning\"} 1",
        "video_generation_failures_total{error_type=\"storage\",stage=\"planning\"} 1",
        "video_generation_failures_total{error_type=\"invalid_input\",stage=\"planning\"} 1",
        "video_generation_in_progress{stage=\"planning\"} 0",
        "video_output_bytes_total{theme=\"tech\"} 6",
        "ai_optimization_output_bytes_total{optimization_type=\"tech\",level=\"light\"} 2",
        "database_queries_total{database=\"main\",operation=\"select\",outcome=\"success\"} 1",
        "orders_total{plan=\"free\",placed=\"false\"} 1",
        "orders_total{plan=\"free\",placed=\"true\"} 1",
        "orders_total{plan=\"team\",placed=\"true\"} 1",
        "http_client_requests_total{peer=\"maps\",method=\"GET\",outcome=\"client_error\"} 1",
    ] {
        assert!(page.contains(&format!("\n{line}\n")), "{line}\n{page}");
    }
}
