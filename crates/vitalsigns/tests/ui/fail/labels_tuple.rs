use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order(bool);

fn main() {}
