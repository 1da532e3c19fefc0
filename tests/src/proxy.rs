//! Something between a client and a server that can spoil it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often a thread looks whether it is to end.
const PAUSE: Duration = Duration::from_millis(20);

/// What the way to the server is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As if there were nothing between.
    Open,
    /// Nobody listens.
    Refused,
    /// Everybody listens, and says what makes no sense.
    Garbage,
    /// Each answer comes so much later.
    Slow(Duration),
    /// What is sent gets lost.
    Lost,
}

/// A port of 127.0.0.1 that leads to another.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    way: Mutex<Way>,
    streams: Mutex<Vec<TcpStream>>,
    listener: Mutex<Option<TcpListener>>,
    is_over: AtomicBool,
}

impl Proxy {
    /// Leads to this port of 127.0.0.1.
    #[track_caller]
    pub fn to(port: u16) -> Self {
        let listener = listen(0);
        let port_of = listener.local_addr().map(|address| address.port());
        let shared = Arc::new(Shared {
            server: SocketAddr::from(([127, 0, 0, 1], port)),
            way: Mutex::new(Way::Open),
            streams: Mutex::default(),
            listener: Mutex::new(Some(listener)),
            is_over: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || serving.accept());
        Proxy {
            shared,
            port: port_of.expect("it listens"),
        }
    }

    /// The port that clients connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes the way. Connections that are there stay, unless nobody listens any more, or the
    /// answers make no sense, or something was lost on them.
    #[track_caller]
    pub fn set(&self, way: Way) {
        let before = std::mem::replace(&mut *lock(&self.shared.way), way);
        let mut listener = lock(&self.shared.listener);
        match way {
            Way::Refused => *listener = None,
            _ if listener.is_none() => *listener = Some(listen(self.port)),
            _ => {}
        }
        drop(listener);
        // What was lost on a connection never comes: it is of no use any more.
        if matches!(way, Way::Refused | Way::Garbage) || before == Way::Lost {
            self.cut();
        }
    }

    /// Ends the connections that are there.
    pub fn cut(&self) {
        for stream in lock(&self.shared.streams).drain(..) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        self.cut();
    }
}

impl Shared {
    fn accept(self: Arc<Self>) {
        while !self.is_over.load(Ordering::Relaxed) {
            let accepted = lock(&self.listener).as_ref().map(TcpListener::accept);
            match accepted {
                Some(Ok((client, _))) => self.serve(client),
                _ => thread::sleep(PAUSE),
            }
        }
    }

    fn serve(self: &Arc<Self>, mut client: TcpStream) {
        let _ = client.set_nonblocking(false);
        if self.way() == Way::Garbage {
            let garbage = b"\x00\xff!?\r\nHTTP/1.1 200 OK\r\n\r\n\x7f".repeat(20);
            let _ = client.write_all(&garbage);
            lock(&self.streams).push(client);
            return;
        }
        let Ok(server) = TcpStream::connect(self.server) else {
            return;
        };
        let pairs = [(&client, &server, false), (&server, &client, true)];
        for (from, to, is_answer) in pairs {
            let (Ok(from), Ok(to), Ok(kept)) = (from.try_clone(), to.try_clone(), from.try_clone())
            else {
                return;
            };
            lock(&self.streams).push(kept);
            let shared = Arc::clone(self);
            thread::spawn(move || shared.carry(from, to, is_answer));
        }
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream, is_answer: bool) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            match self.way() {
                Way::Slow(time) if is_answer => thread::sleep(time),
                Way::Lost => continue,
                _ => {}
            }
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    fn way(&self) -> Way {
        *lock(&self.way)
    }
}

#[track_caller]
fn listen(port: u16) -> TcpListener {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    listener
        .set_nonblocking(true)
        .expect("a listener can be asked without waiting");
    listener
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
