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

use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at, sleep},
};

use crate::{jobs::Jobs, random::Random};
use visits::Visit;

/// How much time lies between two visits on average.
const PACE: Duration = Duration::from_millis(330);
/// How soon the first line of progress is printed.
const FIRST_PROGRESS: Duration = Duration::from_secs(1);
/// How often another one is.
const PROGRESS: Duration = Duration::from_secs(4);
/// How many visits may go on at the same time.
const MOST_VISITS: usize = 40;

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
    let mut visits = JoinSet::new();
    let mut random = Random::new(20);
    let started = Instant::now();
    let mut progress = interval_at(started + FIRST_PROGRESS, PROGRESS);
    progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 0u64.. {
        let pause = sleep(PACE.mul_f32(random.between(0.4, 1.6)));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                _ = progress.tick() => {
                    print(out, started.elapsed(), jobs, &visitor, renderer)?;
                }
            }
        }
        while visits.try_join_next().is_some() {}
        if visits.len() < MOST_VISITS {
            let visit = Visit::choose(number, &mut random);
            visits.spawn(visit.make(visitor.clone(), Random::new(random.bits())));
        }
    }
    Ok(())
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
