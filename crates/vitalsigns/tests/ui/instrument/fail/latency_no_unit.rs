use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "checkout", latency = (250, 99))]
fn charge() {}

fn main() {}
