//! The demo: the service visits itself over real sockets, as a mix of users would.

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

use crate::jobs::Jobs;
use visits::Visit;

/// How much time lies between two visits on average.
const PACE: Duration = Duration::from_millis(330);

/// What visitors share: where the service is, and how many requests were sent.
#[derive(Debug)]
struct Visitor {
    addr: SocketAddr,
    queue: usize,
    sent: AtomicU64,
}

/// Visits the service until the future is dropped, and prints progress to `out`.
pub async fn run(
    addr: SocketAddr,
    queue: usize,
    jobs: &Jobs,
    renderer: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    let visitor = Arc::new(Visitor {
        addr,
        queue,
        sent: AtomicU64::new(0),
    });
    let mut demo = Demo::start(PACE);
    loop {
        match demo.due().await {
            Due::Visit(number) => {
                let visit = Visit::choose(number, demo.random());
                let random = Random::new(demo.random().bits());
                demo.visit(visit.make(visitor.clone(), random));
            }
            Due::Progress(elapsed) => print(out, elapsed, jobs, &visitor, renderer)?,
        }
    }
}

fn print(
    out: &mut impl Write,
    elapsed: Duration,
    jobs: &Jobs,
    visitor: &Visitor,
    renderer: &str,
) -> io::Result<()> {
    let totals = jobs.totals();
    writeln!(
        out,
        "{:>5} s  jobs: {} done, {} failed, {} cancelled, {} running, {} waiting; {} requests; {renderer}",
        elapsed.as_secs(),
        totals.succeeded,
        totals.failed,
        totals.cancelled,
        totals.running,
        totals.queued,
        visitor.sent.load(Ordering::Relaxed),
    )?;
    out.flush()
}
