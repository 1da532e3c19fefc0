use vitalsigns::instrument_metrics;

#[instrument_metrics(outcome = (true, false))]
fn charge() -> u32 {
    1
}

fn main() {}
