use vitalsigns::instrument_metrics;

#[instrument_metrics]
fn charge<'a>(a: &'a str, b: &str) -> &'a str {
    let _ = a;
    b
}

fn main() {}
