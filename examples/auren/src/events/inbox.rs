//! The bounded queue of accepted events: what is in it is in the journal as well.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{Mutex, mpsc};
use vitalsigns::families::{WorkQueues, queue::Ticket};

use super::{Event, Numbered};
use crate::{
    journal::{Journal, JournalError, Window},
    memory::now,
    metrics::Queue,
};

/// What became of events that were handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// So many were accepted.
    pub accepted: usize,
    /// So many had come before.
    pub duplicates: usize,
}

/// Why events were not accepted; none of them was.
#[derive(Debug)]
pub enum Refused {
    /// Too many wait.
    Full,
    /// The service goes down.
    Closed,
    /// They cannot be written down.
    Journal(JournalError),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("too many events wait"),
            Self::Closed => f.write_str("the service goes down"),
            Self::Journal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

/// An event that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) event: Numbered,
    pub(super) ticket: Ticket<Queue>,
}

/// Where accepted events wait.
#[derive(Debug)]
pub struct Inbox {
    journal: Arc<Journal>,
    queues: WorkQueues<Queue>,
    sender: mpsc::UnboundedSender<Waiting>,
    /// Events that are accepted and not done; the channel has no bound of its own.
    undone: AtomicUsize,
    most: usize,
    window: Window,
}

/// The other end, shared by all workers.
#[derive(Debug)]
pub struct Receiver(Mutex<mpsc::UnboundedReceiver<Waiting>>);

impl Receiver {
    pub(super) async fn next(&self) -> Option<Waiting> {
        self.0.lock().await.recv().await
    }

    pub(super) async fn close(&self) {
        self.0.lock().await.close();
    }
}

impl Inbox {
    /// Opens an inbox for so many events, with those of an earlier run in it.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be read.
    pub async fn open(
        journal: Arc<Journal>,
        queues: WorkQueues<Queue>,
        most: usize,
        window: Window,
    ) -> Result<(Self, Receiver), JournalError> {
        let undone = journal.undone().await?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let inbox = Self {
            journal,
            queues,
            sender,
            undone: AtomicUsize::new(undone.len()),
            most,
            window,
        };
        for event in undone {
            inbox.enqueue(event);
        }
        Ok((inbox, Receiver(Mutex::new(receiver))))
    }

    /// Events that are accepted and not done.
    pub fn undone(&self) -> usize {
        self.undone.load(Ordering::Relaxed)
    }

    /// Takes all of these events, or none. Those that are accepted will be done, whatever happens;
    /// must be seen to its end.
    ///
    /// # Errors
    ///
    /// Where there is no room, or they cannot be written down.
    pub async fn accept(&self, events: Vec<Event>) -> Result<Taken, Refused> {
        if self.sender.is_closed() {
            return Err(Refused::Closed);
        }
        let wanted = events.len();
        let add = |undone: usize| Some(undone + wanted).filter(|sum| *sum <= self.most);
        let order = Ordering::Relaxed;
        if self.undone.fetch_update(order, order, add).is_err() {
            self.queues.reject(Queue::Events);
            return Err(Refused::Full);
        }
        let accepted = self.journal.accept(events, now(), self.window).await;
        let accepted = accepted.inspect_err(|_| {
            self.undone.fetch_sub(wanted, order);
        });
        let accepted = accepted.map_err(Refused::Journal)?;
        let taken = Taken {
            accepted: accepted.len(),
            duplicates: wanted - accepted.len(),
        };
        self.undone.fetch_sub(taken.duplicates, order);
        for event in accepted {
            self.enqueue(event);
        }
        Ok(taken)
    }

    /// Has an event wait, for the first time or again.
    pub(super) fn enqueue(&self, event: Numbered) {
        let ticket = self.queues.enqueue(Queue::Events);
        // If nobody receives any more, it is in the journal for the next start.
        let _ = self.sender.send(Waiting { event, ticket });
    }

    /// An event is done.
    pub(super) async fn done(&self, event: &Numbered) {
        if let Err(error) = self.journal.done(event.number).await {
            // It will be done once more at the next start, which changes nothing.
            eprintln!("auren: {error}");
        }
        self.undone.fetch_sub(1, Ordering::Relaxed);
    }
}
