use vitalsigns::LabelValue;

#[derive(LabelValue)]
enum Plan {}

fn main() {}
