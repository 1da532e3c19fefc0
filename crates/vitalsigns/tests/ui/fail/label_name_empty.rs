use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    #[label(name = "")]
    paid: bool,
}

fn main() {}
