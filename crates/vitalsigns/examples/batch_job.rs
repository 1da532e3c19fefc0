//! A job that ends before anybody scrapes it, and tells a Pushgateway how it went.
//!
//! ```sh
//! prometheus-pushgateway &
//! cargo run -p vitalsigns --features push --example batch_job -- http://127.0.0.1:9091
//! ```
//!
//! Prometheus scrapes the gateway, and `time() - job_last_success_timestamp_seconds > 26 * 3600`
//! is what to be woken by: it also fires if the job does not run at all.

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use vitalsigns::{Counter, Gauge, Histogram, MetricGroup, Pusher, Registry};

#[derive(MetricGroup)]
#[metrics(prefix = "import")]
struct Import {
    /// Rows that were read.
    rows_total: Counter,
    /// Rows that are still to be read.
    rows_left: Gauge,
    /// Time that a batch of rows took.
    #[metric(buckets = [0.01, 0.1, 1, 10])]
    batch_duration_seconds: Histogram,
}

/// What the job is for.
fn import(metrics: &Import) -> Result<(), Box<dyn Error>> {
    const BATCH: u64 = 100;
    for batch in (0..20_u32).rev() {
        let _timer = metrics.batch_duration_seconds.start_timer();
        thread::sleep(Duration::from_millis(50));
        metrics.rows_total.add(BATCH);
        metrics.rows_left.set(i64::from(batch) * 100);
    }
    Ok(())
}

fn run() -> Result<(), Box<dyn Error>> {
    let gateway = env::args().nth(1);
    let gateway = gateway.unwrap_or_else(|| String::from("http://127.0.0.1:9091"));

    let registry = Registry::new();
    let metrics = Import::register(&registry)?;
    let pusher = Pusher::builder(&registry, gateway)
        .job("nightly-import")
        // What is the same in each run: each grouping key stays on the gateway.
        .group("source", "warehouse")
        .build()?;

    // For those who watch a job that takes hours; if it takes seconds, one `pusher.add()` at the
    // end does. If the job fails or panics, the last push happens all the same.
    let background = pusher.every(Duration::from_secs(15))?;
    import(&metrics)?;
    pusher.succeeded();
    // The job is done; that nobody can see it is no reason to do it once more.
    if let Err(error) = background.finish() {
        eprintln!("the metrics were not pushed: {error}");
    }
    Ok(())
}

fn main() -> ExitCode {
    // No `process::exit` while something is to be pushed: it drops nothing.
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
