use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order<'a> {
    campaign: &'a str,
}

fn main() {}
