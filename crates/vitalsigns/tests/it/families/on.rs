//! Functions that record on a domain family: whatever way a call ends, its guard says so, once, and
//! holds nothing afterwards.

use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use vitalsigns::families::agent::NotApplied;
use vitalsigns::families::database::{Main, Operation, QueryError};
use vitalsigns::families::events::{Consumed, NotConsumed, SendError};
use vitalsigns::families::gateway::{AuthMethod, ForwardError, NotLetIn, Refusal};
use vitalsigns::families::http::Method;
use vitalsigns::families::http_client::{ClientError, Peer};
use vitalsigns::families::memory::{Found, Reason, Tier};
use vitalsigns::families::video::{ErrorKind, Output};
use vitalsigns::families::webhooks::{Delivery, NotTaken, Taken, Unanswered};
use vitalsigns::families::{
    AgentDecisions, AiOptimization, Cache, Database, EventConsumer, EventProducer, Gateway,
    HttpClient, MemoryTiers, VideoGeneration, WebhookReceiver, WebhookSender, WorkQueues, ai,
};
use vitalsigns::testing::{histogram_sum, samples, total};
use vitalsigns::{Registry, instrument_metrics};

use super::nonzero;

/// How a call is made to end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Value,
    Error,
    Panic,
    /// Nothing comes, so the future is dropped.
    Nothing,
}

impl End {
    /// Pending once, so that every call has been left and entered again.
    async fn reach<T>(self, value: T) -> Result<T, ()> {
        let mut was_polled = false;
        poll_fn(|_| match std::mem::replace(&mut was_polled, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        match self {
            End::Value => Ok(value),
            End::Error => Err(()),
            End::Panic => panic!("on purpose"),
            End::Nothing => pending().await,
        }
    }
}

type Call<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

fn poll(call: &mut Call<'_>) -> Poll<()> {
    let mut context = Context::from_waker(Waker::noop());
    call.as_mut().poll(&mut context)
}

/// A family that a function can name, and what a call does to it.
struct Row<'a> {
    registry: &'a Registry,
    counter: &'static str,
    in_flight: Option<&'static str>,
    ok: &'static str,
    error: &'static str,
    call: Box<dyn Fn(End) -> Call<'a> + 'a>,
}

impl Row<'_> {
    fn ended(&self, outcome: &str) -> f64 {
        let outcome = format!("outcome=\"{outcome}\"");
        let is_other = |line: &&str| line.contains("_bucket{") || line.contains("_sum{");
        samples(self.registry, self.counter)
            .lines()
            .filter(|line| line.contains(&outcome) && !is_other(line))
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum()
    }

    fn in_flight(&self) -> f64 {
        self.in_flight
            .map_or(0.0, |name| total(self.registry, name))
    }

    fn all(&self) -> [f64; 5] {
        [
            self.ended(self.ok),
            self.ended(self.error),
            self.ended("cancelled"),
            self.ended("panicked"),
            self.in_flight(),
        ]
    }

    fn check(&self) {
        let of = self.counter;
        let begun = |end| {
            let mut call = (self.call)(end);
            assert_eq!(self.in_flight(), 0.0, "{of}: a future that was not polled");
            assert!(poll(&mut call).is_pending());
            if self.in_flight.is_some() {
                assert_eq!(self.in_flight(), 1.0, "{of}");
            }
            call
        };
        drop((self.call)(End::Value));
        assert_eq!(self.all(), [0.0; 5], "{of}: never polled, never called");

        assert!(poll(&mut begun(End::Value)).is_ready());
        assert_eq!(self.all(), [1.0, 0.0, 0.0, 0.0, 0.0], "{of}: a value");

        assert!(poll(&mut begun(End::Error)).is_ready());
        assert_eq!(self.all(), [1.0, 1.0, 0.0, 0.0, 0.0], "{of}: an error");

        drop(begun(End::Nothing));
        assert_eq!(self.all(), [1.0, 1.0, 1.0, 0.0, 0.0], "{of}: dropped");

        let mut call = begun(End::Panic);
        catch_unwind(AssertUnwindSafe(|| poll(&mut call))).unwrap_err();
        assert_eq!(self.all(), [1.0, 1.0, 1.0, 1.0, 0.0], "{of}: it unwinds");
        drop(call);
        assert_eq!(self.all(), [1.0, 1.0, 1.0, 1.0, 0.0], "{of}: counted once");

        let dropped_by_a_panic = || {
            let _call = begun(End::Nothing);
            panic!("of somebody else");
        };
        catch_unwind(AssertUnwindSafe(dropped_by_a_panic)).unwrap_err();
        assert_eq!(self.all(), [1.0, 1.0, 1.0, 2.0, 0.0], "{of}: dropped by it");
    }
}

