use vitalsigns::instrument_metrics;

#[instrument_metrics]
fn charge(amount: &str) {
    let _: u32 = amount.parse()?;
}

fn main() {}
