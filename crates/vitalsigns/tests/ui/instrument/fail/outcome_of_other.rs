use vitalsigns::instrument_metrics;

#[instrument_metrics(outcome = |value: &String| value.is_empty())]
fn charge() -> u32 {
    1
}

fn main() {}
