use vitalsigns::instrument_metrics;

#[instrument_metrics(success = 99.9)]
fn charge() {}

fn main() {}
