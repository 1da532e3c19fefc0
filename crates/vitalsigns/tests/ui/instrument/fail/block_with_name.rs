use vitalsigns::instrument_metrics;

struct Shop;

#[instrument_metrics(name = "shop")]
impl Shop {
    pub fn sell() {}
}

fn main() {}
