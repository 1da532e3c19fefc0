//! What the endpoint answers, whoever asks and however.

mod access;
mod asking;
mod check;
mod coding;
mod haste;
mod limits;
mod own;
mod parts;

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use vitalsigns::{Answer, Counter, Endpoint, EndpointRequest, Gauge, MetricGroup, Registry};

#[derive(MetricGroup)]
struct Shop {
    /// Orders.
    orders_total: Counter,
    /// Orders that are open.
    open_orders: Gauge,
}

/// An endpoint with two families besides the library's own.
fn shop() -> (Registry, Endpoint) {
    let registry = Registry::new();
    let shop = Shop::register(&registry).unwrap();
    shop.orders_total.add(3);
    shop.open_orders.set(2);
    let endpoint = Endpoint::new(&registry);
    (registry, endpoint)
}

fn get() -> EndpointRequest {
    EndpointRequest::new("GET")
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

#[track_caller]
fn assert_has(answer: &Answer, line: &str) {
    let page = text(answer);
    assert!(
        page.lines().any(|own| own == line),
        "no `{line}` in\n{page}"
    );
}

/// The value of a sample, by all that stands before it.
#[track_caller]
fn value(page: &str, sample: &str) -> f64 {
    let start = format!("{sample} ");
    let found = page.lines().find_map(|line| line.strip_prefix(&start));
    let Some(found) = found else {
        panic!("no `{sample}` in\n{page}");
    };
    found.parse().unwrap()
}

/// A door at which collectors wait.
#[derive(Clone, Default)]
struct Door(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    is_open: bool,
    waiting: usize,
}

impl Door {
    fn pass(&self) {
        let (state, changed) = &*self.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting += 1;
        changed.notify_all();
        while !state.is_open {
            state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting -= 1;
    }

    /// Waits until somebody is at the door.
    fn wait_for_one(&self) {
        let (state, changed) = &*self.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.waiting == 0 {
            state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn open(&self) {
        self.set(true);
    }

    fn shut(&self) {
        self.set(false);
    }

    fn set(&self, is_open: bool) {
        let (state, changed) = &*self.0;
        state.lock().unwrap_or_else(PoisonError::into_inner).is_open = is_open;
        changed.notify_all();
    }
}
