use vitalsigns_kit::query::{Queries, QueryError, Vector};

fn query(queries: &Queries) -> Result<Vector, QueryError> {
    Ok(queries.counter("http_requests_total")?.value())
}

fn main() {}
