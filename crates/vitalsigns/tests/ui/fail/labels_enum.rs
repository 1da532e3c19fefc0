use vitalsigns::LabelSet;

#[derive(LabelSet)]
enum Order {
    Free,
    Team,
}

fn main() {}
