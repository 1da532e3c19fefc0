use vitalsigns::instrument_metrics;

#[instrument_metrics(error = |error: &String| error.clone())]
fn charge() -> Result<(), String> {
    Ok(())
}

fn main() {}
