use vitalsigns::instrument_metrics;

#[instrument_metrics(crate = "vitalsigns")]
fn charge() {}

fn main() {}
