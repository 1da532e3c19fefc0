use vitalsigns::instrument_metrics;

#[instrument_metrics]
fn charge() -> u32 {
    __returned + amuont
}

fn main() {}
