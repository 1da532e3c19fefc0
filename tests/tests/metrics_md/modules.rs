//! The modules: how each is registered here, and what there is to say that no catalogue has.

use std::convert::Infallible;

use vitalsigns::families::process::ProcessMetrics;
use vitalsigns::families::tokio::TokioRuntime;
use vitalsigns::families::{
    AgentDecisions, AgentFindings, AgentModes, AiOptimization, BuildInfo, Cache, Database,
    EventConsumer, EventProducer, Functions, Gateway, HttpClient, HttpServer, Learning,
    MemoryTiers, Payments, Users, VideoGeneration, WebhookReceiver, WebhookSender, WorkQueues,
    database,
};
use vitalsigns::{LabelValue, PushError, Pusher, RegisterError, Registry};
use vitalsigns_health::{Health, HealthError};

/// The module name of what every registry reports of itself.
pub(crate) const OWN: &str = "every registry";

/// The module name of what `vitalsigns-health` measures.
pub(crate) const HEALTH: &str = "health";

/// The one value of [`Example`].
pub(crate) const EXAMPLE: &str = "example";

/// Stands for an enum of the service.
#[derive(LabelValue)]
enum Example {
    Example,
}

/// What is said of one module of `vitalsigns::families`.
pub(crate) struct Module {
    pub(crate) name: &'static str,
    /// What registers its families, as the module exports it.
    pub(crate) types: &'static [&'static str],
    pub(crate) register: fn(&Registry) -> Result<(), RegisterError>,
    pub(crate) about: &'static str,
    pub(crate) starts: &'static str,
    pub(crate) ends: &'static str,
    pub(crate) unseen: &'static str,
    /// Documented names, and what is asked for in their place.
    pub(crate) replaces: &'static [(&'static str, &'static str)],
}

