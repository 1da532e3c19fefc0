use vitalsigns::instrument_metrics;

#[instrument_metrics(name = , slo = "x")]
fn charge() {}

fn main() {}
