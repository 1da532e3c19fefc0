use vitalsigns::instrument_metrics;

#[instrument_metrics]
fn charge() -> u32 {
    1;
}

#[instrument_metrics]
async fn later() -> u32 {
    1;
}

fn main() {}
