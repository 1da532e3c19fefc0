use vitalsigns::instrument_metrics;

struct Shop;

#[instrument_metrics]
impl Shop {
    fn sell() {}
}

fn main() {}
