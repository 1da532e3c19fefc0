use vitalsigns::instrument_metrics;

#[instrument_metrics(outcome = |value| *value)]
fn charge() -> u32 {
    1
}

fn main() {}
