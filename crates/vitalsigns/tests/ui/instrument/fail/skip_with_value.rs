use vitalsigns::instrument_metrics;

#[instrument_metrics(skip = true)]
fn charge() {}

fn main() {}
