//! The demo: the service visits itself over real sockets, as a mix of devices and people would.

mod owner;
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
use vitalsigns::LabelValue;

use crate::{
    config::Secrets,
    memory::{TIERS, now},
    service::Service,
};
use visit::Visit;

/// How much time lies between two visits on average.
const PACE: Duration = Duration::from_millis(80);

/// What visitors share.
#[derive(Debug)]
pub struct Visitor {
    addr: SocketAddr,
    secrets: Secrets,
    /// Told apart from those of earlier demos with the same stores.
    run: i64,
    names: AtomicU64,
    sent: AtomicU64,
    refused: AtomicU64,
    accepted: AtomicU64,
}

impl Visitor {
    /// Visits a service at an address.
    pub fn new(addr: SocketAddr, secrets: &Secrets) -> Arc<Self> {
        Arc::new(Self {
            addr,
            secrets: secrets.clone(),
            run: now(),
            names: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
        })
    }

    /// How many events the service has said to have accepted.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Makes the visit of this number.
    pub fn visit(
        self: &Arc<Self>,
        number: u64,
        random: &mut Random,
    ) -> impl Future<Output = ()> + Send + 'static {
        let visit = Visit::choose(number, random);
        visit.make(Arc::clone(self), number, Random::new(random.bits()))
    }
}

/// Visits the service until the future is dropped, and prints progress to `out`.
///
/// # Errors
///
/// Where `out` cannot be written.
pub async fn run(addr: SocketAddr, service: &Service, out: &mut impl Write) -> io::Result<()> {
    let visitor = Visitor::new(addr, service.secrets());
    let mut demo = Demo::start(PACE);
    loop {
        match demo.due().await {
            Due::Visit(number) => {
                let visit = visitor.visit(number, demo.random());
                demo.visit(visit);
            }
            Due::Progress(elapsed) => {
                write!(out, "{:>5} s  {}", elapsed.as_secs(), state(service))?;
                let sent = visitor.sent.load(Ordering::Relaxed);
                let refused = visitor.refused.load(Ordering::Relaxed);
                writeln!(out, "; {sent} requests, {refused} of them refused")?;
                out.flush()?;
            }
        }
    }
}

fn state(service: &Service) -> String {
    let shared = service.shared();
    let placed = shared.memory.placed();
    let tiers = TIERS.map(|tier| {
        let name = tier.as_label();
        let items = placed[tier.index()];
        match shared.memory.trouble(tier) {
            Some(_) => format!("{name} {items} (down)"),
            None => format!("{name} {items}"),
        }
    });
    format!(
        "agent: {}; items: {}; {} decisions; {} events wait",
        shared.agent.mode().as_label(),
        tiers.join(", "),
        shared.memory.decisions().count(),
        shared.inbox.undone(),
    )
}

/// Says what everything came to.
///
/// # Errors
///
/// Where `out` cannot be written.
pub fn sum_up(service: &Service, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "  end    {}", state(service))?;
    out.flush()
}
