use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "checkout")]
fn charge() {}

fn main() {}
