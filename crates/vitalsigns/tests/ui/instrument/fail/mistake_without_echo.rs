use vitalsigns::instrument_metrics;

#[instrument_metrics(nmae = "charge")]
fn charge(amount: u32) -> u32 {
    amount
}

struct Shop;

#[instrument_metrics(name = "shop")]
impl Shop {
    pub fn sell(&self) {}
}

fn main() {
    charge(1);
    Shop.sell();
}
