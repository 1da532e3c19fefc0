use vitalsigns::instrument_metrics;

fn kind(error: &String) -> bool {
    error.is_empty()
}

#[instrument_metrics(error = kind)]
fn charge() -> Result<(), u32> {
    Ok(())
}

fn main() {}
