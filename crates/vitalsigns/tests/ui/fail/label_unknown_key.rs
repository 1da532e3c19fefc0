use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    #[label(values = 5)]
    paid: bool,
    #[label(rename = "new")]
    is_new: bool,
}

fn main() {}
