use vitalsigns::instrument_metrics;

#[instrument_metrics]
fn charge(amount: u32, total: &u32) {
    amount += 1;
    *total += amount;
}

fn main() {}
