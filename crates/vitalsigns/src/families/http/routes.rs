//! All routes of a server, and how a request holds on to the one that it has.
//!
//! A look-up writes nothing that threads share. The table only grows, so it is read without a lock;
//! and what a request holds is counted at a hub, of which each thread has one as long as there are
//! no more threads than processors.

use std::cell::Cell;
use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::{array, thread};

use foldhash::fast::RandomState;

use super::method::Method;
use super::metrics::HttpMetrics;
use super::options::{EXTRAS, Options};
use super::route::Route;

/// The most routes that are told apart; a route is written in the code, so this is generous.
pub(super) const ROUTES: usize = 1000;

/// How many chains the table has.
const CHAINS: usize = 1024;

/// The most hubs of a server.
const HUBS: usize = 64;

/// What all routes have in common.
pub(super) struct Shared {
    pub(super) metrics: HttpMetrics,
    pub(super) options: Options,
    /// The extra labels of a request of which nobody says any.
    pub(super) unsaid: [u16; EXTRAS],
}

/// The routes of one server.
pub(super) struct Routes {
    pub(super) shared: Shared,
    hasher: RandomState,
    chains: Box<[Link; CHAINS]>,
    /// The names in the table. Who puts a route in has the lock.
    names: Mutex<HashSet<Box<str>>>,
    hubs: OnceLock<Box<[Weak<Hub>]>>,
}

/// The end of a chain, for as long as it is empty.
type Link = OnceLock<Box<Entry>>;

struct Entry {
    hash: u64,
    route: Route,
    next: Link,
}

/// Where a route is in the table.
#[derive(Clone, Copy)]
struct Place {
    chain: u16,
    depth: u16,
}

impl Place {
    /// In no chain, but at the hub.
    const BEYOND: Self = Place {
        chain: 0,
        depth: u16::MAX,
    };
}

/// What keeps the routes for the requests of some threads.
///
/// The counts of an `Arc` are in front of what it holds, so they have a cache line of their own.
#[repr(align(128))]
pub(super) struct Hub {
    pub(super) routes: Arc<Routes>,
    number: usize,
    /// A route that the table has no room for; its hub has this one alone.
    beyond: Option<Box<Route>>,
}

/// A route that somebody holds.
#[derive(Clone)]
pub(super) struct HeldRoute {
    hub: Arc<Hub>,
    place: Place,
}

impl Routes {
    /// The hubs of a new server. A server is fast for all of its threads as long as somebody has
    /// all of them.
    pub(super) fn hubs(metrics: HttpMetrics, options: Options) -> Arc<[Arc<Hub>]> {
        let mut unsaid = [0; EXTRAS];
        for (index, extra) in unsaid.iter_mut().zip(&options.extras) {
            *index = extra.unsaid;
        }
        let routes = Arc::new(Routes {
            shared: Shared {
                metrics,
                options,
                unsaid,
            },
            hasher: RandomState::default(),
            chains: Box::new(array::from_fn(|_| OnceLock::new())),
            names: Mutex::default(),
            hubs: OnceLock::new(),
        });
        let processors = thread::available_parallelism().map_or(1, |number| number.get());
        let hubs: Arc<[Arc<Hub>]> = (0..processors.next_power_of_two().min(HUBS))
            .map(|number| {
                Arc::new(Hub {
                    routes: Arc::clone(&routes),
                    number,
                    beyond: None,
                })
            })
            .collect();
        routes
            .hubs
            .get_or_init(|| hubs.iter().map(Arc::downgrade).collect());
        hubs
    }

    /// What tells this server from others.
    #[inline]
    pub(super) fn identity(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// The route, if it came up before.
    #[inline]
    pub(super) fn known(&self, method: Method, name: &str) -> Option<&Route> {
        let (_, entry) = self.find(self.hash(method, name), method, name)?;
        Some(&entry.route)
    }

    #[inline]
    fn find(&self, hash: u64, method: Method, name: &str) -> Option<(Place, &Entry)> {
        let chain = hash as usize % CHAINS;
        let mut link = &self.chains[chain];
        let mut depth = 0;
        while let Some(entry) = link.get() {
            if entry.hash == hash && entry.route.is(method, name) {
                let chain = chain as u16;
                return Some((Place { chain, depth }, entry));
            }
            link = &entry.next;
            depth += 1;
        }
        None
    }

    #[inline]
    fn hash(&self, method: Method, name: &str) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(name.as_bytes());
        // The methods of a route are in chains side by side.
        hasher.finish() ^ method as u64
    }

