//! Many series of one family, with two labels: what a scrape reads, and what is made.

use crate::subject::{Class, Subject};
use std::sync::Arc;

/// The labels of one series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) tenant: String,
    pub(crate) operation: String,
}

impl Key {
    pub(crate) fn new(series: u64) -> Self {
        Key {
            tenant: format!("tenant-{:03}", series % 317),
            operation: format!("operation-{:03}", series / 317),
        }
    }

    /// Those of the first series.
    pub(crate) fn first(series: u64) -> Vec<Self> {
        (0..series).map(Key::new).collect()
    }
}

/// What is to be recorded, `u64` for a counter and `f64` for a histogram.
#[derive(Clone, Copy)]
pub(crate) struct Recording<'a, T> {
    pub(crate) key: &'a Key,
    pub(crate) value: T,
}

/// The upper bounds of the histograms.
pub(crate) const BOUNDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0,
];

type Record<T> = Box<dyn Fn(&[Recording<'_, T>]) + Send + Sync>;

/// A family of counters, `store_calls_total`, or of histograms with [`BOUNDS`],
/// `store_call_duration_seconds`.
pub(crate) struct Store<T> {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    record: Record<T>,
    page: Box<dyn Fn() -> Vec<u8> + Send + Sync>,
}

impl<T: Copy + 'static> Store<T> {
    /// `record` finds or makes the series and records into it.
    pub(crate) fn new<P: Into<Vec<u8>>>(
        name: &'static str,
        class: Class,
        record: impl Fn(&Key, T) + Send + Sync + 'static,
        page: impl Fn() -> P + Send + Sync + 'static,
    ) -> Self {
        Store {
            name,
            class,
            record: Box::new(move |recordings| {
                for recording in recordings {
                    record(recording.key, recording.value);
                }
            }),
            page: Box::new(move || page().into()),
        }
    }

    /// All of them, one after the other.
    #[inline(never)]
    pub(crate) fn record(&self, recordings: &[Recording<'_, T>]) {
        (self.record)(recordings);
    }

    pub(crate) fn page(&self) -> Vec<u8> {
        (self.page)()
    }

    /// The operation is the scrape.
    pub(crate) fn scraping(self) -> Subject {
        let store = Arc::new(self);
        let scraped = Arc::clone(&store);
        let scrape = move |_| {
            std::hint::black_box(scraped.page());
        };
        Subject::recording(store.name, store.class, scrape, {
            let store = Arc::clone(&store);
            move || store.page()
        })
    }
}
