use vitalsigns::instrument_metrics;

#[instrument_metrics]
const PRICE: u32 = 1;

fn main() {}
