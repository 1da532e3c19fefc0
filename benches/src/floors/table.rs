//! C, D and F: a table of a fixed size, in which look-ups, creations and scrapes wait for nobody. The
//! text of a line is written when its series is made; a scrape copies it and prints a number.

use std::hash::BuildHasher;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use foldhash::fast::FixedState;

use super::cells::{Add, Shared};
use crate::store::{BOUNDS, Key, Store};
use crate::subject::Class;

struct Table<V> {
    places: Box<[OnceLock<Entry<V>>]>,
}

struct Entry<V> {
    /// `tenant="…",operation="…"`; no value of the scenarios needs escaping.
    labels: Box<str>,
    value: V,
}

const TENANT: &str = "tenant=\"";
const OPERATION: &str = "\",operation=\"";

impl<V: Default> Table<V> {
    /// With room for twice as many series.
    fn new(series: u64) -> Self {
        let places = (2 * series + 2048).next_power_of_two();
        Table {
            places: (0..places).map(|_| OnceLock::new()).collect(),
        }
    }

    fn with(&self, key: &Key, record: impl FnOnce(&V)) {
        let hash = FixedState::default().hash_one((&*key.tenant, &*key.operation));
        let last = self.places.len() - 1;
        let mut place = hash as usize & last;
        loop {
            let entry = self.places[place].get_or_init(|| Entry::new(key));
            if entry.is(key) {
                return record(&entry.value);
            }
            place = (place + 1) & last;
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Entry<V>> {
        self.places.iter().filter_map(OnceLock::get)
    }
}

impl<V: Default> Entry<V> {
    fn new(key: &Key) -> Self {
        let labels = [TENANT, &key.tenant, OPERATION, &key.operation, "\""].concat();
        Entry {
            labels: labels.into(),
            value: V::default(),
        }
    }

    fn is(&self, key: &Key) -> bool {
        let (tenant, operation) = (key.tenant.as_bytes(), key.operation.as_bytes());
        let labels = &self.labels.as_bytes()[TENANT.len()..];
        labels.len() == tenant.len() + OPERATION.len() + operation.len() + 1
            && labels.starts_with(tenant)
            && labels[tenant.len()..].starts_with(OPERATION.as_bytes())
            && labels[tenant.len() + OPERATION.len()..].starts_with(operation)
    }
}

pub(super) fn counters(series: u64) -> Store<u64> {
    let table = Arc::new(Table::<AtomicU64>::new(series));
    let scraped = Arc::clone(&table);
    let record = move |key: &Key, made| {
        table.with(key, |value| {
            value.fetch_add(made, Relaxed);
        });
    };
    Store::new(super::TABLE, Class::Floor, record, move || {
        let mut page = Vec::new();
        let mut number = itoa::Buffer::new();
        for entry in scraped.entries() {
            page.extend_from_slice(b"store_calls_total{");
            page.extend_from_slice(entry.labels.as_bytes());
            page.extend_from_slice(b"} ");
            page.extend_from_slice(number.format(entry.value.load(Relaxed)).as_bytes());
            page.push(b'\n');
        }
        page
    })
}

#[derive(Default)]
struct Buckets {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum: AtomicU64,
}

pub(super) fn histograms(series: u64) -> Store<f64> {
    let table = Arc::new(Table::<Buckets>::new(series));
    let scraped = Arc::clone(&table);
    let record = move |key: &Key, seconds| {
        table.with(key, |value| {
            let place = BOUNDS.partition_point(|bound| *bound < seconds);
            Shared::count(&value.buckets[place]);
            Shared::sum(&value.sum, seconds);
        });
    };
    let bound = |bound: &f64| format!(",le=\"{bound}\"}} ");
    let mut bounds: Vec<String> = BOUNDS.iter().map(bound).collect();
    bounds.push(",le=\"+Inf\"} ".to_owned());
    Store::new(super::TABLE, Class::Floor, record, move || {
        let mut page = Vec::new();
        let mut number = itoa::Buffer::new();
        for entry in scraped.entries() {
            let mut line = |kind: &[u8], tail: &[u8], value: &[u8]| {
                page.extend_from_slice(b"store_call_duration_seconds");
                page.extend_from_slice(kind);
                page.extend_from_slice(entry.labels.as_bytes());
                page.extend_from_slice(tail);
                page.extend_from_slice(value);
                page.push(b'\n');
            };
            let mut count = 0;
            for (bucket, tail) in entry.value.buckets.iter().zip(&bounds) {
                count += bucket.load(Relaxed);
                line(
                    b"_bucket{",
                    tail.as_bytes(),
                    number.format(count).as_bytes(),
                );
            }
            let mut sum = Vec::new();
            let bits = entry.value.sum.load(Relaxed);
            let _ = write!(sum, "{}", f64::from_bits(bits));
            line(b"_sum{", b"} ", &sum);
            line(b"_count{", b"} ", number.format(count).as_bytes());
        }
        page
    })
}

/// The page of the table, written once, and copied from then on.
pub(super) fn copied_counters(series: u64) -> Store<u64> {
    copied(counters(series))
}

pub(super) fn copied_histograms(series: u64) -> Store<f64> {
    copied(histograms(series))
}

fn copied<T: Copy + Send + Sync + 'static>(store: Store<T>) -> Store<T> {
    let store = Arc::new(store);
    let scraped = Arc::clone(&store);
    let page = OnceLock::new();
    let record = move |key: &Key, value| store.record(&[crate::store::Recording { key, value }]);
    Store::new(super::COPIED, Class::Floor, record, move || {
        page.get_or_init(|| scraped.page()).clone()
    })
}