#[instrument_metrics(
    on = it,
    method = Method::Get,
    ok = |status| *status,
    error = |()| ClientError::Connect,
)]
async fn request(it: &Peer, end: End) -> Result<u16, ()> {
    end.reach(200_u16).await
}

#[instrument_metrics(on = it, optimization_type = true, level = ai::Level::Light, ok = |it| *it)]
async fn optimise(it: &AiOptimization<bool>, end: End) -> Result<ai::Measured, ()> {
    end.reach(ai::Measured::default()).await
}

#[instrument_metrics(on = it, operation = Operation::Select, error = |()| QueryError::Error)]
async fn query(it: &Database<Main>, end: End) -> Result<(), ()> {
    end.reach(()).await
}

#[instrument_metrics(on = it, cache = true)]
async fn load(it: &Cache<bool>, end: End) -> Result<(), ()> {
    end.reach(()).await
}

#[instrument_metrics(on = it, queue = true, enqueued_at = SystemTime::now())]
async fn work(it: &WorkQueues<bool>, end: End) -> Result<(), ()> {
    end.reach(()).await
}

#[instrument_metrics(
    on = it,
    theme = true,
    ok = |()| Output::default(),
    error = |()| ErrorKind::Timeout,
)]
async fn generate(it: &VideoGeneration<bool>, end: End) -> Result<(), ()> {
    end.reach(()).await
}

#[instrument_metrics(on = it, source = true, event_type = true, error = |()| NotTaken::Stale)]
async fn handle(it: &WebhookReceiver<bool, bool>, end: End) -> Result<(), ()> {
    end.reach(()).await
}

#[instrument_metrics(on = it, ok = |status| *status, error = |()| Unanswered::Connect)]
async fn post(it: &Delivery, end: End) -> Result<u16, ()> {
    end.reach(204_u16).await
}

#[instrument_metrics(on = it, topic = true, event_type = true, error = |()| NotConsumed::Retried)]
async fn consume(it: &EventConsumer<bool, bool>, end: End) -> Result<(), ()> {
    end.reach(()).await
}

#[instrument_metrics(on = it, topic = true, events = 1_u32, error = |()| SendError::TooLarge)]
async fn send(it: &EventProducer<bool>, end: End) -> Result<(), ()> {
    end.reach(()).await
}

#[instrument_metrics(on = it, decision = true, error = |()| NotApplied::Declined)]
async fn decide(it: &AgentDecisions<bool>, end: End) -> Result<(), ()> {
    end.reach(()).await
}

#[instrument_metrics(
    on = it,
    upstream = true,
    ok = |status| *status,
    error = |()| ForwardError::Timeout,
)]
async fn forward(it: &Gateway<bool>, end: End) -> Result<u16, ()> {
    end.reach(200_u16).await
}

#[instrument_metrics(
    on = it.authentications(),
    method = AuthMethod::Token,
    error = |()| NotLetIn::Refused(Refusal::Expired),
)]
async fn authenticate(it: &Gateway<bool>, end: End) -> Result<(), ()> {
    end.reach(()).await
}

#[instrument_metrics(on = it.reads(), tier = Tier::Hot)]
async fn read(it: &MemoryTiers, end: End) -> Result<Option<u32>, ()> {
    end.reach(Some(1)).await
}