pub(crate) const MODULES: &[Module] = &[
    Module {
        name: "http",
        types: &["HttpServer"],
        register: |registry| {
            let all = HttpServer::builder()
                .first_byte()
                .request_size()
                .response_size();
            all.streams(["text/event-stream"])
                .register(registry)
                .map(drop)
        },
        about: "Requests that the service answers; the middleware records them. The first byte, \
                the sizes and the streams are there by option, and so are other labels and names.",
        starts: "when the middleware has the request.",
        ends: "when the body of the response is complete, fails or is dropped; a client that \
               leaves \
               before the response is a `499`.",
        unseen: "the queue of accepted connections, and the network after the last byte.",
        replaces: &[
            (
                "`http_requests_total{method,endpoint,status}`, `…{method,route,status_code}`",
                "`http_requests_total{method,route,status}`; a route is a pattern, never a path",
            ),
            (
                "`http_request_duration_seconds{method,route,status_code}`",
                "`http_request_duration_seconds{method,route}`; a status multiplied every bucket",
            ),
        ],
    },
    Module {
        name: "http_client",
        types: &["HttpClient"],
        register: |registry| HttpClient::register(registry).map(drop),
        about: "Requests that the service sends to others, by peer.",
        starts: "when the caller asks; retries and the waits between them are part of it.",
        ends: "when the caller has its answer or gives up.",
        unseen: "how the time divides into name, connection, handshake and answer.",
        replaces: &[(
            "connectivity of external APIs, `api_endpoint_availability`",
            "the share of `outcome=\"success\"` in `http_client_requests_total`",
        )],
    },
    Module {
        name: "video",
        types: &["VideoGeneration"],
        register: |registry| VideoGeneration::<Example>::register(registry).map(drop),
        about: "Generation of videos: how many, how long, in which stage, how good.",
        starts: "when a generation is queued or begun.",
        ends: "when its job says how, or is dropped; waiting is a stage like any other.",
        unseen: "what a viewer sees of the video afterwards.",
        replaces: &[
            (
                "`video_generation_total{theme,user_id}`",
                "`video_generation_total{theme,outcome}`; who asked is never a label, and \
                 failures count too",
            ),
            (
                "`video_generation_duration_seconds{theme,duration_category}`",
                "`video_generation_duration_seconds{theme,outcome}`; the buckets are the \
                 categories",
            ),
            (
                "`video_quality_score{theme,optimization_level}`",
                "`video_quality_score{theme,level}`, a histogram",
            ),
        ],
    },
    Module {
        name: "ai",
        types: &["AiOptimization"],
        register: |registry| AiOptimization::<Example>::register(registry).map(drop),
        about: "Optimisations: how long, how much smaller, at what price in quality.",
        starts: "when an optimisation is begun.",
        ends: "when it says how, or is dropped.",
        unseen: "what the result is used for.",
        replaces: &[
            (
                "`ai_optimization_total{optimization_type,level}`, \
                 `ai_optimization_failures_total`",
                "`ai_optimization_total{optimization_type,level,outcome}`",
            ),
            (
                "`optimization_size_reduction_percent`",
                "`ai_optimization_size_reduction_ratio`; over all, 1 less output bytes by input \
                 bytes",
            ),
            (
                "`optimization_processing_time_seconds`",
                "`ai_optimization_duration_seconds`",
            ),
        ],
    },
    Module {
        name: "memory",
        types: &["MemoryTiers"],
        register: |registry| {
            let memory = MemoryTiers::<vitalsigns::families::memory::Tier>::register(registry)?;
            memory.read_store(registry, || Ok::<_, Infallible>(Vec::new()))
        },
        about: "Tiered memory: operations on each tier, moves between them with reasons, and what \
                the store holds, which is read for each page.",
        starts: "when a tier is asked, or a move is begun.",
        ends: "when the guard says how, or is dropped.",
        unseen: "what an item means, and who asked for it.",
        replaces: &[
            (
                "`memory_tier_operations_total{tier,operation,trigger}`, `memory_tier_ops`",
                "`memory_tier_operations_total{tier,operation,outcome}`; a trigger is the \
                 `reason` of a move",
            ),
            (
                "`memory_tier_latency_seconds`",
                "`memory_tier_operation_duration_seconds`",
            ),
            (
                "`memory_tier_size_bytes`, `tier_items_count`",
                "`memory_tier_bytes`, `memory_tier_items`",
            ),
            (
                "`tier_hit_rate`",
                "the share of `outcome=\"hit\"`, as a query",
            ),
            (
                "promotions, demotions, archive, `memory_promotion_duration_seconds`",
                "`memory_tier_moves_total`, `memory_tier_move_duration_seconds`",
            ),
            (
                "`ai_agent_decisions_total{decision_type,from_tier,to_tier}`",
                "`memory_decisions_total`; the tiers are those of the move that follows",
            ),
        ],
    },
    Module {
        name: "agent",
        types: &["AgentDecisions", "AgentFindings", "AgentModes"],
        register: |registry| {
            AgentModes::<Example, Example>::register(registry)?;
            AgentFindings::<Example, Example, Example>::register(registry)?;
            AgentDecisions::<Example>::register(registry).map(drop)
        },
        about: "AI agents: the mode they are in, what they find, what they decide.",
        starts: "when an agent runs, enters a mode, or takes a decision; a finding counts when \
                 made.",
        ends: "when it stops or is dropped, enters another mode, or has carried the decision out.",
        unseen: "what an agent does for one person, and whether a finding was right.",
        replaces: &[
            (
                "`neuros_mode_switches_total{from_mode,to_mode,trigger_type}`",
                "`agent_mode_switches_total{from,to,trigger}`",
            ),
            (
                "`neuros_current_mode{user_id_hash}`",
                "`agent_mode`, `agent_running{mode}`; a hash of a user still is a user",
            ),
            (
                "`mode_duration_seconds`",
                "`agent_mode_duration_seconds{mode}`",
            ),
            (
                "`hypothesis_generated_total{category,confidence_level}`",
                "`agent_hypotheses_total{category,confidence}`",
            ),
            (
                "`pattern_recognition_total`, `anomalies_detected_total`",
                "`agent_patterns_total`, `agent_anomalies_total`",
            ),
        ],
    },
    Module {
        name: "webhooks",
        types: &["WebhookReceiver", "WebhookSender"],
        register: |registry| {
            WebhookReceiver::<Example, Example>::register(registry)?;
            WebhookSender::register(registry).map(drop)
        },
        about: "Webhooks, received and sent.",
        starts: "inbound with the head of the request; outbound when there is something to \
                 deliver.",
        ends: "when the receipt or the delivery says how, or is dropped; each try is an attempt.",
        unseen: "what a provider never sent, and what a receiver does with what it got.",
        replaces: &[
            (
                "`webhook_requests_total{device_type,event_type,status}`",
                "`webhook_requests_total{source,event_type,outcome}`",
            ),
            (
                "`webhook_errors_total{device_type,error_type}`",
                "the other outcomes of `webhook_requests_total`",
            ),
            (
                "`webhook_active_requests`",
                "`webhook_requests_in_progress{source}`",
            ),
            ("`payload_size_bytes`", "`webhook_payload_bytes{source}`"),
        ],
    },
    Module {
        name: "events",
        types: &["EventConsumer", "EventProducer"],
        register: |registry| {
            EventConsumer::<Example, Example>::register(registry)?;
            EventProducer::<Example>::register(registry).map(drop)
        },
        about: "Events on topics, as with Kafka: sent, consumed, and how far behind.",
        starts: "when a batch is sent, or an event is looked at.",
        ends: "when the broker has answered, or the event says how; or when either is dropped.",
        unseen: "whether anybody reads what was sent; what was never polled shows as lag alone.",
        replaces: &[
            (
                "`biometric_events_processed_total{…,user_id_hash}`",
                "`events_consumed_total{topic,event_type,outcome}`",
            ),
            (
                "`biometric_event_values`",
                "nothing: readings of a person are data of the service",
            ),
            (
                "`kafka_messages_sent_total{topic}`, `kafka_send_errors_total`",
                "`events_produced_total{topic,outcome}`",
            ),
            (
                "send duration, batch size",
                "`events_produce_duration_seconds`, `events_produce_batch_size`",
            ),
        ],
    },
    Module {
        name: "payments",
        types: &["Payments"],
        register: |registry| Payments::<Example>::register(registry).map(drop),
        about: "Payments and money, in whole minor units of each currency (feature `payments`). \
                Never add two currencies.",
        starts: "when the service begins to ask for the money.",
        ends: "when the attempt says how, or is dropped; captures, refunds and chargebacks are \
               events of their own.",
        unseen: "the bank, and whether a payment that timed out was made after all.",
        replaces: &[
            (
                "`payments_processed_total{status,currency}`, `payment_failed_total`",
                "`payments_processed_total{method,currency,outcome,reason}`; declined is not \
                 failed",
            ),
            (
                "`payment_amount{currency}`",
                "`payment_amount_minor_units{method,currency}`",
            ),
            (
                "`revenue_total{subscription_type,currency}`",
                "captured less refunded less charged back, by currency",
            ),
        ],
    },
    Module {
        name: "users",
        types: &["Users"],
        register: |registry| Users::<Example>::register(registry).map(drop),
        about: "Registrations, logins, active users, sessions, use of the API by plan.",
        starts: "a session when it is opened; the rest counts when it is decided.",
        ends: "a session when it says how, or is dropped.",
        unseen: "who a user is, and what was given up before it was decided.",
        replaces: &[
            (
                "`user_registrations_total`",
                "`user_registrations_total{method,outcome}`",
            ),
            (
                "`active_users`, `active_users_total{time_period}`",
                "`active_users{window}`: a gauge of one place that counts, so `max`, never `sum`",
            ),
        ],
    },
    Module {
        name: "learning",
        types: &["Learning"],
        register: |registry| Learning::<Example>::register(registry).map(drop),
        about: "Enrolments, lessons, time spent, assessments, by subject.",
        starts: "a lesson when it begins; enrolments and assessments count when they are decided.",
        ends: "a lesson when it says how, or is dropped.",
        unseen: "attention that no client reports, and whether anybody learned anything.",
        replaces: &[(
            "educational engagement",
            "`learning_engagement_seconds_total`, `learning_lessons_total`",
        )],
    },
    Module {
        name: "gateway",
        types: &["Gateway"],
        register: |registry| Gateway::<Example>::register(registry).map(drop),
        about: "A gateway: who is let in, who is held back, what is behind it.",
        starts: "when somebody is authenticated or a request is forwarded; a limiter's decision \
                 counts at once.",
        ends: "when the attempt says how, the upstream has answered, or either is dropped.",
        unseen: "what an upstream does after its answer; a limiter that delays in place of \
                 refusing.",
        replaces: &[(
            "authentication success and failure; rate limiting",
            "`gateway_authentications_total`, `gateway_rate_limit_decisions_total`",
        )],
    },
    Module {
        name: "database",
        types: &["Database"],
        register: |registry| {
            Database::<database::Main>::register(registry, database::Main::Main).map(drop)
        },
        about: "A database as its client sees it: queries, rows, the pool. A service with several \
                databases or pools has an enum of them in place of `main`.",
        starts: "when a query is sent, or a connection is asked for.",
        ends: "when the guard says how, or is dropped; a wait for a connection is no part of a \
               query.",
        unseen: "what the server does besides: locks, replication, disk.",
        replaces: &[
            (
                "`database_connections_active{database,pool_name}`",
                "`database_pool_connections_in_use{database}`; a pool is a database of the enum",
            ),
            (
                "`pg_stat_activity_count < 1`",
                "`database_pool_waiting` and timeouts of `database_pool_acquires_total`; zero in \
                 use is normal",
            ),
        ],
    },
    Module {
        name: "cache",
        types: &["Cache"],
        register: |registry| Cache::<Example>::register(registry).map(drop),
        about: "Caches: what they answer, what they lose, how full they are, what a miss costs.",
        starts: "a load when what was missed is fetched; requests, writes and evictions count at \
                 once.",
        ends: "a load when it says how, or is dropped.",
        unseen: "whether a hit was stale; a request that joins the load of another is a miss \
                 without one.",
        replaces: &[(
            "a gauge of the hit rate",
            "the share of `outcome=\"hit\"` in `cache_requests_total`",
        )],
    },
    Module {
        name: "queue",
        types: &["WorkQueues"],
        register: |registry| WorkQueues::<Example>::register(registry).map(drop),
        about: "Work queues: what waits, for how long, what becomes of it, who works.",
        starts: "when a task is put in line; work on it when its ticket is taken.",
        ends: "when the task says how, or is dropped; one to be tried again ends as `retried`.",
        unseen: "what waits in a broker: its exporter knows.",
        replaces: &[
            ("`celery_queue_length{queue}`", "`queue_depth{queue}`"),
            (
                "`celery_worker_load_average{worker_id}`",
                "`queue_workers_busy` by `queue_workers`; the id of a worker changes with each \
                 start",
            ),
        ],
    },
    Module {
        name: "build",
        types: &["BuildInfo"],
        register: |registry| BuildInfo::new("1.0.0").register(registry),
        about: "What is running: version, revision, compiler.",
        starts: "with the registration.",
        ends: "with the process.",
        unseen: "where it was deployed: the labels of the target say that.",
        replaces: &[(
            "`aura_render_app_info`, `auren_system_info`",
            "`build_info`",
        )],
    },
    Module {
        name: "process",
        types: &["ProcessMetrics"],
        register: |registry| ProcessMetrics::register(registry),
        about: "What the operating system says of the process, under the standard names.",
        starts: "with each page, for which it is read.",
        ends: "at once.",
        unseen: "children, soft limits, and anything outside Linux.",
        replaces: &[(
            "default metrics of a client library",
            "`process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_open_fds` and \
             the others",
        )],
    },
    Module {
        name: "tokio",
        types: &["TokioRuntime"],
        register: |registry| {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let runtime = runtime.expect("a runtime without drivers needs nothing");
            TokioRuntime::register(registry, runtime.handle().clone())
        },
        about: "A tokio runtime, all workers added up; feature `tokio`.",
        starts: "with each page, for which it is read.",
        ends: "at once.",
        unseen: "the blocking pool, and which task keeps a worker busy.",
        replaces: &[],
    },
    Module {
        name: "functions",
        types: &["Functions"],
        register: |registry| Functions::register(registry).map(drop),
        about: "Functions that carry `#[instrument_metrics]`, by the name that they have in their \
                module.",
        starts: "when the function is entered; that of a future, with its first poll.",
        ends: "when there is a value, when it unwinds, or when the future is dropped.",
        unseen: "what is done with the value, and futures that were never polled.",
        replaces: &[],
    },
    Module {
        name: HEALTH,
        types: &["Health"],
        register: |registry| match Health::builder(registry).build() {
            Ok(_) => Ok(()),
            Err(HealthError::Register(error)) => Err(error),
            Err(error) => panic!("{error}"),
        },
        about: "Health checks and their groups, of the crate `vitalsigns-health`. A page that is \
                always served has them; a probe answers 503.",
        starts: "when the checks are built: unknown, until a check has a result.",
        ends: "with the registry; checks that have ended grow old, and are unknown then.",
        unseen: "whether the load balancer asks.",
        replaces: &[(
            "`system_health`, a status that was healthy for what was not implemented",
            "`health_group_state{group=\"full\"}`, and `health_check_state{check}` for each check; \
             what is not implemented is unknown",
        )],
    },
    Module {
        name: OWN,
        types: &[],
        register: |registry| {
            let pusher = Pusher::builder(registry, "http://127.0.0.1:9091").job("example");
            match pusher.build() {
                Ok(_) => Ok(()),
                Err(PushError::Register { error, .. }) => Err(error),
                Err(error) => panic!("{error}"),
            }
        },
        about: "What a registry reports of itself; on every page. What is about pushes, and \
                `job_last_success_timestamp_seconds`, comes with a `Pusher` (feature `push`); \
                the latter is there once the job has succeeded.",
        starts: "at 0, when the metric or the collector that a series is about is registered.",
        ends: "with the registry.",
        unseen: "what values were refused or folded: only how many.",
        replaces: &[],
    },
];
