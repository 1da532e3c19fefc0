#![deny(warnings)]

use vitalsigns::instrument_metrics;

#[instrument_metrics]
pub fn charge() {
    let forgotten = 1;
    later();
}

#[instrument_metrics]
pub async fn later() {}

fn main() {}
