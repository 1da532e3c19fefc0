use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "", success = 99)]
fn charge() {}

fn main() {}
