use vitalsigns::instrument_metrics;

#[instrument_metrics]
struct Shop;

fn main() {}
