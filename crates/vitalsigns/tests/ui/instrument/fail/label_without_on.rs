use vitalsigns::instrument_metrics;

#[instrument_metrics(theme = 1)]
fn charge() {}

fn main() {}
