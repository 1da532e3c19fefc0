use vitalsigns::instrument_metrics;

#[instrument_metrics(error = |_| 42)]
async fn charge() -> Result<(), String> {
    Ok(())
}

fn main() {}
