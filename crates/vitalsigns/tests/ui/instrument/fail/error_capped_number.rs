use vitalsigns::instrument_metrics;

use vitalsigns::instrument::Capped;

#[instrument_metrics(error = |error| Capped(*error))]
fn charge() -> Result<(), u32> {
    Ok(())
}

fn main() {}
