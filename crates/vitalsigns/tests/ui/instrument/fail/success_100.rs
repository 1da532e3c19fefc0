use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "checkout", success = 100)]
fn charge() {}

fn main() {}
