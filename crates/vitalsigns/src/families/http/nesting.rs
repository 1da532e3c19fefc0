//! Middleware within middleware: whether a request that starts is part of one that goes on.
//!
//! While a request's middleware calls or polls what is inside of it, the request stands on a stack
//! of its thread. Another middleware of the same server that starts a request in there has the same
//! one before it, further in: it counts nothing, and tells the route if it knows one. That takes no
//! place in the request and allocates nothing.
//!
//! Most stacks have one request. So that one stands alone, in a place that is read and written as
//! cheaply as a thread can.

use std::cell::{Cell, RefCell};

use super::routes::HeldRoute;

/// The outermost request that is being called or polled on this thread.
struct Outermost {
    /// Which server it belongs to; 0 if there is none.
    server: Cell<usize>,
    /// Whether middleware further in told its route.
    is_told: Cell<bool>,
    /// How many requests are within it.
    deeper: Cell<usize>,
}

#[derive(Default)]
struct Rest {
    /// The route that the outermost was told.
    told: Option<HeldRoute>,
    /// The requests within it.
    deeper: Vec<Watched>,
}

struct Watched {
    server: usize,
    told: Option<HeldRoute>,
}

thread_local! {
    static OUTERMOST: Outermost = const {
        Outermost {
            server: Cell::new(0),
            is_told: Cell::new(false),
            deeper: Cell::new(0),
        }
    };
    static REST: RefCell<Rest> = const {
        RefCell::new(Rest { told: None, deeper: Vec::new() })
    };
}

/// Changes the rest of this thread's stack. A thread that is at its end has none.
#[cold]
fn rest<T>(change: impl FnOnce(&mut Rest) -> T) -> Option<T> {
    REST.try_with(|rest| rest.try_borrow_mut().ok().map(|mut rest| change(&mut rest)))
        .ok()
        .flatten()
}

/// A request of `server` is called or polled from now on.
#[inline]
pub(super) fn enter(server: usize) {
    OUTERMOST.with(|outermost| {
        if outermost.server.get() == 0 {
            outermost.server.set(server);
        } else {
            outermost.deeper.set(outermost.deeper.get() + 1);
            rest(|rest| rest.deeper.push(Watched { server, told: None }));
        }
    });
}

/// The innermost request is called or polled no more; what was told of its route.
#[inline]
pub(super) fn leave() -> Option<HeldRoute> {
    OUTERMOST.with(|outermost| {
        if let Some(deeper) = outermost.deeper.get().checked_sub(1) {
            outermost.deeper.set(deeper);
            return rest(|rest| rest.deeper.pop()?.told).flatten();
        }
        outermost.server.set(0);
        match outermost.is_told.replace(false) {
            false => None,
            true => rest(|rest| rest.told.take()).flatten(),
        }
    })
}

/// Whether this happens within a request of `server`.
#[inline]
pub(super) fn is_inside(server: usize) -> bool {
    OUTERMOST.with(|outermost| {
        outermost.server.get() == server
            || outermost.deeper.get() > 0
                && rest(|rest| rest.deeper.iter().any(|watched| watched.server == server))
                    .unwrap_or(false)
    })
}

/// Tells the request of `server` in which this happens its route.
pub(super) fn tell(server: usize, route: HeldRoute) {
    rest(|rest| {
        let mut inner = rest.deeper.iter_mut().rev();
        match inner.find(|watched| watched.server == server) {
            Some(watched) => watched.told = Some(route),
            None => OUTERMOST.with(|outermost| {
                if outermost.server.get() == server {
                    outermost.is_told.set(true);
                    rest.told = Some(route);
                }
            }),
        }
    });
}
