//! Systems that export what is ready.

use std::time::Duration;

use vitalsigns::families::memory::Tier;
use vitalsigns::families::process::ProcessMetrics;
use vitalsigns::families::tokio::TokioRuntime;
use vitalsigns::families::{
    AgentDecisions, AgentFindings, AgentModes, AiOptimization, BuildInfo, Cache, Database,
    EventConsumer, EventProducer, Functions, Gateway, HttpClient, HttpServer, Learning,
    MemoryTiers, Payments, Users, VideoGeneration, WebhookReceiver, WebhookSender, WorkQueues,
    database,
};
use vitalsigns::{Catalogue, LabelValue, MetricGroup, Registry};
use vitalsigns::{Counter, Family, Gauge, Histogram, LabelSet};
use vitalsigns_health::Health;
use vitalsigns_kit::exporters::Exporter;
use vitalsigns_kit::system::{Service, System};

/// Stands for an enum of the service.
#[derive(LabelValue)]
pub(crate) enum Example {
    One,
    Two,
}

/// Every family that is ready.
pub(crate) fn all_families() -> Catalogue {
    let registry = Registry::new();
    let http = HttpServer::builder();
    let http = http.first_byte().request_size().response_size();
    http.streams(["text/event-stream"])
        .register(&registry)
        .unwrap();
    HttpClient::register(&registry).unwrap();
    VideoGeneration::<Example>::register(&registry).unwrap();
    AiOptimization::<Example>::register(&registry).unwrap();
    let memory = MemoryTiers::<Tier>::register(&registry).unwrap();
    let store = || Ok::<_, std::convert::Infallible>(Vec::new());
    memory.read_store(&registry, store).unwrap();
    AgentModes::<Example, Example>::register(&registry).unwrap();
    AgentFindings::<Example, Example, Example>::register(&registry).unwrap();
    AgentDecisions::<Example>::register(&registry).unwrap();
    WebhookReceiver::<Example, Example>::register(&registry).unwrap();
    WebhookSender::register(&registry).unwrap();
    EventConsumer::<Example, Example>::register(&registry).unwrap();
    EventProducer::<Example>::register(&registry).unwrap();
    Payments::<Example>::register(&registry).unwrap();
    Users::<Example>::register(&registry).unwrap();
    Learning::<Example>::register(&registry).unwrap();
    Gateway::<Example>::register(&registry).unwrap();
    Database::<database::Main>::register(&registry, database::Main::Main).unwrap();
    Cache::<Example>::register(&registry).unwrap();
    WorkQueues::<Example>::register(&registry).unwrap();
    BuildInfo::new("1.0.0").register(&registry).unwrap();
    ProcessMetrics::register(&registry).unwrap();
    Functions::register(&registry).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    TokioRuntime::register(&registry, runtime.handle().clone()).unwrap();
    let _health = Health::builder(&registry).build().unwrap();
    registry.catalogue()
}

/// A system with everything that is known.
pub(crate) fn whole() -> System {
    let service = Service::new("whole-api", "api:8080", all_families());
    let system = System::new("whole").title("Whole").service(service);
    Exporter::ALL.into_iter().fold(system, System::exporter)
}

/// What a service declares itself.
#[expect(dead_code, reason = "registered, never recorded")]
#[derive(MetricGroup)]
#[metrics(prefix = "bakery")]
pub(crate) struct Bakery {
    /// Loaves that were baked.
    pub(crate) loaves_total: Family<Bread, Counter>,
    /// Heat of the oven.
    pub(crate) oven_celsius: Gauge,
    /// Time in the oven.
    #[metric(buckets = [60.0, 600.0, 3600.0])]
    pub(crate) baking_seconds: Histogram,
}

#[derive(LabelSet)]
pub(crate) struct Bread {
    pub(crate) flour: Example,
}

/// A system with families of its own.
pub(crate) fn bakery() -> System {
    let registry = Registry::new();
    Bakery::register(&registry).unwrap();
    let service = Service::new("bakery", "bakery:8080", registry.catalogue());
    System::new("bakery").service(service.interval(Duration::from_secs(5)))
}
