use vitalsigns::instrument_metrics;

#[instrument_metrics]
pub enum Shop {
    Open,
}

fn main() {}
