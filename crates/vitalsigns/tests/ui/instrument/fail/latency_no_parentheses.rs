use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "checkout", latency = 250ms)]
fn charge() {}

fn main() {}
