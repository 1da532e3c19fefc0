//! Futures end without warning: by `select!`, by a timeout, by an abort, by a panic. Every guard
//! of every domain family gives back what it held and says how it ended, whichever it was.

use std::future::{pending, ready};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use vitalsigns::families::agent::Agent;
use vitalsigns::families::ai::Level;
use vitalsigns::families::database::{Main, Operation};
use vitalsigns::families::gateway::{AuthMethod, Forward};
use vitalsigns::families::http::Method as HttpMethod;
use vitalsigns::families::memory::{Reason, Tier};
use vitalsigns::families::payments::{Currency, Method};
use vitalsigns::families::{
    AgentDecisions, AgentModes, AiOptimization, Cache, Database, EventConsumer, EventProducer,
    Gateway, HttpClient, HttpServer, Learning, MemoryTiers, Payments, Users, VideoGeneration,
    WebhookReceiver, WebhookSender, WorkQueues,
};
use vitalsigns::{Kind, Registry, testing};

/// Whatever a guard is, a task can own it.
trait Held: Send {}

impl<T: Send> Held for T {}

type Holding = Box<dyn Held>;

/// A guard, what shows that it is there, and what says how it ended.
struct Case {
    name: &'static str,
    hold: fn(&Registry) -> Holding,
    /// The gauges that read 1 as long as it is held.
    gauges: &'static [&'static str],
    /// The families that count how it ended.
    ends: &'static [&'static str],
}

/// How a task comes to its end while it holds a guard.
#[derive(Clone, Copy, Debug)]
enum Way {
    Select,
    Timeout,
    Abort,
    Panic,
}

fn gateway(registry: &Registry) -> Gateway<bool> {
    Gateway::register(registry).unwrap()
}

fn forward(registry: &Registry) -> Forward<bool> {
    gateway(registry).forward(true)
}

fn agent(registry: &Registry) -> Agent<bool, bool> {
    AgentModes::register(registry).unwrap().start(true)
}

fn database(registry: &Registry) -> Database<Main> {
    Database::register(registry, Main::Main).unwrap()
}

fn memory(registry: &Registry) -> MemoryTiers {
    MemoryTiers::register(registry).unwrap()
}

fn payments(registry: &Registry) -> Payments<bool> {
    Payments::register(registry).unwrap()
}

fn queues(registry: &Registry) -> WorkQueues<bool> {
    WorkQueues::register(registry).unwrap()
}

fn sender(registry: &Registry) -> WebhookSender {
    WebhookSender::register(registry).unwrap()
}

fn video(registry: &Registry) -> VideoGeneration<bool> {
    VideoGeneration::register(registry).unwrap()
}

