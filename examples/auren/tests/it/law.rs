//! The conservation law, and that nothing is in two places or lost.

use std::{collections::HashMap, time::Instant};

use auren::{
    Server,
    memory::{Item, TIERS},
};
use vitalsigns::LabelValue;

use crate::{
    page::Page,
    support::{DEADLINE, page, quiet},
};

const ALL: usize = 1 << 30;

/// What is in each store, warmest first.
async fn stored(server: &Server) -> Vec<Vec<Item>> {
    let memory = &server.service().shared().memory;
    let mut stored = Vec::new();
    for tier in TIERS {
        let items = memory.store(tier).search("", ALL).await;
        stored.push(items.expect("the store answers"));
    }
    stored
}

/// How much has happened so far.
fn happened(page: &Page) -> f64 {
    page.sum("memory_tier_operations_total", &[("operation", "write")])
        + page.sum("memory_tier_operations_total", &[("operation", "update")])
        + page.sum("memory_tier_operations_total", &[("operation", "delete")])
        + page.sum("memory_tier_moves_total", &[])
        + page.sum("memory_tier_takeovers_total", &[])
}

/// Waits for a moment at which nothing happens, and gives the page and the stores as they are then.
/// Somebody who has hung up may have said something that is only now read, and the policy goes on.
async fn quiet_moment(server: &Server) -> (Page, Vec<Vec<Item>>) {
    let end = Instant::now() + DEADLINE;
    loop {
        quiet(server).await;
        let before = happened(&page(server).await);
        let (at, stored) = (page(server).await, stored(server).await);
        let after = happened(&page(server).await);
        if before == after && at.sum("memory_unsettled_items", &[]) == 0.0 {
            return (at, stored);
        }
        assert!(Instant::now() < end, "it never gets quiet");
    }
}

/// At a quiet moment: items = in − out + writes − deletes in every tier, on the page and in the
/// stores, and no item is in two of them. Gives the page.
pub(crate) async fn holds(server: &Server) -> Page {
    let (page, stored) = quiet_moment(server).await;
    let mut seen = HashMap::new();
    for (tier, stored) in TIERS.into_iter().zip(stored) {
        let name = tier.as_label();
        let of = |family: &str, label: &str| page.sum(family, &[(label, name)]);
        let come = of("memory_tier_moved_items_total", "to");
        let gone = of("memory_tier_moved_items_total", "from");
        let written = of("memory_tier_written_items_total", "tier");
        let deleted = of("memory_tier_deleted_items_total", "tier");
        let is_there = page.has("memory_tier_items", &[("tier", name)]);
        assert!(is_there, "{name} is on the page");
        let items = of("memory_tier_items", "tier");
        let balance = come - gone + written - deleted;
        assert_eq!(
            items, balance,
            "{name}: {come} - {gone} + {written} - {deleted}"
        );
        assert_eq!(of("memory_tier_drift_items", "tier"), 0.0, "{name}");
        assert_eq!(stored.len() as f64, items, "{name}: the store itself");
        for item in stored {
            let twice = seen.insert(item.entry.key.clone(), name);
            assert_eq!(twice, None, "{} is also in {name}", item.entry.key);
        }
    }
    page
}

/// Every event that was done is remembered.
pub(crate) async fn events_are_kept(server: &Server, accepted: u64) {
    let (page, stored) = quiet_moment(server).await;
    let keys = stored.iter().flatten().map(|item| &item.entry.key);
    let events = keys.filter(|key| key.starts_with("event.")).count();
    let done = page.sum("queue_tasks_total", &[("outcome", "success")]);
    assert_eq!(
        events as f64, done,
        "every event that was done is remembered"
    );
    assert!(
        events as u64 >= accepted,
        "{events} of {accepted} accepted ones"
    );
    assert_eq!(page.sum("memory_tier_lost_items_total", &[]), 0.0);
}
