use vitalsigns::instrument_metrics;

#[instrument_metrics]
async fn charge(amount: &str) -> Result<u32, String> {
    let amount: u32 = amount.parse()?;
    Ok(amount)
}

fn main() {}
