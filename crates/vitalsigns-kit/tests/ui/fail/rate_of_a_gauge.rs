use vitalsigns_kit::query::{Queries, QueryError, Vector};

fn query(queries: &Queries) -> Result<Vector, QueryError> {
    Ok(queries.gauge("queue_depth")?.rate())
}

fn main() {}
