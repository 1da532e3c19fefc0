//! What the threads of a listener know of each other.

use std::collections::HashMap;
use std::net::Shutdown;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use constant_time_eq::constant_time_eq;

use super::stream::Stream;
use crate::endpoint::Endpoint;

/// How many connections are being refused at once; each for [`LINGER`](super::connection::LINGER)
/// at most. Further ones wait in the queue of the system.
const MOST_REFUSED: usize = 16;

/// A connection on which nothing was asked for so long makes room when room is needed.
const MAKES_ROOM: Duration = Duration::from_secs(1);

/// How long answers have to end when the listener stops.
const GRACE: Duration = Duration::from_secs(3);

/// How long the accepting thread has to end, and a thread whose connection was just closed.
const MOMENT: Duration = Duration::from_secs(1);

/// How much of everything there may be.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) connections: usize,
    pub(super) head: Duration,
    pub(super) idle: Duration,
    pub(super) write: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 64,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            write: Duration::from_secs(30),
        }
    }
}

pub(super) struct Shared {
    pub(super) endpoint: Endpoint,
    pub(super) limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stopping: bool,
    /// The accepting thread has ended.
    closed: bool,
    last: u64,
    open: HashMap<u64, Open>,
    refusing: usize,
    /// Threads with a connection, or with one that has just been taken from them.
    threads: usize,
    /// What the self-test shows while it runs.
    password: Option<String>,
}

struct Open {
    stream: Arc<Stream>,
    /// Since when it has been waiting for a complete request.
    waiting: Option<Instant>,
}

impl State {
    /// Closes the connection that has been waiting longest, if one has been waiting for long.
    fn make_room(&mut self) -> bool {
        let waiting = self.open.iter().filter_map(|(&id, open)| {
            let waited = open.waiting?.elapsed();
            (waited > MAKES_ROOM).then_some((waited, id))
        });
        let Some((_, id)) = waiting.max() else {
            return false;
        };
        if let Some(open) = self.open.remove(&id) {
            let _ = open.stream.shut_down(Shutdown::Both);
        }
        true
    }
}

/// What becomes of a connection.
pub(super) enum Admission {
    Served(Ticket),
    Refused(Ticket),
    /// The listener stops.
    Late,
}

impl Shared {
    pub(super) fn new(endpoint: Endpoint, limits: Limits) -> Self {
        Shared {
            endpoint,
            limits,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change for as long as `limit`.
    fn wait<'a>(&self, state: MutexGuard<'a, State>, limit: Duration) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout(state, limit);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Decides about a new connection; waits if it can be neither served nor refused now.
    pub(super) fn admit(self: &Arc<Self>, stream: &Arc<Stream>) -> Admission {
        let mut state = self.state();
        loop {
            if state.stopping {
                return Admission::Late;
            }
            if state.open.len() < self.limits.connections || state.make_room() {
                break;
            }
            if state.refusing < MOST_REFUSED {
                state.refusing += 1;
                state.threads += 1;
                return Admission::Refused(self.ticket(None));
            }
            state = self.wait(state, MOMENT);
        }
        state.last += 1;
        state.threads += 1;
        let id = state.last;
        let open = Open {
            stream: Arc::clone(stream),
            waiting: Some(Instant::now()),
        };
        state.open.insert(id, open);
        Admission::Served(self.ticket(Some(id)))
    }

    fn ticket(self: &Arc<Self>, id: Option<u64>) -> Ticket {
        Ticket {
            shared: Arc::clone(self),
            id,
        }
    }

    /// After a connection could not be accepted: makes room, and waits for as long as `limit`.
    pub(super) fn pause(&self, limit: Duration) {
        let mut state = self.state();
        state.make_room();
        let until = Instant::now() + limit;
        while !state.stopping {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.wait(state, left);
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.state().stopping
    }

    /// Says what the self-test shows; `None` when it is over.
    pub(super) fn set_password(&self, password: Option<String>) {
        self.state().password = password;
    }

    /// Whether this is what the self-test shows now.
    pub(super) fn is_password(&self, shown: &[u8]) -> bool {
        let state = self.state();
        let password = state.password.as_ref();
        password.is_some_and(|password| constant_time_eq(password.as_bytes(), shown))
    }

    /// Lets nobody in any more, and closes connections on which nothing is asked.
    pub(super) fn stop(&self) {
        let mut state = self.state();
        state.stopping = true;
        for open in state.open.values().filter(|open| open.waiting.is_some()) {
            let _ = open.stream.shut_down(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    /// The accepting thread has ended.
    pub(super) fn close_the_door(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Waits until the accepting thread has ended, waking it again and again. False if it has not.
    pub(super) fn wait_for_the_door(&self, wake: impl Fn()) -> bool {
        let until = Instant::now() + MOMENT;
        loop {
            wake();
            let state = self.state();
            if state.closed || self.wait(state, Duration::from_millis(20)).closed {
                return true;
            }
            if Instant::now() > until {
                return false;
            }
        }
    }

    /// Waits until the last connection has ended, and cuts off those that take too long.
    pub(super) fn wait_for_the_last(&self) {
        if !self.is_empty_within(GRACE) {
            for open in self.state().open.values() {
                let _ = open.stream.shut_down(Shutdown::Both);
            }
            self.is_empty_within(MOMENT);
        }
    }

    /// Whether no thread has a connection any more, at the latest after `limit`.
    pub(super) fn is_empty_within(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut state = self.state();
        while state.threads > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.wait(state, left);
        }
        true
    }
}

/// The right to a thread, given back when it is dropped.
pub(super) struct Ticket {
    pub(super) shared: Arc<Shared>,
    id: Option<u64>,
}

impl Ticket {
    /// The connection waits for a request. False if it is to end.
    pub(super) fn waits(&self) -> bool {
        let mut state = self.shared.state();
        let goes_on = !state.stopping;
        match self.id.and_then(|id| state.open.get_mut(&id)) {
            Some(open) => open.waiting = Some(Instant::now()),
            None => return false,
        }
        goes_on
    }

    /// The connection has a request. False if it was closed meanwhile.
    pub(super) fn works(&self) -> bool {
        let mut state = self.shared.state();
        match self.id.and_then(|id| state.open.get_mut(&id)) {
            Some(open) => open.waiting = None,
            None => return false,
        }
        true
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.threads -= 1;
        match self.id {
            Some(id) => drop(state.open.remove(&id)),
            None => state.refusing -= 1,
        }
        drop(state);
        self.shared.changed.notify_all();
    }
}
