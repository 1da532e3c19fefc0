use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "checkout", latency = (1e999s, 99))]
fn charge() {}

fn main() {}
