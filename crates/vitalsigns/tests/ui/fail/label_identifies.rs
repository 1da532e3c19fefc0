use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    #[label(cap = 100)]
    user_id: String,
    #[label(cap = 100)]
    email: String,
    #[label(cap = 100)]
    customer_email: String,
    #[label(cap = 100)]
    session_id: String,
    #[label(cap = 100)]
    request_id: String,
    #[label(cap = 100)]
    trace_id: String,
    #[label(cap = 100)]
    ip: String,
    #[label(cap = 100)]
    path: String,
}

fn main() {}
