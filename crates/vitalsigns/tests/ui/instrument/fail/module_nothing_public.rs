use vitalsigns::instrument_metrics;

#[instrument_metrics]
mod shop {
    fn sell() {}
}

fn main() {}
