use vitalsigns::instrument_metrics;

#[instrument_metrics("charge")]
fn charge() {}

fn main() {}
