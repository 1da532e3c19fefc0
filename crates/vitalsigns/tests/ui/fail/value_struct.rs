use vitalsigns::LabelValue;

#[derive(LabelValue)]
struct Plan {
    free: bool,
}

fn main() {}
