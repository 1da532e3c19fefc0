use vitalsigns::instrument_metrics;

#[instrument_metrics]
fn charge(amount: u32) -> u32 {
    if amount == 0 {
        return "nothing";
    }
    "something"
}

fn main() {}
