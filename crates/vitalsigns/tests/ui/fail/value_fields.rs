use vitalsigns::LabelValue;

#[derive(LabelValue)]
enum Plan {
    Free,
    Team(u32),
    Company { seats: u32 },
}

fn main() {}
