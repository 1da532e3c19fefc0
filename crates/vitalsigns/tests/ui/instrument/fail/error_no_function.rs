use vitalsigns::instrument_metrics;

#[instrument_metrics(error = "declined")]
fn charge() -> Result<(), ()> {
    Ok(())
}

fn main() {}