const CASES: &[Case] = &[
    Case {
        name: "http request",
        hold: |registry| Box::new(HttpServer::register(registry).unwrap().start("GET", None)),
        gauges: &["http_requests_in_flight"],
        ends: &["http_requests_total"],
    },
    Case {
        name: "http_client request",
        hold: |registry| {
            let client = HttpClient::register(registry).unwrap();
            Box::new(client.peer("maps").start(HttpMethod::Get))
        },
        gauges: &["http_client_requests_in_flight"],
        ends: &["http_client_requests_total"],
    },
    Case {
        name: "video job in the queue",
        hold: |registry| Box::new(video(registry).enqueue(true)),
        gauges: &["video_generation_in_progress"],
        ends: &["video_generation_total"],
    },
    Case {
        name: "video job at work",
        hold: |registry| Box::new(video(registry).start(true)),
        gauges: &["video_generation_in_progress"],
        ends: &["video_generation_total"],
    },
    Case {
        name: "ai optimisation",
        hold: |registry| {
            let ai = AiOptimization::<bool>::register(registry).unwrap();
            Box::new(ai.start(true, Level::Standard))
        },
        gauges: &["ai_optimization_in_progress"],
        ends: &["ai_optimization_total"],
    },
    Case {
        name: "memory access",
        hold: |registry| Box::new(memory(registry).read(Tier::Hot)),
        gauges: &[],
        ends: &["memory_tier_operations_total"],
    },
    Case {
        name: "memory change",
        hold: |registry| Box::new(memory(registry).write(Tier::Hot)),
        gauges: &[],
        ends: &["memory_tier_operations_total"],
    },
    Case {
        name: "memory move",
        hold: |registry| Box::new(memory(registry).start_move(Tier::Hot, Tier::Cold, Reason::Age)),
        gauges: &[],
        ends: &["memory_tier_moves_total"],
    },
    Case {
        name: "payment attempt",
        hold: |registry| Box::new(payments(registry).attempt(Method::Card, Currency::EUR)),
        gauges: &["payments_in_progress"],
        ends: &["payments_processed_total"],
    },
    Case {
        name: "payment provider call",
        hold: |registry| Box::new(payments(registry).provider_call(true)),
        gauges: &[],
        ends: &["payments_provider_duration_seconds"],
    },
    Case {
        name: "webhook received",
        hold: |registry| {
            let webhooks = WebhookReceiver::<bool, bool>::register(registry).unwrap();
            Box::new(webhooks.received(true, true))
        },
        gauges: &["webhook_requests_in_progress"],
        ends: &["webhook_requests_total"],
    },
    Case {
        name: "webhook delivery",
        hold: |registry| Box::new(sender(registry).deliver("crm")),
        gauges: &["webhook_deliveries_pending"],
        ends: &["webhook_deliveries_total"],
    },
    Case {
        name: "webhook attempt",
        hold: |registry| {
            let mut delivery = sender(registry).deliver("crm");
            Box::new((delivery.attempt(), delivery))
        },
        gauges: &["webhook_deliveries_pending"],
        ends: &[
            "webhook_deliveries_total",
            "webhook_delivery_attempts_total",
        ],
    },
    Case {
        name: "batch of events",
        hold: |registry| {
            let events = EventProducer::<bool>::register(registry).unwrap();
            Box::new(events.send(true, 1))
        },
        gauges: &["events_produce_in_progress"],
        ends: &["events_produced_total"],
    },
    Case {
        name: "event",
        hold: |registry| {
            let events = EventConsumer::<bool, bool>::register(registry).unwrap();
            Box::new(events.consume(true, true))
        },
        gauges: &["events_consume_in_progress"],
        ends: &["events_consumed_total"],
    },
    Case {
        name: "agent",
        hold: |registry| Box::new(agent(registry)),
        gauges: &["agent_running"],
        ends: &["agent_runs_total"],
    },
    Case {
        name: "agent that switched its mode",
        hold: |registry| {
            let agent = agent(registry);
            assert!(agent.switch(false, true));
            Box::new(agent)
        },
        gauges: &["agent_running"],
        ends: &["agent_runs_total"],
    },
    Case {
        name: "decision of an agent",
        hold: |registry| {
            let decisions = AgentDecisions::<bool>::register(registry).unwrap();
            Box::new(decisions.decide(true))
        },
        gauges: &["agent_decisions_in_progress"],
        ends: &["agent_decisions_total"],
    },
    Case {
        name: "queue ticket",
        hold: |registry| Box::new(queues(registry).enqueue(true)),
        gauges: &["queue_depth"],
        ends: &["queue_tasks_total"],
    },
    Case {
        name: "queue task",
        hold: |registry| Box::new(queues(registry).enqueue(true).take()),
        gauges: &["queue_tasks_in_progress"],
        ends: &["queue_tasks_total"],
    },
    Case {
        name: "queue worker",
        hold: |registry| Box::new(queues(registry).worker(true)),
        gauges: &["queue_workers"],
        ends: &["queue_workers_ended_total"],
    },
    Case {
        name: "queue task of a worker",
        hold: |registry| {
            let queues = queues(registry);
            let worker = queues.worker(true);
            Box::new((queues.enqueue(true).take().by(&worker), worker))
        },
        gauges: &[
            "queue_tasks_in_progress",
            "queue_workers",
            "queue_workers_busy",
        ],
        ends: &["queue_tasks_total", "queue_workers_ended_total"],
    },
    Case {
        name: "session of a user",
        hold: |registry| Box::new(Users::<bool>::register(registry).unwrap().session(true)),
        gauges: &["user_sessions_in_progress"],
        ends: &["user_sessions_total"],
    },
    Case {
        name: "lesson",
        hold: |registry| Box::new(Learning::<bool>::register(registry).unwrap().lesson(true)),
        gauges: &["learning_lessons_in_progress"],
        ends: &["learning_lessons_total"],
    },
    Case {
        name: "gateway authentication",
        hold: |registry| Box::new(gateway(registry).authenticate(AuthMethod::Certificate)),
        gauges: &[],
        ends: &["gateway_authentications_total"],
    },
    Case {
        name: "gateway forward",
        hold: |registry| Box::new(forward(registry)),
        gauges: &["gateway_upstream_requests_in_flight"],
        ends: &["gateway_upstream_requests_total"],
    },
    Case {
        name: "database query",
        hold: |registry| Box::new(database(registry).query(Operation::Select)),
        gauges: &["database_queries_in_flight"],
        ends: &["database_queries_total"],
    },
    Case {
        name: "database acquire",
        hold: |registry| Box::new(database(registry).acquire()),
        gauges: &["database_pool_waiting"],
        ends: &["database_pool_acquires_total"],
    },
    Case {
        // A connection ends in one way only: it is given back.
        name: "database connection",
        hold: |registry| Box::new(database(registry).acquire().acquired()),
        gauges: &["database_pool_connections_in_use"],
        ends: &[],
    },
    Case {
        name: "cache load",
        hold: |registry| Box::new(Cache::<bool>::register(registry).unwrap().load(true)),
        gauges: &["cache_loads_in_progress"],
        ends: &["cache_loads_total"],
    },
];

