use vitalsigns::{Info, LabelSet, MetricGroup};

#[derive(LabelSet)]
struct Build {
    release: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(unit = "build")]
    build_info: Info<Build>,
}

fn main() {}
