use vitalsigns::LabelValue;

#[derive(LabelValue)]
#[label(rename_all = "kebab-case")]
enum Plan {
    Free,
    Team,
}

fn main() {}
