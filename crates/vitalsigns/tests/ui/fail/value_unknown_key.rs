use vitalsigns::LabelValue;

#[derive(LabelValue)]
enum Plan {
    Free,
    #[label(name = "team")]
    Team,
}

fn main() {}
