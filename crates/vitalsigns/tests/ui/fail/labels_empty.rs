use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {}

fn main() {}
