use vitalsigns::instrument_metrics;

#[instrument_metrics]
fn charge() -> std::future::Ready<u32> {
    std::future::ready(1)
}

fn main() {}
