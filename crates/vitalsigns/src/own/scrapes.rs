//! What an endpoint reports of the pages that it served. A page cannot tell its own length, so it is
//! what was known before.

use std::sync::Arc;
use std::time::Duration;

use super::labels::Code;
use super::{family, with_bounds};
use crate::family::Family;
use crate::metric::{Counter, Gauge, Histogram};
use crate::sample::Collect;

/// The families of a registry that has an endpoint.
pub(crate) struct Scrapes {
    by_code: Family<Code, Counter>,
    duration: Family<(), Histogram>,
    page_bytes: Family<(), Gauge>,
}

/// From a small page at once to the longest that a scraper waits.
const SECONDS: [f64; 16] = [
    0.0001, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

impl Scrapes {
    pub(crate) fn new(constant: &Arc<[(String, String)]>) -> (Self, [Arc<dyn Collect>; 3]) {
        let (by_code, by_code_family) = family(
            constant,
            "vitalsigns_scrapes_total",
            "Requests that the metrics endpoint answered before this one, by status.",
        );
        let (duration, duration_family) = with_bounds(
            constant,
            "vitalsigns_scrape_duration_seconds",
            "Time that the metrics endpoint took for answers before this one, collectors included.",
            &SECONDS.into(),
        );
        let (page_bytes, page_bytes_family) = family(
            constant,
            "vitalsigns_page_bytes",
            "Length of the page before this one, not compressed.",
        );
        let scrapes = Scrapes {
            by_code,
            duration,
            page_bytes,
        };
        (
            scrapes,
            [by_code_family, duration_family, page_bytes_family],
        )
    }

    /// The endpoint has answered, after a last page of so many bytes.
    pub(crate) fn answered(&self, status: u16, took: Duration, bytes: usize) {
        self.by_code.with(&Code(status)).inc();
        self.duration.with(&()).observe(took);
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.page_bytes.with(&()).set(bytes);
    }
}
