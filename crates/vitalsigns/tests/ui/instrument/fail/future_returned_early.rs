use vitalsigns::instrument_metrics;

use std::pin::Pin;

#[instrument_metrics]
fn charge(free: bool) -> Pin<Box<dyn Future<Output = u32>>> {
    if free {
        return Box::pin(async { 0 });
    }
    Box::pin(async { 1 })
}

fn main() {}
