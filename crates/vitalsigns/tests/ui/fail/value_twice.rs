use vitalsigns::LabelValue;

#[derive(LabelValue)]
enum Plan {
    Free,
    #[label(rename = "free")]
    Trial,
    FREE,
}

fn main() {}
