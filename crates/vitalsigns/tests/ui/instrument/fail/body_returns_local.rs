use vitalsigns::instrument_metrics;

#[instrument_metrics]
fn charge<'a>(_: &'a str) -> &'a str {
    let local = String::new();
    &local
}

fn main() {}
