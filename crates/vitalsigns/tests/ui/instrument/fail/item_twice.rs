use vitalsigns::instrument_metrics;

#[instrument_metrics]
#[instrument_metrics]
fn charge() {}

fn main() {}
