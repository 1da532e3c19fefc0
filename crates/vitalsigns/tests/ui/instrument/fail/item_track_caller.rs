use vitalsigns::instrument_metrics;

#[instrument_metrics]
#[track_caller]
fn charge() {}

fn main() {}
