//! The conservation law, and that nothing is in two places or lost.

use std::collections::HashMap;

use auren::{Server, memory::TIERS};
use vitalsigns::LabelValue;

use crate::{page::Page, support::page};

const ALL: usize = 1 << 30;

/// At a quiet moment: items = in − out + writes − deletes in every tier, on the page and in the
/// stores, and no item is in two of them. Gives the page.
pub(crate) async fn holds(server: &Server) -> Page {
    let page = page(server).await;
    let memory = &server.service().shared().memory;
    let mut seen = HashMap::new();
    for tier in TIERS {
        let name = tier.as_label();
        let of = |family: &str, label: &str| page.sum(family, &[(label, name)]);
        let come = of("memory_tier_moved_items_total", "to");
        let gone = of("memory_tier_moved_items_total", "from");
        let written = of("memory_tier_written_items_total", "tier");
        let deleted = of("memory_tier_deleted_items_total", "tier");
        assert!(
            page.has("memory_tier_items", &[("tier", name)]),
            "{name} is on the page"
        );
        let items = of("memory_tier_items", "tier");
        let balance = come - gone + written - deleted;
        assert_eq!(
            items, balance,
            "{name}: {come} - {gone} + {written} - {deleted}"
        );
        assert_eq!(of("memory_tier_drift_items", "tier"), 0.0, "{name}");
        let stored = memory
            .store(tier)
            .search("", ALL)
            .await
            .expect("the store answers");
        assert_eq!(stored.len() as f64, items, "{name}: the store itself");
        for item in stored {
            let twice = seen.insert(item.entry.key.clone(), name);
            assert_eq!(twice, None, "{} is also in {name}", item.entry.key);
        }
    }
    assert_eq!(page.sum("memory_unsettled_items", &[]), 0.0);
    page
}

/// Every event that was done is remembered.
pub(crate) async fn events_are_kept(server: &Server, page: &Page, accepted: u64) {
    let memory = &server.service().shared().memory;
    let mut events = 0;
    for tier in TIERS {
        let stored = memory
            .store(tier)
            .search("event.", ALL)
            .await
            .expect("the store answers");
        events += stored
            .iter()
            .filter(|item| item.entry.key.starts_with("event."))
            .count();
    }
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
