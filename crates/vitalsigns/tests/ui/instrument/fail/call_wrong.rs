use vitalsigns::instrument_metrics;

#[instrument_metrics]
fn charge(_amount: u32) -> u32 {
    1
}

#[instrument_metrics]
async fn later() {}

fn main() {
    let _: String = charge("one");
    let _: u32 = later();
}
