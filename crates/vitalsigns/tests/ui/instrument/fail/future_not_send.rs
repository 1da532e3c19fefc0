use vitalsigns::instrument_metrics;

#[instrument_metrics]
async fn charge() {
    let local = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(local);
}

fn is_send(_: impl Send) {}

fn main() {
    is_send(charge());
}
