use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "checkout", latency = (0ms, 99))]
fn charge() {}

fn main() {}
