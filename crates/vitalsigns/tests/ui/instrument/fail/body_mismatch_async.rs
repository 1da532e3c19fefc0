use vitalsigns::instrument_metrics;

#[instrument_metrics]
async fn charge(amount: u32) -> Result<u32, String> {
    if amount == 0 {
        return Err(3);
    }
    Ok("something")
}

fn main() {}