/// What is in the name of a gauge of what goes on.
const GOING: [&str; 10] = [
    "in_progress",
    "in_flight",
    "pending",
    "depth",
    "running",
    "busy",
    "waiting",
    "in_use",
    "workers",
    "oldest",
];

/// No gauge of what goes on, of any family of the registry, has anything left.
fn assert_nothing_goes_on(registry: &Registry, about: &str) {
    for family in registry.catalogue().families {
        let name = &family.name;
        if !matches!(family.kind, Kind::Gauge) || !GOING.iter().any(|word| name.contains(word)) {
            continue;
        }
        // Where nothing goes on, the oldest of it began at no time.
        let nothing = if name.contains("oldest") {
            " NaN"
        } else {
            " 0"
        };
        for line in testing::samples(registry, name).lines() {
            assert!(line.ends_with(nothing), "{about}: {line}");
        }
    }
}

/// Every end that a family counts is the one that is meant, and there are `number` of them.
fn assert_ends(registry: &Registry, family: &str, way: Way, number: usize, about: &str) {
    let is_panic = matches!(way, Way::Panic);
    let end = match (family, is_panic) {
        ("http_requests_total", false) => "status=\"499\"",
        ("http_requests_total", true) => "status=\"500\"",
        (_, false) => "outcome=\"cancelled\"",
        (_, true) => "outcome=\"panicked\"",
    };
    let count = format!("{family}_count{{");
    let series = format!("{family}{{");
    let samples = testing::samples(registry, family);
    let lines: Vec<&str> = samples
        .lines()
        .filter(|line| line.starts_with(&count) || line.starts_with(&series))
        .filter(|line| !line.ends_with(" 0"))
        .collect();
    assert_eq!(lines.len(), 1, "{about}: {family}: {lines:#?}");
    assert!(lines[0].contains(end), "{about}: {}", lines[0]);
    assert!(
        lines[0].ends_with(&format!(" {number}")),
        "{about}: {}",
        lines[0]
    );
}

