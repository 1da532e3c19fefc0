//! A: what one look-up for all metrics of a request costs, and what is left without it.

use std::hash::{Hash, Hasher};
use std::hint::black_box;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::{Equivalent, HashMap};

use super::cells::{Add, Cells, Own, Shared};
use super::threads::PerThread;
use crate::subject::{Class, Subject};
use crate::traffic::{Request, STATUSES, Traffic};

/// Finds the cells of a method and a route.
pub(super) struct Index(HashMap<Owned, usize, FixedState>);

struct Owned {
    method: String,
    route: String,
}

#[derive(PartialEq, Eq)]
struct Borrowed<'a> {
    method: &'a str,
    route: &'a str,
}

impl Hash for Borrowed<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.route.as_bytes());
        state.write(self.method.as_bytes());
    }
}

impl Hash for Owned {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.borrowed().hash(state);
    }
}

impl Owned {
    fn borrowed(&self) -> Borrowed<'_> {
        Borrowed {
            method: &self.method,
            route: &self.route,
        }
    }
}

impl PartialEq for Owned {
    fn eq(&self, other: &Self) -> bool {
        self.borrowed() == other.borrowed()
    }
}

impl Eq for Owned {}

impl Equivalent<Owned> for Borrowed<'_> {
    #[inline]
    fn equivalent(&self, key: &Owned) -> bool {
        self.route == key.route && self.method == key.method
    }
}

impl Index {
    fn new(traffic: &Traffic) -> Self {
        let key = |(place, request): (usize, &Request)| {
            let owned = Owned {
                method: request.method.to_owned(),
                route: request.route.clone(),
            };
            (owned, place)
        };
        Index(traffic.requests.iter().enumerate().map(key).collect())
    }

    #[inline]
    fn find(&self, method: &str, route: &str) -> usize {
        self.0[&Borrowed { method, route }]
    }
}

#[inline]
fn record<A: Add>(cells: &Cells, request: &Request) {
    // Four statuses in four places, without a search.
    let place = match request.code {
        200 => 0,
        201 => 1,
        404 => 2,
        _ => 3,
    };
    A::count(&cells.statuses[place]);
    cells.observe::<A>(request.seconds);
}

fn page(traffic: &Traffic, cells: &[Cells]) -> String {
    let mut page = String::new();
    for (request, cells) in traffic.requests.iter().zip(cells) {
        let labels = format!("method=\"{}\",route=\"{}\",", request.method, request.route);
        for ((status, _), cell) in STATUSES.iter().zip(&cells.statuses) {
            let count = cell.load(std::sync::atomic::Ordering::Relaxed);
            if count > 0 {
                page += &format!("http_requests_total{{{labels}status=\"{status}\"}} {count}\n");
            }
        }
        page.extend(cells.histogram("http_request_duration_seconds", &labels));
    }
    page
}

pub(super) fn empty_loop(traffic: Arc<Traffic>) -> Subject {
    let operation = move |number| {
        black_box(traffic.request(number));
    };
    Subject::recording(super::EMPTY_LOOP, Class::Floor, operation, String::new)
}

pub(super) fn resolved_own(traffic: Arc<Traffic>) -> Subject {
    let threads = Arc::new(PerThread::new(traffic.requests.len()));
    let (scraped, known) = (Arc::clone(&threads), Arc::clone(&traffic));
    Subject::looping(
        super::RESOLVED_OWN,
        Class::Floor,
        move |range| {
            let cells = threads.mine();
            for number in range {
                let place = traffic.place(number);
                record::<Own>(&cells[place], &traffic.requests[place]);
            }
        },
        move || page(&known, &scraped.sum()),
    )
}

pub(super) fn found_own(traffic: Arc<Traffic>) -> Subject {
    let index = Index::new(&traffic);
    let threads = Arc::new(PerThread::new(traffic.requests.len()));
    let (scraped, known) = (Arc::clone(&threads), Arc::clone(&traffic));
    let operation = move |number| {
        let request = traffic.request(number);
        let place = index.find(request.method, &request.route);
        record::<Own>(&threads.mine()[place], request);
    };
    Subject::recording(super::FOUND_OWN, Class::Floor, operation, move || {
        page(&known, &scraped.sum())
    })
}

fn shared(traffic: &Traffic) -> Arc<[Cells]> {
    traffic.requests.iter().map(|_| Cells::default()).collect()
}

pub(super) fn resolved_shared(traffic: Arc<Traffic>) -> Subject {
    let cells = shared(&traffic);
    let (scraped, known) = (Arc::clone(&cells), Arc::clone(&traffic));
    let operation = move |number| {
        let place = traffic.place(number);
        record::<Shared>(&cells[place], &traffic.requests[place]);
    };
    Subject::recording(super::RESOLVED_SHARED, Class::Floor, operation, move || {
        page(&known, &scraped)
    })
}

pub(super) fn found_shared(traffic: Arc<Traffic>) -> Subject {
    let index = Index::new(&traffic);
    let cells = shared(&traffic);
    let (scraped, known) = (Arc::clone(&cells), Arc::clone(&traffic));
    let operation = move |number| {
        let request = traffic.request(number);
        let place = index.find(request.method, &request.route);
        record::<Shared>(&cells[place], request);
    };
    Subject::recording(super::FOUND_SHARED, Class::Floor, operation, move || {
        page(&known, &scraped)
    })
}
