use vitalsigns::instrument_metrics;

#[instrument_metrics(theme)]
fn charge() {}

fn main() {}
