use vitalsigns::instrument_metrics;

#[instrument_metrics(latency = (250ms, 99))]
fn charge() {}

fn main() {}
