use vitalsigns::instrument_metrics;

struct Shop;

#[instrument_metrics]
impl Shop {
    pub const fn price() -> u32 {
        1
    }

    pub fn sell() {}
}

fn main() {}
