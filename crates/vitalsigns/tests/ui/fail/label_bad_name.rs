use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    isPaid: bool,
    is__new: bool,
    #[label(name = "is-old")]
    is_old: bool,
}

fn main() {}