impl Case {
    fn assert_held(&self, registry: &Registry, number: usize) {
        for gauge in self.gauges {
            let held = testing::total(registry, gauge);
            assert_eq!(held, number as f64, "{}: {gauge}", self.name);
        }
        for family in self.ends {
            let ended = testing::total(registry, family);
            assert_eq!(ended, 0.0, "{}: {family} before the end", self.name);
        }
    }

    fn assert_ended(&self, registry: &Registry, way: Way, number: usize) {
        let about = format!("{}, {way:?}", self.name);
        assert_nothing_goes_on(registry, &about);
        for family in self.ends {
            assert_ends(registry, family, way, number, &about);
        }
    }

    /// One task holds the guard and comes to its end in this way.
    async fn end(&self, way: Way) {
        let registry = Registry::new();
        let (hold, held) = (self.hold, registry.clone());
        let (say, said) = oneshot::channel();
        let holding = async move {
            let _guard = hold(&held);
            say.send(()).unwrap();
            if matches!(way, Way::Panic) {
                panic!("the task panics, as the test wants it");
            }
            pending::<()>().await;
        };
        match way {
            Way::Select => {
                tokio::select! {
                    // The guard is there before the other branch is looked at.
                    biased;
                    () = holding => unreachable!("it waits forever"),
                    () = ready(()) => {}
                }
            }
            Way::Timeout => {
                // The future is polled once before the time is looked at.
                let result = tokio::time::timeout(Duration::ZERO, holding).await;
                assert!(result.is_err(), "{}", self.name);
            }
            Way::Abort => {
                let task = tokio::spawn(holding);
                said.await.unwrap();
                self.assert_held(&registry, 1);
                task.abort();
                assert!(task.await.unwrap_err().is_cancelled(), "{}", self.name);
                self.assert_ended(&registry, way, 1);
                return;
            }
            Way::Panic => {
                let task = tokio::spawn(holding);
                assert!(task.await.unwrap_err().is_panic(), "{}", self.name);
            }
        }
        said.await
            .expect("the task came as far as to hold the guard");
        self.assert_ended(&registry, way, 1);
    }

    /// A thousand tasks hold a guard each, and all are aborted.
    async fn end_a_thousand(&self) {
        const TASKS: usize = 1000;
        let registry = Registry::new();
        let (say, mut said) = mpsc::unbounded_channel();
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (hold, registry, say) = (self.hold, registry.clone(), say.clone());
                tokio::spawn(async move {
                    let _guard = hold(&registry);
                    say.send(()).unwrap();
                    pending::<()>().await;
                })
            })
            .collect();
        for _ in 0..TASKS {
            said.recv().await.unwrap();
        }
        self.assert_held(&registry, TASKS);
        for task in &tasks {
            task.abort();
        }
        for task in tasks {
            assert!(task.await.unwrap_err().is_cancelled());
        }
        self.assert_ended(&registry, Way::Abort, TASKS);
    }
}

fn case(name: &str) -> &'static Case {
    let found = CASES.iter().find(|case| case.name == name);
    found.unwrap_or_else(|| panic!("there is no {name:?}"))
}

#[tokio::test]
async fn a_branch_that_loses_a_select_is_cancelled() {
    for case in CASES {
        case.end(Way::Select).await;
    }
}

#[tokio::test]
async fn a_future_whose_time_is_over_is_cancelled() {
    for case in CASES {
        case.end(Way::Timeout).await;
    }
}

#[tokio::test]
async fn a_task_that_is_aborted_is_cancelled() {
    for case in CASES {
        case.end(Way::Abort).await;
    }
}

#[tokio::test]
async fn a_task_that_panics_is_panicked() {
    for case in CASES {
        case.end(Way::Panic).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_requests_at_once_are_all_cancelled() {
    case("http request").end_a_thousand().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_tasks_at_once_are_all_cancelled() {
    case("queue task of a worker").end_a_thousand().await;
}
