use vitalsigns::instrument_metrics;

#[instrument_metrics(error = |_| true)]
fn charge() -> Option<u32> {
    None
}

fn main() {}
