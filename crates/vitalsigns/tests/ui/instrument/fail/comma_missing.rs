use vitalsigns::instrument_metrics;

#[instrument_metrics(name = "a" slo = "b")]
fn charge() {}

fn main() {}
