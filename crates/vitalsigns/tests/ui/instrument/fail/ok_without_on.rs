use vitalsigns::instrument_metrics;

#[instrument_metrics(ok = |_| ())]
fn charge() -> Result<(), ()> {
    Ok(())
}

fn main() {}
