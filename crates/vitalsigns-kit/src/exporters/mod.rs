//! What is exported by programs that are not ours, recorded from their real pages: so that an
//! expression over them is judged like one over our own.

mod exporter;

pub use exporter::Exporter;
