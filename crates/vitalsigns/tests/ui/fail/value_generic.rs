use vitalsigns::LabelValue;

#[derive(LabelValue)]
enum Plan<T> {
    Free,
    Team(T),
}

fn main() {}
