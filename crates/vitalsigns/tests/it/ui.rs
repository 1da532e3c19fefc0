//! What the derives and the attribute accept, and what they say to what they do not.
//!
//! `TRYBUILD=overwrite cargo test -p vitalsigns --test it ui` records the messages anew.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}

#[test]
#[cfg(feature = "inventory")]
fn instrument() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/instrument/pass/*.rs");
    cases.compile_fail("tests/ui/instrument/fail/*.rs");
}
