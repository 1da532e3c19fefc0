use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "checkout", success = "99.9 %")]
fn charge() {}

fn main() {}
