use vitalsigns::instrument_metrics;

unsafe fn raw() {}

#[instrument_metrics]
fn charge() {
    raw();
}

fn main() {}
