//! Real Redis and PostgreSQL: frozen, killed, and back again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use auren::{Config, Server, config::Secret, demo::Visitor, memory::TIERS};
use serde_json::json;
use tests::{backend::Backend, postgres::Postgres, redis::Redis};
use tokio::{task::JoinSet, time::sleep};
use visitor::random::Random;

use crate::{
    law,
    support::{DEADLINE, config, get, hasty, page, post, quiet, secrets, send, start, until},
};

/// Longer than any request may take while a store hangs: it is asked once, and then not any more.
const SOON: Duration = Duration::from_secs(5);

fn with(redis: Option<&str>, postgres: Option<&str>) -> Config {
    let secret = |url: &str| Secret(url.to_owned());
    Config {
        redis: redis.map(secret),
        postgres: postgres.map(secret),
        ..config()
    }
}

/// Waits until a tier is used, or is not.
async fn wait(server: &Server, tier: usize, is_up: bool) {
    let memory = &server.service().shared().memory;
    let tier = TIERS[tier];
    until("the tier is as it should be", || {
        memory.trouble(tier).is_none() == is_up
    })
    .await;
}

/// Asks until the tier is found to fail; gives how long the longest answer took.
async fn notice(server: &Server, tier: usize) -> Duration {
    let memory = Arc::clone(&server.service().shared().memory);
    let mut longest = Duration::ZERO;
    let end = Instant::now() + DEADLINE;
    for number in 0.. {
        let started = Instant::now();
        get(server, &format!("/memory/nothing-{number}")).await;
        longest = longest.max(started.elapsed());
        if memory.trouble(TIERS[tier]).is_some() {
            return longest;
        }
        assert!(Instant::now() < end, "nobody notices");
    }
    longest
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_forgets_everything_loses_nothing() {
    let mut redis = Redis::start();
    let server = start(with(Some(&redis.url()), None)).await;
    for number in 0..50 {
        let made = post(&server, &format!("/memory/item-{number}"), json!(number)).await;
        assert_eq!((made.status, &made.json()["tier"]), (201, &json!("hot")));
    }
    law::holds(&server).await;
    redis.kill();
    // The journal has what is hot.
    assert_eq!(
        get(&server, "/memory/item-7").await.json()["value"],
        json!(7)
    );
    let made = post(&server, "/memory/during", json!(1)).await;
    assert_eq!((made.status, &made.json()["tier"]), (201, &json!("warm")));
    redis.resume();
    quiet(&server).await;
    for number in 0..50 {
        let item = get(&server, &format!("/memory/item-{number}")).await.json();
        assert_eq!(
            (&item["tier"], &item["value"]),
            (&json!("hot"), &json!(number))
        );
    }
    let page = law::holds(&server).await;
    let replaced = page.sum("memory_tier_replaced_items_total", &[("tier", "hot")]);
    assert_eq!(replaced, 50.0);

    // So fast that nobody notices, until somebody asks.
    redis.kill();
    redis.resume();
    let item = get(&server, "/memory/item-9").await.json();
    assert_eq!(item["value"], json!(9));
    quiet(&server).await;
    law::holds(&server).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frozen_stores_hang_nobody_and_go_on_by_themselves() {
    let (redis, postgres) = (Redis::start(), Postgres::start());
    let server = start(with(Some(&redis.url()), Some(&postgres.url()))).await;
    post(&server, "/memory/before", json!(1)).await;
    for (tier, frozen) in [(0, &redis as &dyn Backend), (1, &postgres)] {
        frozen.freeze();
        let longest = notice(&server, tier).await;
        assert!(longest < SOON, "somebody has waited {longest:?}");
        let made = post(&server, &format!("/memory/during-{tier}"), json!(tier)).await;
        assert_eq!(made.status, 201, "{}", made.json());
        let changed = post(&server, "/memory/before", json!(tier + 1)).await;
        assert_eq!(changed.status, 200, "{}", changed.json());
        let during = page(&server).await;
        let name = ["hot", "warm"][tier];
        assert_eq!(during.sum("memory_tier_up", &[("tier", name)]), 0.0);
        assert!(!during.has("memory_tier_items", &[("tier", name)]));
        frozen.thaw();
        wait(&server, tier, true).await;
        quiet(&server).await;
        assert_eq!(
            get(&server, "/memory/before").await.json()["value"],
            json!(tier + 1)
        );
        law::holds(&server).await;
    }
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_that_are_not_there_at_the_start_are_used_when_they_come() {
    let (mut redis, mut postgres) = (Redis::start(), Postgres::start());
    let (redis_url, postgres_url) = (redis.url(), postgres.url());
    let server = start(with(Some(&redis_url), Some(&postgres_url))).await;
    post(&server, "/memory/hot", json!(1)).await;
    server.shutdown().await;
    redis.kill();
    postgres.kill();

    let server = start(with(Some(&redis_url), Some(&postgres_url))).await;
    let made = post(&server, "/memory/new", json!(2)).await;
    assert_eq!((made.status, &made.json()["tier"]), (201, &json!("cold")));
    // What is in a tier that was never read is not known not to be there.
    assert_eq!(get(&server, "/memory/other").await.status, 503);
    let said = get(&server, "/").await.json();
    let trouble = said["tiers"][0]["trouble"].as_str().unwrap_or_default();
    assert!(
        !trouble.is_empty() && !trouble.contains("127.0.0.1"),
        "{trouble}"
    );
    redis.resume();
    postgres.resume();
    quiet(&server).await;
    assert_eq!(get(&server, "/memory/other").await.status, 404);
    assert_eq!(get(&server, "/memory/new").await.json()["value"], json!(2));
    law::holds(&server).await;
    server.shutdown().await;
}

/// Freezes, kills and starts them in turn.
async fn disturb(servers: [&mut dyn Backend; 2]) {
    for server in servers {
        sleep(Duration::from_millis(700)).await;
        server.freeze();
        sleep(Duration::from_millis(900)).await;
        server.thaw();
        sleep(Duration::from_millis(700)).await;
        server.kill();
        sleep(Duration::from_millis(500)).await;
        server.resume();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_law_holds_and_no_event_is_lost_while_redis_and_postgresql_come_and_go() {
    let (mut redis, mut postgres) = (Redis::start(), Postgres::start());
    let server = start(Config {
        policy: hasty(),
        curate_every: Duration::from_millis(30),
        patience: Duration::from_millis(250),
        ..with(Some(&redis.url()), Some(&postgres.url()))
    })
    .await;
    let visitor = Visitor::new(server.addr(), &secrets());
    let is_over = Arc::new(AtomicBool::new(false));
    let visits = tokio::spawn({
        let (visitor, is_over) = (Arc::clone(&visitor), Arc::clone(&is_over));
        async move {
            let (mut random, mut going_on) = (Random::new(5), JoinSet::new());
            for number in 0.. {
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                while going_on.len() >= 8 {
                    going_on.join_next().await;
                }
                going_on.spawn(visitor.visit(number, &mut random));
            }
            while going_on.join_next().await.is_some() {}
        }
    });
    disturb([&mut redis, &mut postgres]).await;
    is_over.store(true, Ordering::SeqCst);
    visits.await.expect("the visits end");
    let page = law::holds(&server).await;
    law::events_are_kept(&server, visitor.accepted()).await;
    assert!(visitor.accepted() > 100, "{}", visitor.accepted());
    assert!(page.sum("memory_tier_takeovers_total", &[("tier", "hot")]) >= 3.0);
    assert!(page.sum("memory_tier_takeovers_total", &[("tier", "warm")]) >= 3.0);
    assert!(page.sum("database_queries_total", &[("database", "warm")]) > 100.0);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_garbage_is_not_believed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let addr = listener.local_addr().expect("an address");
    let garbage = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let noise = [b'$', 0xff, b'\r', b'\n', 0, 7, b'Z', 1].repeat(64);
                let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &noise).await;
                sleep(Duration::from_secs(1)).await;
            });
        }
    });
    let (redis, postgres) = (
        format!("redis://{addr}/0"),
        format!("postgres://a@{addr}/a"),
    );
    let server = start(with(Some(&redis), Some(&postgres))).await;
    let made = post(&server, "/memory/a", json!(1)).await;
    assert_eq!((made.status, &made.json()["tier"]), (201, &json!("cold")));
    assert_eq!(get(&server, "/memory/a").await.json()["value"], json!(1));
    let page = page(&server).await;
    assert_eq!(page.sum("memory_tier_up", &[]), 1.0);
    garbage.abort();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_can_be_pinged_and_their_clients_shared() {
    let (redis, postgres) = (Redis::start(), Postgres::start());
    let server = start(with(Some(&redis.url()), Some(&postgres.url()))).await;
    for tier in TIERS {
        let pong = server.service().shared().memory.store(tier).ping().await;
        assert_eq!(pong, Ok(()), "{tier:?}");
    }
    let service = server.service();
    let mut redis = service.redis().expect("there is a Redis").connection();
    let pong: String = redis::cmd("PING")
        .query_async(&mut redis)
        .await
        .expect("an answer");
    assert_eq!(pong, "PONG");
    let pool = service.postgres().expect("there is a PostgreSQL").pool();
    let client = pool.get().await.expect("a connection");
    client.simple_query("SELECT 1").await.expect("an answer");
    let deleted = visitor::client::Request::new("DELETE", "/memory/none");
    assert_eq!(send(&server, deleted).await.status, 404);
    server.shutdown().await;
}
