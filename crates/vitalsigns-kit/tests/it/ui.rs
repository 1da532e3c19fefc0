//! What the compiler says to expressions that mean nothing.
//!
//! `TRYBUILD=overwrite cargo test -p vitalsigns-kit --test it ui` records the messages anew.

#[test]
fn ui() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}
