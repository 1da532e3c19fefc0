use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "Check Out", success = 99)]
fn charge() {}

fn main() {}
