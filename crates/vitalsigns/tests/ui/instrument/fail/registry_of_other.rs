use vitalsigns::instrument_metrics;

#[instrument_metrics(registry = 3)]
fn charge() {}

fn main() {}
