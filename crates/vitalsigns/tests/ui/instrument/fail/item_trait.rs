use vitalsigns::instrument_metrics;

#[instrument_metrics]
trait Sells {
    fn sell(&self) {}
}

fn main() {}
