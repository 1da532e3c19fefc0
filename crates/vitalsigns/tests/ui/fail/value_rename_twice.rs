use vitalsigns::LabelValue;

#[derive(LabelValue)]
enum Plan {
    Free,
    #[label(rename = "team", rename = "teams")]
    Team,
}

fn main() {}
