use vitalsigns::instrument_metrics;

#[instrument_metrics(slo = "shop", success = 99)]
mod shop {
    pub fn sell() {}
}

fn main() {}
