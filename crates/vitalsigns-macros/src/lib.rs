//! The derives and the attribute of [vitalsigns](https://docs.rs/vitalsigns), which re-exports and documents them.
//!
//! Each derive reads its input, says what is wrong with it at the token that is wrong, and writes
//! an implementation. What a macro cannot know (what a type is, whether a name suits its kind) it
//! leaves to constants that the compiler evaluates, placed at the token in question.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod attr;
mod buckets;
mod check;
mod instrument;
mod label_set;
mod label_value;
mod metric_group;

/// Implements `LabelValue` for an enum without fields.
///
/// The values are the variants in snake case; `#[label(rename = "…")]` on a variant sets another
/// text, `#[label(crate = path)]` on the enum says where vitalsigns is if it was renamed.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn derive_label_value(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    label_value::expand(&input)
        .unwrap_or_else(|error| with_stub(&error, label_value::stub(&input)))
        .into()
}

/// Implements `LabelSet` for a struct whose fields are labels.
///
/// On a field: `#[label(cap = N)]` for text, `#[label(name = "…")]` for another name,
/// `#[label(allow = "reason")]` for a name that identifies a person or a request. On the struct:
/// `#[label(crate = path)]`.
#[proc_macro_derive(LabelSet, attributes(label))]
pub fn derive_label_set(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    label_set::expand(&input)
        .unwrap_or_else(|error| with_stub(&error, label_set::stub(&input)))
        .into()
}

/// Implements `MetricGroup` for a struct whose fields are metrics.
///
/// On the struct: `#[metrics(prefix = "…", namespace = false, crate = path)]`. On a field: a doc comment, which is
/// its help, and `#[metric(name = "…", unit = "…", buckets = […], exemplars)]`.
#[proc_macro_derive(MetricGroup, attributes(metrics, metric))]
pub fn derive_metric_group(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    metric_group::expand(&input)
        .unwrap_or_else(|error| with_stub(&error, metric_group::stub(&input)))
        .into()
}

/// Records the calls of a function: how many, how they end, how long they take, how many there are
/// at once.
///
/// It goes on functions and methods, async or not; on an `impl` block or an inline module for all
/// public functions in it, where `#[instrument_metrics(skip)]` leaves one out. The families are in
/// `vitalsigns::families::functions`, which says when a call begins and ends.
///
/// | key | |
/// |---|---|
/// | `name = "…"` | another name than that of the function |
/// | `registry = expression` | another registry than `vitalsigns::global()` |
/// | `error = function` | called with the error: a label for `function_errors_total` |
/// | `outcome = function` | called with what is returned: whether the call ended well |
/// | `slo = "…"`, `success = 99.9`, `latency = (250ms, 99)` | an objective for the catalogue |
/// | `on = family`, and its labels by name | the guard of that family, in place of the above |
/// | `ok = function`, with `on` | called with the value: what the guard records of it |
/// | `crate = path` | where vitalsigns is, if it was renamed |
///
/// The expressions of `registry`, `on` and labels are evaluated with each call, where the
/// parameters of the function can be used: that of an async function when its call begins, that of
/// another one that returns a future when the future is made, where a guard of `on` starts. A label of a family that is called like a key is written
/// `r#name = …`.
#[proc_macro_attribute]
pub fn instrument_metrics(attr: TokenStream, item: TokenStream) -> TokenStream {
    instrument::expand(attr.into(), item.into()).into()
}

/// The errors, and an implementation in name only, so that no code that uses the type is called
/// wrong as well.
fn with_stub(error: &syn::Error, stub: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let mut tokens = error.to_compile_error();
    tokens.extend(stub);
    tokens
}
