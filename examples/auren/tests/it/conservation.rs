//! Several minutes of the demo, as fast as they can be had, with stores that fail in the middle.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use auren::{
    Config, Server,
    demo::Visitor,
    memory::{Policy, Stores},
};
use tokio::{task::JoinSet, time::sleep};
use visitor::random::Random;

use crate::{
    faulty::{Faults, Faulty},
    law,
    support::{config, hasty, page, quiet, secrets, start_with, until},
};

/// The visits of 48 seconds of the demo; after so many, there is a quiet moment.
const VISITS: u64 = 600;
/// How many go on at the same time.
const MOST: usize = 30;

/// Starts a service whose stores fail.
async fn flaky(policy: Policy) -> (Server, Vec<Arc<Faults>>) {
    let config = Config {
        policy,
        patience: Duration::from_millis(250),
        heal_every: Duration::from_millis(10),
        ..config()
    };
    let mut faults = Vec::new();
    let server = start_with(config, |stores| {
        let mut wrap = |store, seed| {
            let faulty = Faulty::new(store, seed);
            faults.push(Arc::clone(&faulty.faults));
            Arc::new(faulty)
        };
        Stores {
            hot: wrap(stores.hot, 1),
            warm: wrap(stores.warm, 2),
            cold: wrap(stores.cold, 3),
        }
    })
    .await;
    (server, faults)
}

/// Makes visits, as many at a time as there is room for.
async fn visits(visitor: &Arc<Visitor>, numbers: std::ops::Range<u64>, random: &mut Random) {
    let mut going_on = JoinSet::new();
    for number in numbers {
        while going_on.len() >= MOST {
            going_on.join_next().await;
        }
        going_on.spawn(visitor.visit(number, random));
    }
    while going_on.join_next().await.is_some() {}
}

/// Each store is down for a moment in turn, and all fail now and then.
async fn disturb(faults: Vec<Arc<Faults>>) {
    for one in &faults {
        one.is_flaky.store(true, Ordering::SeqCst);
    }
    loop {
        for one in &faults {
            sleep(Duration::from_millis(150)).await;
            one.is_down.store(true, Ordering::SeqCst);
            sleep(Duration::from_millis(120)).await;
            one.is_down.store(false, Ordering::SeqCst);
        }
    }
}

/// Runs the rounds; gives how many events visitors know to have been accepted.
async fn run(server: &Server, faults: &[Arc<Faults>], rounds: u64) -> u64 {
    let visitor = Visitor::new(server.addr(), &secrets());
    let mut random = Random::new(4);
    for round in 0..rounds {
        let is_over = Arc::new(AtomicBool::new(false));
        let curator = tokio::spawn({
            let memory = Arc::clone(&server.service().shared().memory);
            let is_over = Arc::clone(&is_over);
            async move {
                while !is_over.load(Ordering::SeqCst) {
                    memory.curate().await;
                    sleep(Duration::from_millis(20)).await;
                }
            }
        });
        let disturber = tokio::spawn(disturb(faults.to_vec()));
        visits(&visitor, round * VISITS..(round + 1) * VISITS, &mut random).await;
        disturber.abort();
        for one in faults {
            one.is_flaky.store(false, Ordering::SeqCst);
            one.is_down.store(false, Ordering::SeqCst);
        }
        // Events may wait for room, which the policy makes.
        let inbox = &server.service().shared().inbox;
        until("all events are done", || inbox.undone() == 0).await;
        is_over.store(true, Ordering::SeqCst);
        curator.await.expect("the curator goes on");
        quiet(server).await;
        law::holds(server).await;
    }
    visitor.accepted()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_law_holds_and_no_event_is_lost_whatever_fails() {
    let (server, faults) = flaky(hasty()).await;
    let accepted = run(&server, &faults, 4).await;
    let page = law::holds(&server).await;
    law::events_are_kept(&server, accepted).await;
    // It was a test: things did happen, and did fail.
    assert!(accepted > 1000, "{accepted} accepted");
    for (family, labels) in [
        (
            "memory_tier_moves_total",
            [("from", "hot"), ("outcome", "success")],
        ),
        (
            "memory_tier_moves_total",
            [("from", "warm"), ("to", "cold")],
        ),
        (
            "memory_tier_moves_total",
            [("from", "warm"), ("outcome", "failed")],
        ),
        (
            "memory_tier_moves_total",
            [("from", "hot"), ("outcome", "failed")],
        ),
        (
            "memory_tier_operations_total",
            [("operation", "write"), ("outcome", "failed")],
        ),
        (
            "queue_tasks_total",
            [("queue", "events"), ("outcome", "success")],
        ),
    ] {
        assert!(page.sum(family, &labels) > 0.0, "{family} {labels:?}");
    }
    assert!(page.sum("memory_tier_takeovers_total", &[]) > 20.0);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_law_holds_where_old_items_are_given_up() {
    let policy = Policy {
        capacity: [6 << 10, 12 << 10, 12 << 10],
        retention: Duration::from_secs(2),
        ..hasty()
    };
    let (server, faults) = flaky(policy).await;
    run(&server, &faults, 2).await;
    let page = page(&server).await;
    let evicted = [("decision", "evict"), ("outcome", "applied")];
    assert!(page.sum("memory_decisions_total", &evicted) > 0.0);
    assert_eq!(page.sum("memory_tier_lost_items_total", &[]), 0.0);
    server.shutdown().await;
}
