use vitalsigns::instrument_metrics;

#[instrument_metrics(name = 3)]
fn charge() {}

fn main() {}
