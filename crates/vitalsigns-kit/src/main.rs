//! The command `vitalsigns`.

fn main() {}
