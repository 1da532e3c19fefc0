//! What the checks of databases find, but for faults.

use std::time::Duration;

use deadpool_postgres::{Manager, Pool};
use tests::poll;
use tests::postgres::Postgres;
use tests::redis::Redis;
use tokio_postgres::NoTls;
use vitalsigns::Registry;
use vitalsigns_health::{Cause, Check, Group, Health, ProbeRequest, State, checks};

/// Only what never comes takes longer.
const DEADLINE: Duration = Duration::from_secs(30);

fn health(check: Check) -> Health {
    let check = check
        .interval(Duration::from_secs(5))
        .timeout(Duration::from_secs(5))
        .failures(1);
    let health = Health::builder(&Registry::new())
        .check(check)
        .details_for_all();
    health.build().unwrap()
}

/// Waits until the check is so, and returns what everybody who may sees.
#[track_caller]
fn wait(health: &Health, state: State, cause: Option<Cause>) -> String {
    let probes = health.probes();
    poll::until_ok(DEADLINE, &format!("{state}, {cause:?}"), || {
        let check = probes.check("check").ok_or("it is not there")?;
        match (check.state, check.cause) == (state, cause) {
            true => Ok(()),
            false => Err(format!("{check:?}")),
        }
    });
    let answer = probes.answer(Group::Full, &ProbeRequest::new("GET"));
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_tells_what_is_used_and_who_is_not_let_in() {
    let postgres = Postgres::start();
    let check = |user: &str, password: &str, database: &str| {
        let port = postgres.port();
        let dsn = format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}");
        let pool = Pool::builder(Manager::new(dsn.parse().unwrap(), NoTls));
        health(checks::Postgres::new(pool.max_size(2).build().unwrap()).check("check"))
    };
    let body = wait(
        &check("app", Postgres::PASSWORD, "postgres"),
        State::Up,
        None,
    );
    for detail in [
        r#""connections_max":20"#,
        r#""pool_max":2"#,
        r#""role":"primary""#,
    ] {
        assert!(body.contains(detail), "{detail} in {body}");
    }
    let wrong = check("app", "hunter3-of-nobody", "postgres");
    let body = wait(&wrong, State::Down, Some(Cause::Auth));
    for secret in ["hunter", "app", "127.0.0.1", "authentication"] {
        assert!(!body.contains(secret), "{secret} in {body}");
    }
    let missing = check("app", Postgres::PASSWORD, "nowhere");
    let body = wait(&missing, State::Down, Some(Cause::Missing));
    assert!(!body.contains("nowhere"), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_tells_of_its_memory_and_its_role() {
    let redis = Redis::start();
    let url = format!("redis://:{}@127.0.0.1:{}/", Redis::PASSWORD, redis.port());
    let client = redis::Client::open(url).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let check = || {
        health(
            checks::Redis::new(connection.clone())
                .must_be_writable()
                .check("check"),
        )
    };
    let body = wait(&check(), State::Up, None);
    assert!(body.contains(r#""role":"primary""#), "{body}");
    redis.command("CONFIG SET maxmemory 512kb").unwrap();
    let body = wait(&check(), State::Degraded, Some(Cause::Limit));
    assert!(body.contains(r#""max_bytes":524288"#), "{body}");
    redis.command("CONFIG SET maxmemory 0").unwrap();
    redis.command("REPLICAOF 127.0.0.1 1").unwrap();
    let body = wait(&check(), State::Down, Some(Cause::ReadOnly));
    assert!(body.contains(r#""role":"replica""#), "{body}");
    redis.command("REPLICAOF NO ONE").unwrap();
    wait(&check(), State::Up, None);
}
