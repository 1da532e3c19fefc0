use vitalsigns::LabelValue;

#[derive(LabelValue)]
enum Plan {
    Free,
    #[label(rename = "")]
    Team,
}

fn main() {}
