//! Middleware within middleware: whether a request that starts is part of one that goes on.
//!
//! While a request's middleware calls or polls what is inside of it, the request stands on a stack
//! of its thread. Another middleware of the same server that starts a request in there has the same
//! one before it, further in: it counts nothing, and tells the route if it knows one. That takes no
//! place in the request and allocates nothing.

use std::cell::RefCell;
use std::sync::Arc;

use super::route::Route;

/// A request that is being called or polled.
struct Watched {
    /// Which server it belongs to.
    server: usize,
    /// The route that middleware further in knows.
    told: Option<Arc<Route>>,
}

thread_local! {
    static WATCHED: RefCell<Vec<Watched>> = const { RefCell::new(Vec::new()) };
}

/// Changes the stack of this thread. A thread that is at its end has none.
fn stack<T>(change: impl FnOnce(&mut Vec<Watched>) -> T) -> Option<T> {
    WATCHED
        .try_with(|watched| {
            watched
                .try_borrow_mut()
                .ok()
                .map(|mut stack| change(&mut stack))
        })
        .ok()
        .flatten()
}

/// A request of `server` is called or polled from now on.
pub(super) fn enter(server: usize) {
    stack(|stack| stack.push(Watched { server, told: None }));
}

/// The innermost request is called or polled no more; what was told of its route.
pub(super) fn leave() -> Option<Arc<Route>> {
    stack(Vec::pop).flatten()?.told
}

/// Whether this happens within a request of `server`.
pub(super) fn is_inside(server: usize) -> bool {
    stack(|stack| stack.iter().any(|watched| watched.server == server)).unwrap_or(false)
}

/// Tells the request of `server` in which this happens its route.
pub(super) fn tell(server: usize, route: Arc<Route>) {
    stack(|stack| {
        let outer = stack
            .iter_mut()
            .rev()
            .find(|watched| watched.server == server);
        if let Some(outer) = outer {
            outer.told = Some(route);
        }
    });
}