    /// Puts a route into the table that comes up for the first time, if there is room for it.
    #[cold]
    fn put(&self, method: Method, name: &str) -> Option<Place> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.contains(name) {
            if names.len() >= ROUTES {
                return None;
            }
            names.insert(name.into());
        }
        let hash = self.hash(method, name);
        // Another thread may have been faster.
        if let Some((place, _)) = self.find(hash, method, name) {
            return Some(place);
        }
        let chain = hash as usize % CHAINS;
        let mut link = &self.chains[chain];
        let mut depth = 0;
        while let Some(entry) = link.get() {
            link = &entry.next;
            depth += 1;
        }
        link.get_or_init(|| {
            Box::new(Entry {
                hash,
                route: Route::new(&self.shared, method, name),
                next: Link::new(),
            })
        });
        let chain = chain as u16;
        Some(Place { chain, depth })
    }
}

impl Hub {
    /// The hub of this thread, or this one if that is gone.
    #[inline]
    pub(super) fn nearest(self: &Arc<Self>) -> Arc<Self> {
        let hubs = self.routes.hubs.get().map_or(&[][..], |hubs| hubs);
        // There are as many as a power of two.
        let number = thread_number() & hubs.len().wrapping_sub(1);
        if number != self.number
            && let Some(hub) = hubs.get(number).and_then(Weak::upgrade)
        {
            return hub;
        }
        Arc::clone(self)
    }

    /// A route, for somebody who holds it.
    #[inline]
    pub(super) fn route(self: &Arc<Self>, method: Method, name: &str) -> HeldRoute {
        let routes = &*self.routes;
        match routes.find(routes.hash(method, name), method, name) {
            Some((place, _)) => HeldRoute {
                hub: self.nearest(),
                place,
            },
            None => self.resolve(method, name),
        }
    }

    #[cold]
    pub(super) fn resolve(self: &Arc<Self>, method: Method, name: &str) -> HeldRoute {
        if let Some(place) = self.routes.put(method, name) {
            let hub = self.nearest();
            return HeldRoute { hub, place };
        }
        // Beyond the cap the families fold it into `other`; it is not worth remembering.
        let route = Route::new(&self.routes.shared, method, name);
        HeldRoute {
            hub: Arc::new(Hub {
                routes: Arc::clone(&self.routes),
                // That of no thread.
                number: usize::MAX,
                beyond: Some(Box::new(route)),
            }),
            place: Place::BEYOND,
        }
    }
}

impl HeldRoute {
    /// The server that it belongs to, as [`Routes::identity`] says it.
    #[inline]
    pub(super) fn server(&self) -> usize {
        self.hub.routes.identity()
    }

    #[inline]
    pub(super) fn shared(&self) -> &Shared {
        &self.hub.routes.shared
    }

    /// Another route of the same server, for the same method.
    pub(super) fn sibling(&self, name: &str) -> HeldRoute {
        self.hub.route(self.method, name)
    }
}

impl Deref for HeldRoute {
    type Target = Route;

    #[inline]
    fn deref(&self) -> &Route {
        let Place { chain, depth } = self.place;
        // Most are the first of their chain.
        match self.hub.routes.chains[usize::from(chain) % CHAINS].get() {
            Some(entry) if depth == 0 => &entry.route,
            _ => self.deeper(),
        }
    }
}

impl HeldRoute {
    #[cold]
    fn deeper(&self) -> &Route {
        let Place { chain, depth } = self.place;
        if depth == Place::BEYOND.depth
            && let Some(route) = &self.hub.beyond
        {
            return route;
        }
        let mut link = &self.hub.routes.chains[usize::from(chain) % CHAINS];
        for _ in 0..depth {
            match link.get() {
                Some(entry) => link = &entry.next,
                None => break,
            }
        }
        match link.get() {
            Some(entry) => &entry.route,
            None => unreachable!("a route that was put into a chain stays there"),
        }
    }
}

/// A number of this thread; the first threads have the first numbers.
#[inline]
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);

    thread_local! {
        static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    }

    NUMBER.with(|number| {
        number.get().unwrap_or_else(|| {
            let next = NEXT.fetch_add(1, Ordering::Relaxed);
            number.set(Some(next));
            next
        })
    })
}
