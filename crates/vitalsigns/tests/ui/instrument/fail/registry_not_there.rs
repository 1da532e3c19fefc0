use vitalsigns::instrument_metrics;

#[instrument_metrics(registry = self.registry)]
fn charge() {}

fn main() {}
