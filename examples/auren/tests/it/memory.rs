//! The memory over HTTP, and its policy.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use auren::{
    Config,
    memory::{Policy, Stores},
};
use serde_json::json;
use visitor::client::Request;

use crate::{
    faulty::Faulty,
    law,
    support::{config, error, get, page, post, quiet, send, start, start_with},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_recalled_changed_found_and_forgotten() {
    let server = start(config()).await;
    let made = post(&server, "/memory/a%2Fb", json!({ "text": "one" })).await;
    assert_eq!((made.status, &made.json()["tier"]), (201, &json!("hot")));
    let changed = post(&server, "/memory/a%2Fb", json!({ "text": "two" })).await;
    assert_eq!(changed.status, 200);
    let item = get(&server, "/memory/a%2Fb").await.json();
    assert_eq!(
        (&item["key"], &item["value"]["text"]),
        (&json!("a/b"), &json!("two"))
    );
    post(&server, "/memory/other", json!(7)).await;
    let found = get(&server, "/memory/search?q=/&limit=5").await.json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
    law::holds(&server).await;

    let forgotten = send(&server, Request::new("DELETE", "/memory/a%2Fb")).await;
    assert_eq!(forgotten.status, 200);
    assert_eq!(
        error(&get(&server, "/memory/a%2Fb").await),
        (404, "unknown_item".into())
    );
    let again = send(&server, Request::new("DELETE", "/memory/a%2Fb")).await;
    assert_eq!(again.status, 404);
    law::holds(&server).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_moves_by_age_frequency_and_space_and_says_why() {
    let policy = Policy {
        capacity: [2_000, 1_000_000, 1_000_000],
        hot_idle: Duration::ZERO,
        warm_idle: Duration::ZERO,
        ..Policy::default()
    };
    let server = start(Config { policy, ..config() }).await;
    let memory = &server.service().shared().memory;
    post(&server, "/memory/old", json!("x")).await;
    let reasons = async |number: usize| {
        let path = format!("/decisions?limit={number}");
        let decisions = get(&server, &path).await.json();
        let decisions = decisions["decisions"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let one = |decided: &serde_json::Value| {
            let outcome = text(&decided["outcome"]);
            format!(
                "{} {} {outcome}",
                text(&decided["decision"]),
                text(&decided["reason"])
            )
        };
        decisions.iter().map(one).collect::<Vec<_>>()
    };
    for (decided, tier) in [
        ("demote age applied", "warm"),
        ("archive age applied", "cold"),
    ] {
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(memory.curate().await, 1);
        assert_eq!(reasons(1).await, [decided]);
        // Seen in the store, because a recall would be a use.
        let found = get(&server, "/memory/search?q=old").await.json();
        assert_eq!(found["items"][0]["tier"], json!(tier));
    }
    law::holds(&server).await;
    server.shutdown().await;

    let policy = Policy {
        capacity: [2_000, 1_000_000, 1_000_000],
        ..Policy::default()
    };
    let server = start(Config { policy, ..config() }).await;
    let memory = &server.service().shared().memory;
    for number in 0..6 {
        let path = format!("/memory/item-{number}");
        let made = post(&server, &path, json!("x".repeat(380))).await;
        let tier = if number < 5 { "hot" } else { "warm" };
        assert_eq!(
            made.json()["tier"],
            json!(tier),
            "{number}: what does not fit goes on"
        );
    }
    assert!(memory.curate().await > 0);
    let page = page(&server).await;
    let labels = [
        ("from", "hot"),
        ("to", "warm"),
        ("reason", "space_pressure"),
    ];
    assert!(page.sum("memory_tier_moved_items_total", &labels) >= 2.0);
    for _ in 0..4 {
        get(&server, "/memory/item-5").await;
    }
    memory.curate().await;
    let item = get(&server, "/memory/item-5").await.json();
    assert_eq!(item["tier"], json!("hot"), "it is used often");
    law::holds(&server).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_tier_is_down_the_others_do_its_work() {
    let mut faults = Vec::new();
    let server = start_with(config(), |stores| {
        let hot = Faulty::new(stores.hot, 1);
        let warm = Faulty::new(stores.warm, 2);
        let cold = Faulty::new(stores.cold, 3);
        faults.extend([&hot, &warm, &cold].map(|faulty| Arc::clone(&faulty.faults)));
        Stores {
            hot: Arc::new(hot),
            warm: Arc::new(warm),
            cold: Arc::new(cold),
        }
    })
    .await;
    post(&server, "/memory/before", json!(1)).await;
    faults[0].is_down.store(true, Ordering::SeqCst);
    // The journal has what is hot.
    assert_eq!(
        get(&server, "/memory/before").await.json()["value"],
        json!(1)
    );
    let made = post(&server, "/memory/during", json!(2)).await;
    assert_eq!((made.status, &made.json()["tier"]), (201, &json!("warm")));
    let changed = post(&server, "/memory/before", json!(3)).await;
    assert_eq!(
        (changed.status, &changed.json()["tier"]),
        (200, &json!("warm"))
    );
    assert_eq!(
        get(&server, "/memory/before").await.json()["value"],
        json!(3)
    );
    let during = page(&server).await;
    assert_eq!(during.sum("memory_tier_up", &[("tier", "hot")]), 0.0);
    assert!(
        !during.has("memory_tier_items", &[("tier", "hot")]),
        "nobody knows how many"
    );
    assert!(during.has("memory_tier_items", &[("tier", "warm")]));

    faults[1].is_down.store(true, Ordering::SeqCst);
    assert_eq!(
        error(&get(&server, "/memory/during").await),
        (503, "unreachable".into())
    );
    let deleted = send(&server, Request::new("DELETE", "/memory/during")).await;
    assert_eq!(error(&deleted), (503, "unreachable".into()));
    faults[2].is_down.store(true, Ordering::SeqCst);
    get(&server, "/memory/none").await;
    let refused = post(&server, "/memory/nowhere", json!(4)).await;
    assert_eq!(error(&refused), (503, "no_place".into()));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(get(&server, "/memory/search?q=a").await.status, 503);

    for faults in &faults {
        faults.is_down.store(false, Ordering::SeqCst);
    }
    quiet(&server).await;
    assert_eq!(
        get(&server, "/memory/before").await.json()["value"],
        json!(3)
    );
    assert_eq!(
        get(&server, "/memory/during").await.json()["value"],
        json!(2)
    );
    assert_eq!(get(&server, "/memory/nowhere").await.status, 404);
    law::holds(&server).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_all_tiers() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = |policy| Config {
        data_dir: Some(folder.path().to_owned()),
        policy,
        ..config()
    };
    let server = start(settings(Policy {
        warm_idle: Duration::ZERO,
        hot_idle: Duration::from_millis(50),
        ..Policy::default()
    }))
    .await;
    let memory = &server.service().shared().memory;
    for key in ["cold", "warm"] {
        post(&server, &format!("/memory/{key}"), json!(key)).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        memory.curate().await;
    }
    post(&server, "/memory/hot", json!("hot")).await;
    server.shutdown().await;
    let server = start(settings(Policy::default())).await;
    for key in ["hot", "warm", "cold"] {
        let item = get(&server, &format!("/memory/{key}")).await.json();
        assert_eq!((&item["value"], &item["tier"]), (&json!(key), &json!(key)));
    }
    let page = page(&server).await;
    assert_eq!(page.sum("memory_tier_items", &[]), 3.0);
    assert_eq!(page.sum("memory_tier_drift_items", &[]), 0.0);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_archive_has_lost_shows_as_drift() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(Config {
        data_dir: Some(folder.path().to_owned()),
        policy: Policy {
            hot_idle: Duration::ZERO,
            warm_idle: Duration::ZERO,
            ..Policy::default()
        },
        ..config()
    })
    .await;
    let memory = &server.service().shared().memory;
    for key in ["one", "two"] {
        post(&server, &format!("/memory/{key}"), json!(key)).await;
    }
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(memory.curate().await, 2);
    }
    law::holds(&server).await;
    let files = std::fs::read_dir(folder.path().join("archive")).expect("the archive");
    let file = files.flatten().next().expect("a file").path();
    std::fs::write(&file, b"garbage").expect("it is written");

    let mut answers = Vec::new();
    for key in ["one", "two"] {
        answers.push(get(&server, &format!("/memory/{key}")).await.status);
        quiet(&server).await;
    }
    answers.sort_unstable();
    assert_eq!(answers, [200, 503]);
    let page = page(&server).await;
    let cold = [("tier", "cold")];
    assert_eq!(page.sum("memory_tier_items", &cold), 1.0);
    assert_eq!(page.sum("memory_tier_lost_items_total", &cold), 1.0);
    assert_eq!(page.sum("memory_tier_drift_items", &cold), -1.0);
    assert!(
        file.with_extension("corrupt").exists(),
        "somebody may want to look at it"
    );
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_that_is_full_says_so_and_still_changes_what_it_has() {
    let server = start(Config {
        most_items: 1,
        ..config()
    })
    .await;
    assert_eq!(post(&server, "/memory/a", json!(1)).await.status, 201);
    let refused = post(&server, "/memory/b", json!(2)).await;
    assert_eq!(error(&refused), (507, "memory_full".into()));
    assert_eq!(post(&server, "/memory/a", json!(3)).await.status, 200);
    law::holds(&server).await;
    server.shutdown().await;
}
