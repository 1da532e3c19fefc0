use vitalsigns::instrument_metrics;

use std::pin::Pin;

#[instrument_metrics]
fn charge() -> Pin<Box<dyn Future<Output = u32>>> {
    inner()
}

fn inner() -> Pin<Box<dyn Future<Output = u32>>> {
    Box::pin(async { 1 })
}

fn main() {}