#[instrument_metrics(on = it.searches(), tier = Tier::Hot)]
async fn search(it: &MemoryTiers, end: End) -> Result<Vec<u32>, ()> {
    end.reach(vec![]).await
}

#[instrument_metrics(on = it.writes(), tier = Tier::Hot, ok = |items| *items)]
async fn write(it: &MemoryTiers, end: End) -> Result<u64, ()> {
    end.reach(3_u64).await
}

#[instrument_metrics(
    on = it.moves(Reason::Age),
    from = Tier::Warm,
    to = Tier::Cold,
    ok = |items| *items,
)]
async fn archive(it: &MemoryTiers, end: End) -> Result<u64, ()> {
    end.reach(3_u64).await
}

/// A row each: a function, the family that it records on, its counter, the gauge of what is in flight
/// if there is one, and the outcomes of a value and of an error.
macro_rules! check {
    ($(
        $call:path: |$registry:ident| $it:expr,
        $counter:literal $([$in_flight:literal])?, $ok:literal or $error:literal;
    )+) => {$(
        let registry = Registry::new();
        let $registry = &registry;
        let it = &$it;
        Row {
            registry: &registry,
            counter: $counter,
            in_flight: None::<&str>$(.or(Some($in_flight)))?,
            ok: $ok,
            error: $error,
            call: Box::new(|end| Box::pin(async move { let _ = $call(it, end).await; })),
        }
        .check();
    )+};
}

#[test]
fn every_end_of_a_call_is_recorded_once_and_nothing_stays_in_flight() {
    check! {
        request: |to| HttpClient::register(to).unwrap().peer("maps"),
            "http_client_requests_total" ["http_client_requests_in_flight"], "success" or "connect";
        optimise: |to| AiOptimization::register(to).unwrap(),
            "ai_optimization_total" ["ai_optimization_in_progress"], "success" or "failed";
        query: |to| Database::register(to, Main::Main).unwrap(),
            "database_queries_total" ["database_queries_in_flight"], "success" or "error";
        load: |to| Cache::register(to).unwrap(),
            "cache_loads_total" ["cache_loads_in_progress"], "success" or "error";
        work: |to| WorkQueues::register(to).unwrap(),
            "queue_tasks_total" ["queue_tasks_in_progress"], "success" or "failed";
        generate: |to| VideoGeneration::register(to).unwrap(),
            "video_generation_total" ["video_generation_in_progress"], "success" or "failed";
        handle: |to| WebhookReceiver::register(to).unwrap(),
            "webhook_requests_total" ["webhook_requests_in_progress"], "accepted" or "stale";
        post: |to| WebhookSender::register(to).unwrap().deliver("crm"),
            "webhook_delivery_attempts_total", "ok" or "connect";
        consume: |to| EventConsumer::register(to).unwrap(),
            "events_consumed_total" ["events_consume_in_progress"], "success" or "retried";
        send: |to| EventProducer::register(to).unwrap(),
            "events_produced_total" ["events_produce_in_progress"], "success" or "too_large";
        decide: |to| AgentDecisions::register(to).unwrap(),
            "agent_decisions_total" ["agent_decisions_in_progress"], "applied" or "declined";
        forward: |to| Gateway::register(to).unwrap(),
            "gateway_upstream_requests_total" ["gateway_upstream_requests_in_flight"],
            "success" or "timeout";
        authenticate: |to| Gateway::register(to).unwrap(),
            "gateway_authentications_total", "success" or "expired";
        read: |to| MemoryTiers::register(to).unwrap(),
            "memory_tier_operations_total", "hit" or "failed";
        search: |to| MemoryTiers::register(to).unwrap(),
            "memory_tier_operations_total", "miss" or "failed";
        write: |to| MemoryTiers::register(to).unwrap(),
            "memory_tier_operations_total", "success" or "failed";
        archive: |to| MemoryTiers::register(to).unwrap(),
            "memory_tier_moves_total", "success" or "failed";
    }
}

