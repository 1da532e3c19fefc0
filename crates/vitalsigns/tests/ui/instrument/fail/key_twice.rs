use vitalsigns::instrument_metrics;

#[instrument_metrics(name = "a", name = "b")]
fn charge() {}

fn main() {}
