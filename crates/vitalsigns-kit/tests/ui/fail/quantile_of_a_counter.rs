use vitalsigns_kit::query::{Queries, QueryError, Vector};

fn query(queries: &Queries) -> Result<Vector, QueryError> {
    queries.counter("http_requests_total")?.by(["route"])?.quantile(0.99)
}

fn main() {}
