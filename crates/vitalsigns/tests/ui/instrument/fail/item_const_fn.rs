use vitalsigns::instrument_metrics;

#[instrument_metrics]
pub const fn price() -> u32 {
    1
}

fn main() {}
