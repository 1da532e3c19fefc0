use vitalsigns::instrument_metrics;

#[instrument_metrics(name)]
fn charge() {}

fn main() {}
