//! Names of the standard library and of this one that mean something else here.

#![deny(warnings)]
#![allow(dead_code, unused_imports, unused_macros, non_camel_case_types, non_upper_case_globals)]

mod core {}
mod std {}
mod alloc {}
mod vitalsigns {}
mod derives {
    pub use ::vitalsigns::{LabelSet, LabelValue, MetricGroup};
}

struct Result;
struct Option;
struct Vec;
struct String;
struct Box;
struct Clone;
struct Kind;
struct Label;
struct LabelSpec;
struct F;
struct G;
struct str;
struct u64;
struct u32;
struct i64;
struct usize;
struct f64;
struct bool;
enum Names {
    Ok,
    Err,
    Some,
    None,
}
use self::Names::{Err, None, Ok, Some};

const index: ::core::primitive::u8 = 0;
const group: ::core::primitive::u8 = 0;
const message: ::core::primitive::u8 = 0;
const spec: ::core::primitive::u8 = 0;
const states: ::core::primitive::u8 = 0;
const BOUNDS: &[::core::primitive::f64] = &[1.0, 2.0];

macro_rules! panic {
    ($($anything:tt)*) => {
        compile_error!("the wrong one")
    };
}

macro_rules! unreachable {
    ($($anything:tt)*) => {
        compile_error!("the wrong one")
    };
}

#[derive(derives::LabelValue)]
enum Outcome {
    Ok,
    Err,
    None,
    Some,
}

#[derive(derives::LabelValue)]
enum Self_ {
    VALUES,
    Index,
}

#[derive(derives::LabelSet)]
struct Labels<'a> {
    outcome: Outcome,
    #[label(cap = 2)]
    index: &'a ::core::primitive::str,
    #[label(cap = 2)]
    label: ::std::string::String,
}

#[derive(derives::MetricGroup)]
struct Group {
    /// Help.
    #[metric(buckets = BOUNDS)]
    build: ::vitalsigns::Histogram,
    /// Help.
    share: ::vitalsigns::Gauge,
    /// Help.
    group_total: ::vitalsigns::Family<Labels<'static>, ::vitalsigns::Counter>,
    /// Help.
    name: ::vitalsigns::StateSet<Self_>,
}

fn main() {
    let registry = ::vitalsigns::Registry::new();
    let metrics = <Group as ::vitalsigns::MetricGroup>::register(&registry).unwrap();
    metrics.build.observe(1.5);
    let labels = Labels { outcome: Outcome::Err, index: "1", label: "2".into() };
    metrics.group_total.with(&labels).inc();
    metrics.name.set(Self_::VALUES);
    assert_eq!(metrics.group_total.with(&labels).get(), 1);
    let values = <Self_ as ::vitalsigns::LabelValue>::VALUES;
    assert_eq!(values, ["values", "index"]);
}
