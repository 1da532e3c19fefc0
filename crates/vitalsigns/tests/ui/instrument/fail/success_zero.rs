use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "checkout", success = 0)]
fn charge() {}

fn main() {}
