//! A service of the fleet as a process.

use std::{fmt, io, net::SocketAddr, process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use visitor::client::Request;

use crate::service::{self, Service};

/// How long a service may take until it is ready.
const START: Duration = Duration::from_secs(60);
/// How long it may take to end after it was asked to.
const STOP: Duration = Duration::from_secs(20);
/// How long a probe may take.
const PROBE: Duration = Duration::from_secs(2);
/// The pause between two probes.
const PAUSE: Duration = Duration::from_millis(50);

/// A line that a service said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) by: Service,
    pub(crate) line: String,
    pub(crate) is_error: bool,
}

/// What went wrong with a service.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It cannot be started.
    Start(Service, io::Error),
    /// It ended, and nobody had asked it to.
    Ended(Service, String),
    /// It is not ready in time.
    Slow(Service),
    /// It did not end in time and was killed.
    Killed(Service),
    /// It ended as it was asked to, and says that something failed.
    Failed(Service, String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Start(service, error) => {
                write!(f, "{} cannot be started: {error}", service.name())
            }
            Fault::Ended(service, how) => write!(f, "{} ended by itself: {how}", service.name()),
            Fault::Slow(service) => {
                write!(f, "{} is not ready after {START:?}", service.name())
            }
            Fault::Killed(service) => {
                let name = service.name();
                write!(f, "{name} did not end within {STOP:?}, so it was killed")
            }
            Fault::Failed(service, how) => write!(f, "{} failed: {how}", service.name()),
        }
    }
}

impl std::error::Error for Fault {}

/// A service that runs. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) service: Service,
    child: Child,
    /// Where it listens, once it has said so.
    address: watch::Receiver<Option<SocketAddr>>,
}

impl Member {
    /// Starts a service; what it says comes by `say`.
    pub(crate) fn start(
        service: Service,
        flags: &[String],
        say: mpsc::Sender<Said>,
    ) -> Result<Self, Fault> {
        let start = || {
            Command::new(std::env::current_exe()?)
                .args([service::AS, service.name()])
                .args(flags)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                // Ctrl-C is for the fleet, which asks each to end and waits.
                .process_group(0)
                .kill_on_drop(true)
                .spawn()
        };
        let mut child = start().map_err(|error| Fault::Start(service, error))?;
        let (found, address) = watch::channel(None);
        if let Some(out) = child.stdout.take() {
            tokio::spawn(hear(service, out, Some(found), say.clone()));
        }
        if let Some(err) = child.stderr.take() {
            tokio::spawn(hear(service, err, None, say));
        }
        Ok(Member {
            service,
            child,
            address,
        })
    }

    /// Where it listens, if it has said so.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        *self.address.borrow()
    }

    fn still_runs(&mut self) -> Result<(), Fault> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(Fault::Ended(self.service, status.to_string())),
            Err(error) => Err(Fault::Ended(self.service, error.to_string())),
        }
    }

    async fn is_ready(&self) -> bool {
        let Some(address) = self.address() else {
            return false;
        };
        let probe = Request::new("GET", "/readyz");
        matches!(timeout(PROBE, probe.send(address)).await, Ok(Ok(answer)) if answer.status == 200)
    }

    /// Asks it to end, and waits.
    async fn stop(mut self) -> Result<(), Fault> {
        if let Some(pid) = self.child.id().and_then(|pid| Pid::from_raw(pid as i32)) {
            // It may have ended meanwhile.
            let _ = kill_process(pid, Signal::TERM);
        }
        match timeout(STOP, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(Fault::Failed(self.service, status.to_string())),
            Ok(Err(error)) => Err(Fault::Failed(self.service, error.to_string())),
            Err(_) => {
                let _ = self.child.kill().await;
                Err(Fault::Killed(self.service))
            }
        }
    }
}

/// Passes on what a service says, line by line, to its end.
async fn hear(
    by: Service,
    from: impl AsyncRead + Unpin,
    found: Option<watch::Sender<Option<SocketAddr>>>,
    say: mpsc::Sender<Said>,
) {
    let is_error = found.is_none();
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(found) = &found {
            found.send_if_modified(|address| {
                let is_new = address.is_none();
                *address = address.or_else(|| address_in(&line));
                is_new && address.is_some()
            });
        }
        let said = Said { by, line, is_error };
        // When nobody listens any more it is read all the same, so that the service never waits.
        let _ = say.send(said).await;
    }
}

/// The address of the first URL of a line.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, url) = line.split_once("http://")?;
    url.split('/').next()?.parse().ok()
}

/// Waits until each says that it is ready.
pub(crate) async fn all_ready(members: &mut [Member]) -> Result<(), Fault> {
    let end = Instant::now() + START;
    loop {
        let mut slow = None;
        for member in members.iter_mut() {
            member.still_runs()?;
            if !member.is_ready().await {
                slow = Some(member.service);
            }
        }
        match slow {
            None => return Ok(()),
            Some(slow) if Instant::now() >= end => return Err(Fault::Slow(slow)),
            Some(_) => sleep(PAUSE).await,
        }
    }
}

/// Waits until one ends that nobody asked to.
pub(crate) async fn first_to_end(members: &mut [Member]) -> Fault {
    loop {
        for member in members.iter_mut() {
            if let Err(fault) = member.still_runs() {
                return fault;
            }
        }
        sleep(4 * PAUSE).await;
    }
}

/// Asks all to end, and waits for them.
pub(crate) async fn stop_all(members: Vec<Member>) -> Result<(), Fault> {
    let mut ends: JoinSet<_> = members.into_iter().map(Member::stop).collect();
    let mut result = Ok(());
    while let Some(ended) = ends.join_next().await {
        if let Ok(Err(fault)) = ended {
            result = Err(fault);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::address_in;

    #[test]
    fn the_first_url_of_a_line_is_where_it_listens() {
        let line = "azora: http://127.0.0.1:4000/ and http://127.0.0.1:4000/metrics";
        assert_eq!(address_in(line), Some(([127, 0, 0, 1], 4000).into()));
        assert_eq!(address_in("data: /tmp/azora"), None);
        assert_eq!(address_in("see http://example.org/"), None);
    }
}
