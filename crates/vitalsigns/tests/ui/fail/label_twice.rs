use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    paid: bool,
    #[label(name = "paid")]
    settled: bool,
}

fn main() {}
