//! The demo: the service visits itself over real sockets, as a mix of learners would.

mod totals;
mod visit;
mod visits;

use std::{
    io::{self, Write},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use visitor::{
    demo::{Demo, Due},
    random::Random,
};

pub use totals::Totals;

use crate::{config::Secret, service::Service};
use visit::Visit;

/// How much time lies between two visits on average.
const PACE: Duration = Duration::from_millis(250);

/// What visitors share.
#[derive(Debug)]
struct Visitor {
    addr: SocketAddr,
    provider_key: Secret,
    /// Told apart from those of earlier demos on the same database.
    run: u64,
    users: AtomicU64,
    sent: AtomicU64,
    refused: AtomicU64,
}

/// Visits the service until the future is dropped, and prints progress to `out`.
pub async fn run(addr: SocketAddr, service: &Service, out: &mut impl Write) -> io::Result<()> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    let visitor = Arc::new(Visitor {
        addr,
        provider_key: service.provider_key().clone(),
        run: u64::from_le_bytes(seed),
        users: AtomicU64::new(0),
        sent: AtomicU64::new(0),
        refused: AtomicU64::new(0),
    });
    let mut demo = Demo::start(PACE);
    loop {
        match demo.due().await {
            Due::Visit(number) => {
                let visit = Visit::choose(number, demo.random());
                let random = Random::new(demo.random().bits());
                demo.visit(visit.make(visitor.clone(), random));
            }
            Due::Progress(elapsed) => print(out, elapsed, service, &visitor).await?,
        }
    }
}

async fn print(
    out: &mut impl Write,
    elapsed: Duration,
    service: &Service,
    visitor: &Visitor,
) -> io::Result<()> {
    let totals = Totals::count(service.storage()).await;
    let totals = totals.map_err(io::Error::other)?;
    let sent = visitor.sent.load(Ordering::Relaxed);
    let refused = visitor.refused.load(Ordering::Relaxed);
    let seconds = elapsed.as_secs();
    writeln!(
        out,
        "{seconds:>5} s  {totals}; {sent} requests, {refused} of them refused"
    )?;
    out.flush()
}

/// Says what everything came to.
pub async fn sum_up(service: &Service, out: &mut impl Write) -> io::Result<()> {
    let totals = Totals::count(service.storage()).await;
    let totals = totals.map_err(io::Error::other)?;
    writeln!(out, "  end    {totals}")?;
    out.flush()
}
