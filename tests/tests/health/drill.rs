//! What goes wrong.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use axum::Router;
use deadpool_postgres::{Manager, Pool, Runtime};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tests::backend::Backend;
use tests::poll;
use tests::postgres::Postgres;
use tests::proxy::{Proxy, Way};
use tests::redis::Redis;
use tokio::net::TcpListener;
use tokio_postgres::NoTls;
use vitalsigns::{Format, Registry, testing};
use vitalsigns_health::{Cause, Check, Group, Health, ProbeRequest, Probes, State, checks};
use vitalsigns_tower::axum::Instrument;

use crate::watch::Watch;

const INTERVAL: Duration = Duration::from_millis(1500);
const TIMEOUT: Duration = Duration::from_millis(500);

/// Only what never comes takes longer.
const DEADLINE: Duration = Duration::from_secs(30);

const POOL: usize = 4;

/// A service that depends on both, over ways that can be spoilt.
struct Service {
    registry: Registry,
    health: Health,
    pool: Pool,
    postgres: Postgres,
    redis: Redis,
    ways: [Proxy; 2],
    watch: Watch,
}

impl Service {
    async fn start() -> Self {
        let (postgres, redis) = (Postgres::start(), Redis::start());
        let ways = [postgres.port(), redis.port()].map(Proxy::to);
        let dsn = format!(
            "postgres://app:{}@127.0.0.1:{}/postgres",
            Postgres::PASSWORD,
            ways[0].port()
        );
        let manager = Manager::new(dsn.parse().unwrap(), NoTls);
        let pool = Pool::builder(manager)
            .max_size(POOL)
            .runtime(Runtime::Tokio1)
            .build()
            .unwrap();
        let url = format!("redis://:{}@127.0.0.1:{}/", Redis::PASSWORD, ways[1].port());
        let client = redis::Client::open(url).unwrap();
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            .set_max_delay(TIMEOUT);
        let connection = ConnectionManager::new_with_config(client, config)
            .await
            .unwrap();
        let every = |check: Check| check.critical().interval(INTERVAL).timeout(TIMEOUT);
        let registry = Registry::new();
        let health = Health::builder(&registry)
            .check(every(checks::Postgres::new(pool.clone()).check("postgres")))
            .check(every(checks::Redis::new(connection).check("redis")))
            .details_for_all()
            .build()
            .unwrap();
        let app = Instrument::new(&registry).unwrap().health(&health);
        let app = app.app(Router::new()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Service {
            registry,
            health,
            pool,
            postgres,
            redis,
            ways,
            watch: Watch::start(address),
        }
    }

    /// Waits until both are so, and says how many intervals that took.
    #[track_caller]
    fn wait(&self, what: &str, state: State, causes: &[Cause]) {
        let (began, probes) = (Instant::now(), self.health.probes());
        for name in ["postgres", "redis"] {
            poll::until_ok(DEADLINE, &format!("{name}, {what}, to be {state}"), || {
                let check = probes.check(name).ok_or("it is not there")?;
                let is_named = check.cause.is_none_or(|cause| causes.contains(&cause));
                match check.state == state && is_named {
                    true => Ok(()),
                    false => Err(format!("{check:?}")),
                }
            });
            let intervals = began.elapsed().as_secs_f64() / INTERVAL.as_secs_f64();
            let cause = probes.check(name).and_then(|check| check.cause);
            println!("{what:>18}: {name} {state} after {intervals:.1} intervals, {cause:?}");
        }
        let is_ready = probes.group(Group::Ready).is_passing;
        assert_eq!(is_ready, state <= State::Degraded, "{what}");
        self.watch.judge(what);
        self.keeps_secrets(&probes);
    }

    /// Everything that is shown to those who may see everything.
    fn keeps_secrets(&self, probes: &Probes) {
        let mut shown = self.registry.render(Format::Text);
        for accept in ["application/json", "application/health+json"] {
            let request = ProbeRequest::new("GET").header("accept", accept.as_bytes());
            let answer = probes.answer(Group::Full, &request);
            shown += std::str::from_utf8(&answer.body).unwrap();
        }
        let ports = self.ways.each_ref().map(|way| format!(":{}", way.port()));
        let secrets = [
            Postgres::PASSWORD,
            Redis::PASSWORD,
            "127.0.0.1",
            &ports[0],
            &ports[1],
        ];
        for secret in secrets {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }

    fn well(&self, after: &str) {
        self.wait(&format!("after {after}"), State::Up, &[]);
    }

    fn set(&self, way: Way) {
        self.ways.iter().for_each(|proxy| proxy.set(way));
    }

    fn spoilt(&self, what: &str, way: Way, causes: &[Cause]) {
        self.set(way);
        self.wait(what, State::Down, causes);
        self.set(Way::Open);
        self.well(what);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_becomes_of_the_databases_the_probes_answer_and_tell() {
    use Cause::{Error, Exhausted, Protocol, Refused, Timeout, Unreachable};
    let mut service = Service::start().await;
    service.well("the start");

    service.postgres.stop();
    service.redis.stop();
    service.wait("stopped", State::Down, &[Refused, Unreachable, Timeout]);
    service.postgres.resume();
    service.redis.resume();
    service.well("a restart");

    service.postgres.freeze();
    service.redis.freeze();
    service.wait("frozen", State::Down, &[Timeout]);
    service.postgres.thaw();
    service.redis.thaw();
    service.well("the frost");

    service.spoilt("refused", Way::Refused, &[Refused, Unreachable, Timeout]);
    service.spoilt(
        "garbage",
        Way::Garbage,
        &[Protocol, Unreachable, Timeout, Error],
    );
    service.spoilt("slow", Way::Slow(3 * TIMEOUT), &[Timeout]);
    service.spoilt("lost", Way::Lost, &[Timeout]);

    one_lost_ping_is_no_news(&service);
    out_of_connections(&service, &[Exhausted, Timeout]).await;
    the_pool_is_taken(&service).await;
    assert!(service.pool.status().size <= POOL);
    tell_of_memory(&service.health.probes());
}

/// Prints how long an answer takes but for the network.
fn tell_of_memory(probes: &Probes) {
    let request = ProbeRequest::new("GET");
    let (began, answers) = (Instant::now(), 1000);
    for _ in 0..answers {
        assert_eq!(probes.answer(Group::Ready, &request).status, 200);
    }
    println!("a probe from memory: {:?}", began.elapsed() / answers);
}

/// Redis loses one ping.
fn one_lost_ping_is_no_news(service: &Service) {
    let changes = || testing::total(&service.registry, "health_check_transitions_total");
    let runs = |outcome| {
        let labels = [("check", "redis"), ("outcome", outcome)];
        testing::value(&service.registry, "health_check_runs_total", &labels).unwrap_or_default()
    };
    let lost = || runs("down") + runs("timeout");
    // On a machine that is busy enough, two are lost before anybody sees the first.
    for _ in 0..5 {
        let (changes_before, lost_before, well) = (changes(), lost(), runs("up"));
        // Its answer comes, too late for it, and in time for the next.
        service.ways[1].set(Way::Slow(TIMEOUT.mul_f64(1.3)));
        poll::until(DEADLINE, "a ping to be lost", || {
            (lost() > lost_before).then_some(())
        });
        service.ways[1].set(Way::Open);
        poll::until(DEADLINE, "two that are not", || {
            (runs("up") >= well + 2.0).then_some(())
        });
        service.well("one lost ping");
        if lost() == lost_before + 1.0 {
            assert_eq!(changes(), changes_before, "one lost ping is no news");
            return;
        }
    }
    panic!("it was never one ping that was lost");
}

/// Others have all connections of the servers.
async fn out_of_connections(service: &Service, causes: &[Cause]) {
    let dsn = format!(
        "postgres://app:{}@127.0.0.1:{}/postgres",
        Postgres::PASSWORD,
        service.postgres.port()
    );
    let mut greedy = TcpStream::connect(("127.0.0.1", service.redis.port())).unwrap();
    let most = |greedy: &mut TcpStream, most: u32| {
        write!(
            greedy,
            "AUTH {}\r\nCONFIG SET maxclients {most}\r\n",
            Redis::PASSWORD
        )
        .unwrap();
        let mut answer = [0; 64];
        let read = greedy.read(&mut answer).unwrap();
        assert!(answer[..read].starts_with(b"+OK"), "{answer:?}");
    };
    most(&mut greedy, 1);
    // The service gives its places up, and they are taken.
    service.set(Way::Refused);
    let mut hoard = Vec::new();
    let began = Instant::now();
    while hoard.len() < Postgres::MOST_CONNECTIONS as usize {
        match tokio_postgres::connect(&dsn, NoTls).await {
            Ok((client, connection)) => hoard.push((client, tokio::spawn(connection))),
            Err(error) => assert!(began.elapsed() < DEADLINE, "{error}"),
        }
    }
    service.set(Way::Open);
    service.wait("no connections", State::Down, causes);
    most(&mut greedy, 1000);
    drop(hoard);
    service.well("no connections");
}

/// The service itself has all connections of its pool.
async fn the_pool_is_taken(service: &Service) {
    let mut taken = Vec::new();
    while taken.len() < POOL {
        taken.push(service.pool.get().await.unwrap());
    }
    let probes = service.health.probes();
    poll::until_ok(DEADLINE, "the pool to be exhausted", || {
        let check = probes.check("postgres").ok_or("it is not there")?;
        match (check.state, check.cause) {
            (State::Degraded, Some(Cause::Exhausted)) => Ok(()),
            _ => Err(format!("{check:?}")),
        }
    });
    assert!(probes.group(Group::Ready).is_passing);
    drop(taken);
    service.well("a taken pool");
}
