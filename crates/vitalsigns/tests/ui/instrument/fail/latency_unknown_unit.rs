use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "checkout", latency = (2h, 99))]
fn charge() {}

fn main() {}
