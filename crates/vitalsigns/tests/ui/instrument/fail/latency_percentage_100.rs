use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "checkout", latency = (250ms, 100))]
fn charge() {}

fn main() {}
