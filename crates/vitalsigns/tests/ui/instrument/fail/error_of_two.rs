use vitalsigns::instrument_metrics;

#[instrument_metrics(error = |_, _| true)]
fn charge() -> Result<(), ()> {
    Ok(())
}

fn main() {}
