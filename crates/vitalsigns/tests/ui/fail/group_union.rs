use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
union Shop {
    orders_total: std::mem::ManuallyDrop<Counter>,
}

fn main() {}
