//! Letting connections in.

use std::io;
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

use super::connection::{refuse, serve};
use super::shared::{Admission, Shared};
use super::stream::Socket;

/// How long to wait after the first failure, and at most: each one that follows doubles it.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Accepts until the listener stops.
pub(super) fn accept(shared: &Arc<Shared>, socket: &Socket) {
    let _door = Door(shared);
    let mut pause = SHORTEST_PAUSE;
    while !shared.is_stopping() {
        match let_in(shared, socket) {
            Ok(()) => pause = SHORTEST_PAUSE,
            // The client was gone before it was let in.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted
                ) => {}
            // No more files, memory or threads: what ends elsewhere gives some back.
            Err(_) => {
                shared.pause(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

fn let_in(shared: &Arc<Shared>, socket: &Socket) -> io::Result<()> {
    let stream = Arc::new(socket.accept()?);
    let (ticket, act): (_, fn(&_, &_)) = match shared.admit(&stream) {
        Admission::Served(ticket) => (ticket, serve),
        Admission::Refused(ticket) => (ticket, refuse),
        Admission::Late => return Ok(()),
    };
    // Dropped with the ticket if there is no thread for it.
    Builder::new()
        .name("metrics-conn".to_owned())
        .spawn(move || {
            let (ticket, stream) = (ticket, stream);
            act(&ticket, &stream);
        })?;
    Ok(())
}

/// Says that nobody accepts any more, however that came to be.
struct Door<'a>(&'a Shared);

impl Drop for Door<'_> {
    fn drop(&mut self) {
        self.0.close_the_door();
    }
}
