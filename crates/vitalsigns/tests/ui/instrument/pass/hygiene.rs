//! Names of the standard library and of this one that mean something else here, and parameters
//! that are called as what the attribute writes.

#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code, unused_imports, unused_macros, non_camel_case_types, non_upper_case_globals)]
#![allow(clippy::all)]

mod core {}
mod std {}
mod alloc {}
mod vitalsigns {}
mod inventory {}

struct Result;
struct Option;
struct Vec;
struct String;
struct Box;
struct Drop;
struct Future;
struct Pin;
struct Infallible;
struct Clone;
struct FnOnce;
struct Function;
struct Site;
struct Returned;
struct Outcome;
struct Entry;
struct str;
struct u64;
struct f64;
struct bool;
enum Names {
    Ok,
    Err,
    Some,
    None,
}
use self::Names::{Err, None, Ok, Some};

const __SITE: ::core::primitive::u8 = 0;
fn __path() {}

macro_rules! panic {
    ($($anything:tt)*) => {
        compile_error!("the wrong one")
    };
}

macro_rules! module_path {
    ($($anything:tt)*) => {
        compile_error!("the wrong one")
    };
}

type R<T, E> = ::core::result::Result<T, E>;

trait Judges {
    fn verdict(&self) -> ::core::primitive::u8 {
        1
    }
    fn begin(&self) {}
    fn end(&self) {}
    fn finish(&self) {}
    fn end_result(&self) {}
}
impl<T> Judges for T {}

#[::vitalsigns::instrument_metrics]
fn plain() -> R<(), ()> {
    __path();
    ::core::result::Result::Ok(())
}

#[::vitalsigns::instrument_metrics]
fn parameters(
    __call: ::core::primitive::u32,
    __returned: ::core::primitive::u32,
    __prepared: ::core::primitive::u32,
) -> ::core::primitive::u32 {
    let site = __SITE;
    __call + __returned + __prepared + ::core::primitive::u32::from(site)
}

#[::vitalsigns::instrument_metrics]
async fn later(__call: ::core::primitive::u32) -> R<::core::primitive::u32, ()> {
    ::core::future::ready(()).await;
    ::core::result::Result::Ok(__call)
}

#[::vitalsigns::instrument_metrics]
async fn for_ever() -> ! {
    loop {
        ::core::future::pending::<()>().await
    }
}

#[::vitalsigns::instrument_metrics(
    slo = "plain",
    success = 99,
    latency = (1s, 95),
    error = |error: &::core::primitive::bool| *error
)]
fn objective(fails: ::core::primitive::bool) -> R<(), ::core::primitive::bool> {
    if fails {
        return ::core::result::Result::Err(true);
    }
    ::core::result::Result::Ok(())
}

#[::vitalsigns::instrument_metrics(registry = registry, outcome = |value| *value == 1)]
fn elsewhere(registry: &::vitalsigns::Registry, value: ::core::primitive::u8) -> ::core::primitive::u8 {
    value
}

fn boxed<'a>() -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = ()> + 'a>> {
    #[::vitalsigns::instrument_metrics]
    fn inner<'a>() -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = ()> + 'a>> {
        ::std::boxed::Box::pin(async move {})
    }
    inner()
}

struct S;

#[::vitalsigns::instrument_metrics]
impl S {
    pub fn verdict(&self) -> Self {
        S
    }

    pub async fn begin(&self) {}
}

fn main() {
    ::core::assert!(plain().is_ok());
    ::core::assert_eq!(parameters(1, 2, 3), 6);
    ::core::mem::drop(later(1));
    ::core::mem::drop(for_ever());
    ::core::mem::drop(boxed());
    ::core::assert!(objective(true).is_err());
    let registry = ::vitalsigns::Registry::new();
    elsewhere(&registry, 2);
    ::core::mem::drop(S.verdict().begin());
}
