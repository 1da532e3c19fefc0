use vitalsigns_kit::query::{Queries, QueryError, Vector};

fn query(queries: &Queries) -> Result<Vector, QueryError> {
    Ok(queries.histogram("http_request_duration_seconds")?.rate())
}

fn main() {}
