use vitalsigns::instrument_metrics;

#[instrument_metrics]
fn charge(card: String) -> String {
    drop(card);
    card
}

fn main() {}
