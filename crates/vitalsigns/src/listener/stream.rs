//! Sockets of both kinds, with deadlines.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::fd::OwnedFd;
#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use super::ListenerAddress;
use super::address::from_here;

/// What connections come from.
pub(super) enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Socket {
    pub(super) fn accept(&self) -> io::Result<Stream> {
        match self {
            Socket::Tcp(socket) => {
                let (stream, _) = socket.accept()?;
                // An answer is written at once; there is nothing to wait for.
                let _ = stream.set_nodelay(true);
                Ok(Stream::Tcp(stream))
            }
            #[cfg(unix)]
            Socket::Unix(socket) => Ok(Stream::Unix(socket.accept()?.0)),
        }
    }

    /// What ends a wait in [`accept`](Self::accept).
    pub(super) fn waker(&self, address: &ListenerAddress) -> io::Result<Waker> {
        Ok(Waker {
            #[cfg(unix)]
            handle: match self {
                Socket::Tcp(socket) => Stream::Tcp(OwnedFd::from(socket.try_clone()?).into()),
                Socket::Unix(socket) => Stream::Unix(OwnedFd::from(socket.try_clone()?).into()),
            },
            address: address.clone(),
        })
    }
}

/// Ends a wait for connections; made beforehand, so that it needs nothing when the time comes.
pub(super) struct Waker {
    /// The listening socket itself, with the methods of a stream.
    #[cfg(unix)]
    handle: Stream,
    address: ListenerAddress,
}

impl Waker {
    pub(super) fn wake(&self) {
        // Linux ends the wait when the listening socket is shut down. Where that is an error, a
        // connection does it.
        #[cfg(unix)]
        if self.handle.shut_down(Shutdown::Both).is_ok() {
            return;
        }
        let _ = Stream::connect(&self.address, Duration::from_millis(100));
    }
}

/// A connection.
pub(super) enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Stream {
    /// Connects to a listener of this process.
    pub(super) fn connect(address: &ListenerAddress, limit: Duration) -> io::Result<Self> {
        match address {
            ListenerAddress::Tcp(address) => {
                TcpStream::connect_timeout(&from_here(*address), limit).map(Stream::Tcp)
            }
            #[cfg(unix)]
            ListenerAddress::Unix(path) => UnixStream::connect(path).map(Stream::Unix),
            #[cfg(not(unix))]
            ListenerAddress::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    pub(super) fn shut_down(&self, how: Shutdown) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => stream.shutdown(how),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.shutdown(how),
        }
    }

    /// Reads what there is, or waits for it until `deadline`; 0 is the end.
    pub(super) fn read(&self, buffer: &mut [u8], deadline: Instant) -> io::Result<usize> {
        in_time(deadline, |left| match self {
            Stream::Tcp(stream) => {
                stream.set_read_timeout(Some(left))?;
                (&mut &*stream).read(buffer)
            }
            #[cfg(unix)]
            Stream::Unix(stream) => {
                stream.set_read_timeout(Some(left))?;
                (&mut &*stream).read(buffer)
            }
        })
    }

    /// Writes everything until `deadline`, or fails.
    ///
    /// Not vectored: the standard library asks for no `SIGPIPE` in single writes only, and a
    /// program that has its default back would be ended by a client that hangs up.
    pub(super) fn write(&self, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = in_time(deadline, |left| match self {
                Stream::Tcp(stream) => {
                    stream.set_write_timeout(Some(left))?;
                    (&mut &*stream).write(bytes)
                }
                #[cfg(unix)]
                Stream::Unix(stream) => {
                    stream.set_write_timeout(Some(left))?;
                    (&mut &*stream).write(bytes)
                }
            })?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[written..];
        }
        Ok(())
    }
}

/// Does it with the time that is left, again if a signal came between; `TimedOut` if none is left.
fn in_time(
    deadline: Instant,
    mut act: impl FnMut(Duration) -> io::Result<usize>,
) -> io::Result<usize> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match act(left) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // How the system says that the time is up, or that it thinks so.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
}