#[cfg(feature = "payments")]
mod payments {
    use vitalsigns::families::Payments;
    use vitalsigns::families::payments::{
        Amount, Currency, Decline, Method, NotAuthorised, Unanswered,
    };

    use super::{End, Registry, Row, instrument_metrics};

    fn amount() -> Amount {
        Amount::from_minor_units(Currency::EUR, 1234).unwrap()
    }

    #[instrument_metrics(
        on = it,
        method = Method::Card,
        currency = Currency::EUR,
        ok = |amount| *amount,
        error = |()| NotAuthorised::Declined(Decline::CardDeclined),
    )]
    async fn charge(it: &Payments<bool>, end: End) -> Result<Amount, ()> {
        end.reach(amount()).await
    }

    #[instrument_metrics(
        on = it.provider_calls(),
        provider = true,
        error = |()| Unanswered::Timeout,
    )]
    async fn ask(it: &Payments<bool>, end: End) -> Result<(), ()> {
        end.reach(()).await
    }

    #[test]
    fn every_end_of_a_call_is_recorded_once_and_nothing_stays_in_flight() {
        check! {
            charge: |to| Payments::register(to).unwrap(),
                "payments_processed_total" ["payments_in_progress"], "authorised" or "declined";
            ask: |to| Payments::register(to).unwrap(),
                "payments_provider_duration_seconds", "answered" or "timeout";
        }
    }
}

#[instrument_metrics(on = it, decision = true, error = |()| NotApplied::Failed)]
fn decide_later(it: AgentDecisions<bool>, end: End) -> impl Future<Output = Result<(), ()>> {
    let it = it.clone();
    async move {
        drop(it);
        end.reach(()).await
    }
}

#[test]
fn a_future_of_the_function_itself_has_panicked_when_its_poll_unwinds() {
    let registry = Registry::new();
    let decisions = AgentDecisions::register(&registry).unwrap();
    let panicked = || nonzero(&registry, "agent_decisions_total");

    let mut future = Box::pin(decide_later(decisions.clone(), End::Panic));
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    let unwound = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context)));
    unwound.unwrap_err();
    // Whoever caught the panic still holds the future.
    let once = ["{decision=\"true\",outcome=\"panicked\"} 1"];
    assert_eq!(panicked(), once);
    assert_eq!(total(&registry, "agent_decisions_in_progress"), 0.0);
    drop(future);
    assert_eq!(panicked(), once);
}

