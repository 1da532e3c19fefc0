use vitalsigns::instrument_metrics;

trait Sells {
    #[instrument_metrics]
    fn sell(&self) -> u32;
}

fn main() {}
