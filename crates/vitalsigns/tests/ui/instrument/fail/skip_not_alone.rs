use vitalsigns::instrument_metrics;

#[instrument_metrics(skip, name = "x")]
fn charge() {}

fn main() {}
