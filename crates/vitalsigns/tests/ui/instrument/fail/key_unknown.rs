use vitalsigns::instrument_metrics;

#[instrument_metrics(nmae = "charge")]
fn charge() {}

fn main() {}
