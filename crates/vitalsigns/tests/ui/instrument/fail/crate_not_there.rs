use vitalsigns::instrument_metrics;

#[instrument_metrics(crate = metrics)]
fn charge() {}

fn main() {}