#[test]
fn what_a_value_and_an_error_say_is_what_the_verbs_of_the_guards_say() {
    #[instrument_metrics(
        on = it,
        source = true,
        event_type = false,
        ok = |how| *how,
        error = |why| *why,
    )]
    fn taken(
        it: &WebhookReceiver<bool, bool>,
        how: Result<Taken, NotTaken>,
    ) -> Result<Taken, NotTaken> {
        how
    }

    #[instrument_metrics(
        on = it,
        topic = true,
        event_type = false,
        ok = |how| *how,
        error = |why| *why,
    )]
    fn consumed(
        it: &EventConsumer<bool, bool>,
        how: Result<Consumed, NotConsumed>,
    ) -> Result<Consumed, NotConsumed> {
        how
    }

    #[instrument_metrics(on = it, ok = |how| *how, error = |why| *why)]
    fn attempted(it: &Delivery, how: Result<u16, Unanswered>) -> Result<u16, Unanswered> {
        how
    }

    #[instrument_metrics(on = it, decision = true, error = |why| *why)]
    fn decided(it: &AgentDecisions<bool>, how: Result<(), NotApplied>) -> Result<(), NotApplied> {
        how
    }

    #[instrument_metrics(on = it.authentications(), method = AuthMethod::Token, error = |why| *why)]
    fn let_in(it: &Gateway<bool>, how: Result<(), NotLetIn>) -> Result<(), NotLetIn> {
        how
    }

    #[instrument_metrics(on = it.searches(), tier = Tier::Cold, ok = |how| *how)]
    fn found(it: &MemoryTiers, how: Found) -> Found {
        how
    }

    #[instrument_metrics(on = it.deletions(), tier = Tier::Cold, ok = |items| *items)]
    fn deleted(it: &MemoryTiers, items: u64) -> u64 {
        items
    }

    #[instrument_metrics(on = it.updates(), tier = Tier::Warm, ok = |()| 1)]
    fn updated(it: &MemoryTiers) {}

    let registry = Registry::new();
    let receiver = WebhookReceiver::register(&registry).unwrap();
    let consumer = EventConsumer::register(&registry).unwrap();
    let decisions = AgentDecisions::register(&registry).unwrap();
    let gateway = Gateway::register(&registry).unwrap();
    let memory = MemoryTiers::register(&registry).unwrap();
    let outcomes = |family: &str| -> Vec<String> {
        let outcome = |line: String| line.split("outcome=\"").nth(1).map(str::to_owned);
        let with_value = nonzero(&registry, family).into_iter().filter_map(outcome);
        with_value.map(|rest| rest.replace("\"}", "")).collect()
    };

    for how in [
        Ok(Taken::Accepted),
        Ok(Taken::Duplicate),
        Err(NotTaken::BadSignature),
        Err(NotTaken::Stale),
        Err(NotTaken::Malformed),
        Err(NotTaken::UnknownType),
        Err(NotTaken::Rejected),
        Err(NotTaken::Failed),
    ] {
        assert_eq!(taken(&receiver, how), how);
    }
    assert_eq!(
        outcomes("webhook_requests_total"),
        [
            "accepted 1",
            "duplicate 1",
            "bad_signature 1",
            "stale 1",
            "malformed 1",
            "unknown_type 1",
            "rejected 1",
            "failed 1"
        ]
    );

    for how in [
        Ok(Consumed::Done),
        Ok(Consumed::Skipped),
        Err(NotConsumed::Malformed),
        Err(NotConsumed::Failed),
        Err(NotConsumed::DeadLettered),
        Err(NotConsumed::Retried),
    ] {
        assert_eq!(consumed(&consumer, how), how);
    }
    assert_eq!(
        outcomes("events_consumed_total"),
        [
            "success 1",
            "skipped 1",
            "malformed 1",
            "failed 1",
            "dead_lettered 1",
            "retried 1"
        ]
    );

    let delivery = WebhookSender::register(&registry).unwrap().deliver("crm");
    for how in [
        Ok(204),
        Ok(404),
        Err(Unanswered::Timeout),
        Err(Unanswered::Connect),
    ] {
        assert_eq!(attempted(&delivery, how), how);
    }
    delivery.delivered();
    assert_eq!(
        outcomes("webhook_delivery_attempts_total"),
        ["ok 1", "http_4xx 1", "timeout 1", "connect 1"]
    );
    let attempts = histogram_sum(
        &registry,
        "webhook_attempts_per_delivery",
        &[("sink", "crm")],
    );
    assert_eq!(attempts, Some(4.0));

    for how in [Ok(()), Err(NotApplied::Declined), Err(NotApplied::Failed)] {
        assert_eq!(decided(&decisions, how), how);
    }
    assert_eq!(
        outcomes("agent_decisions_total"),
        ["applied 1", "declined 1", "failed 1"]
    );

    for how in [
        Ok(()),
        Err(NotLetIn::Refused(Refusal::Blocked)),
        Err(NotLetIn::Failed),
    ] {
        assert_eq!(let_in(&gateway, how), how);
    }
    assert_eq!(
        outcomes("gateway_authentications_total"),
        ["success 1", "blocked 1", "error 1"]
    );

    found(&memory, Found::Hit);
    found(&memory, Found::Miss);
    deleted(&memory, 7);
    updated(&memory);
    assert_eq!(
        outcomes("memory_tier_operations_total"),
        ["success 1", "hit 1", "miss 1", "success 1"]
    );
    assert_eq!(total(&registry, "memory_tier_deleted_items_total"), 7.0);
}
