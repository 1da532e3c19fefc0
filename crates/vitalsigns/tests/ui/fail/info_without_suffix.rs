use vitalsigns::{Info, LabelSet, MetricGroup};

#[derive(LabelSet)]
struct Build {
    release: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    build: Info<Build>,
}

fn main() {}
