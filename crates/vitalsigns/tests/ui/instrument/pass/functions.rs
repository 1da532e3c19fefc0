//! Functions that are not async, in every shape: they compile as they did, and count.

#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code, clippy::all)]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::num::ParseIntError;
use std::pin::Pin;
use std::rc::Rc;

use vitalsigns::instrument_metrics;

#[instrument_metrics]
fn nothing() {}

#[instrument_metrics()]
fn nothing_in_parentheses() {}

#[instrument_metrics]
fn explicit_unit() -> () {}

#[instrument_metrics]
fn returns_early(x: u32) -> u32 {
    if x == 3 {
        return 4;
    }
    for y in 0.. {
        if y > x {
            return y;
        }
    }
    x
}

#[instrument_metrics]
fn returns_nothing_early(x: u32) {
    if x == 3 {
        return;
    }
    let _ = x;
}

#[instrument_metrics]
fn question_mark(x: &str) -> Result<u32, ParseIntError> {
    let x: u32 = x.parse()?;
    Ok(x)
}

#[instrument_metrics]
fn question_mark_converts(x: &str) -> Result<u32, Box<dyn std::error::Error>> {
    let x: u32 = x.parse()?;
    if x == 0 {
        return Err("zero".into());
    }
    Ok(x)
}

#[instrument_metrics]
fn question_mark_on_option(x: Option<u32>) -> Option<u32> {
    Some(x? + 1)
}

type Short<T> = Result<T, String>;

#[instrument_metrics]
fn result_by_alias() -> Short<u32> {
    Err("no".to_owned())
}

#[instrument_metrics]
fn io_result() -> std::io::Result<()> {
    Ok(())
}

#[instrument_metrics]
fn fmt_result(f: &mut String) -> std::fmt::Result {
    use std::fmt::Write as _;
    write!(f, "x")
}

#[instrument_metrics]
fn elided(x: &str) -> &str {
    &x[1..]
}

#[instrument_metrics]
fn named_lifetime<'a>(x: &'a str, _y: &str) -> &'a str {
    x
}

#[instrument_metrics]
fn two_lifetimes<'a, 'b: 'a>(x: &'a str, y: &'b str) -> &'a str {
    if x.is_empty() { y } else { x }
}

#[instrument_metrics]
fn mutable_borrow(x: &mut Vec<u32>) -> Option<&mut u32> {
    x.push(1);
    x.iter_mut().next()
}

#[instrument_metrics]
fn reborrows(x: &mut Vec<u32>) -> &mut Vec<u32> {
    x.push(1);
    nothing();
    x
}

#[instrument_metrics]
fn mutable_parameter(mut x: Vec<u32>) -> Vec<u32> {
    x.push(1);
    x
}

#[instrument_metrics]
fn pattern_parameter((a, mut b): (u32, u32), [c, ..]: [u32; 3]) -> u32 {
    b += 1;
    a + b + c
}

struct Point {
    x: u32,
    y: u32,
}

#[instrument_metrics]
fn struct_pattern(Point { x, y: z }: Point, _: String) -> u32 {
    x + z
}

#[instrument_metrics]
fn generic<T: Clone>(x: &T) -> T {
    x.clone()
}

#[instrument_metrics]
fn generic_where<T, U>(x: T, y: U) -> (U, T)
where
    T: Debug + 'static,
    U: Default,
{
    let _ = (&x, U::default());
    (y, x)
}

#[instrument_metrics]
fn constant_generic<const N: usize>(x: [u8; N]) -> [u8; N] {
    x
}

#[instrument_metrics]
fn higher_ranked<F>(f: F) -> usize
where
    F: for<'a> Fn(&'a str) -> &'a str,
{
    f("ab").len()
}

#[instrument_metrics]
fn impl_argument(x: impl Display, f: impl FnOnce(u32) -> u32) -> String {
    format!("{x}{}", f(1))
}

#[instrument_metrics]
fn impl_return(x: &str) -> impl Iterator<Item = char> + '_ {
    x.chars().filter(|x| x.is_alphabetic())
}

#[instrument_metrics]
fn impl_in_result(x: &str) -> Result<impl Iterator<Item = char>, String> {
    if x.is_empty() {
        return Err("empty".to_owned());
    }
    Ok(x.chars())
}

#[instrument_metrics]
fn impl_in_tuple(x: u32) -> (impl Display, Option<impl Debug>) {
    (x, Some(x))
}

#[instrument_metrics]
fn impl_fn() -> impl Fn(u32) -> u32 {
    |x| x + 1
}

#[instrument_metrics]
fn boxed_fn(x: u32) -> Box<dyn Fn(u32) -> u32> {
    Box::new(move |y| x + y)
}

#[instrument_metrics]
fn coerces() -> Box<dyn Display> {
    if true {
        return Box::new("text");
    }
    Box::new(1)
}

#[instrument_metrics]
fn coerces_to_slice() -> &'static [u32] {
    &[1, 2, 3]
}

#[instrument_metrics]
fn fn_pointer(f: fn(u32) -> u32) -> fn(u32) -> u32 {
    f
}

#[instrument_metrics]
fn infers_from_the_head() -> Vec<u8> {
    let mut x = Vec::new();
    x.extend("ab".bytes());
    x.into_iter().collect()
}

#[instrument_metrics]
fn parses_by_the_head() -> Result<u8, ParseIntError> {
    "7".parse()
}

#[instrument_metrics]
fn defaults_by_the_head() -> HashMap<String, Vec<u8>> {
    Default::default()
}

#[instrument_metrics]
fn panics() -> ! {
    panic!("on purpose")
}

#[instrument_metrics]
fn diverges() -> u32 {
    unimplemented!()
}

#[instrument_metrics]
fn loops() -> u32 {
    loop {
        break 5;
    }
}

#[instrument_metrics]
fn labelled_block(x: u32) -> u32 {
    'out: {
        if x == 1 {
            break 'out 2;
        }
        3
    }
}

#[instrument_metrics]
fn closures_inside(x: &[u32]) -> Result<u32, String> {
    let check = |x: &u32| -> Result<u32, String> {
        if *x == 0 {
            return Err("zero".to_owned());
        }
        Ok(*x)
    };
    x.iter().map(check).sum::<Result<u32, String>>()
}

#[instrument_metrics]
fn items_inside() -> u32 {
    const ONE: u32 = 1;
    static TWO: u32 = 2;
    struct Inner(u32);
    impl Inner {
        #[instrument_metrics]
        fn get(&self) -> u32 {
            self.0
        }
    }
    #[instrument_metrics]
    fn inner() -> u32 {
        ONE + TWO
    }
    inner() + Inner(3).get()
}

#[instrument_metrics]
fn recursive(x: u32) -> u32 {
    match x {
        0 => 0,
        x => 1 + recursive(x - 1),
    }
}

#[instrument_metrics]
fn not_send(x: Rc<Cell<u32>>) -> Rc<Cell<u32>> {
    x.set(2);
    x
}

#[instrument_metrics]
extern "C" fn for_c(x: u32) -> u32 {
    x
}

#[instrument_metrics]
pub(crate) fn restricted() {}

#[instrument_metrics]
fn r#match(r#type: u32) -> u32 {
    r#type
}

#[instrument_metrics]
fn attributes_inside() -> u32 {
    #![allow(unused_variables)]
    let x = 1;
    2
}

/// A doc comment.
#[inline(never)]
#[must_use]
#[instrument_metrics]
#[allow(unused_variables)]
fn attributes_around(x: u32) -> u32 {
    1
}

#[cfg(any())]
#[instrument_metrics]
fn not_compiled() -> Nonsense {}

#[instrument_metrics]
#[deprecated = "for the test"]
fn deprecated() {}

#[instrument_metrics]
fn borrows_a_cell(x: &RefCell<Vec<u32>>) -> std::cell::Ref<'_, [u32]> {
    std::cell::Ref::map(x.borrow(), |x| &x[..])
}

#[instrument_metrics]
fn macros_return(x: u32) -> Result<u32, String> {
    macro_rules! ensure {
        ($check:expr) => {
            if !$check {
                return Err("no".to_owned());
            }
        };
    }
    ensure!(x > 1);
    Ok(x)
}

#[instrument_metrics]
fn pinned(x: Pin<&mut u32>) -> Pin<&mut u32> {
    x
}

#[instrument_metrics]
fn raw_pointer(x: *const u32) -> *const u32 {
    x
}

#[instrument_metrics(skip)]
const fn left_out() -> u32 {
    3
}

macro_rules! by_macro {
    ($vis:vis $name:ident, $ty:ty, $body:expr) => {
        #[instrument_metrics]
        $vis fn $name() -> $ty {
            $body
        }
    };
}

by_macro!(pub by_macro_rules, Result<u32, String>, Ok(1));

macro_rules! by_parts {
    ($name:ident($($parameter:ident: $ty:ty),*) -> $returned:ty, $body:block, $label:expr) => {
        #[instrument_metrics(error = $label)]
        fn $name($($parameter: $ty),*) -> $returned $body
    };
}

by_parts!(by_macro_parts(x: u32) -> Result<u32, bool>, { if x == 0 { return Err(true); } Ok(x) }, |x| *x);

macro_rules! by_item {
    ($item:item) => {
        #[instrument_metrics]
        $item
    };
}

by_item! {
    /// A whole function.
    fn by_macro_item(x: u32) -> Option<u32> {
        Some(x)
    }
}

#[instrument_metrics(name = "other::name")]
fn renamed() {}

fn main() {
    nothing();
    nothing_in_parentheses();
    explicit_unit();
    assert_eq!(returns_early(3), 4);
    returns_nothing_early(3);
    assert!(question_mark("x").is_err());
    assert!(question_mark_converts("0").is_err());
    assert_eq!(question_mark_on_option(None), None);
    assert!(result_by_alias().is_err());
    io_result().unwrap();
    fmt_result(&mut String::new()).unwrap();
    assert_eq!(elided("ab"), "b");
    assert_eq!(named_lifetime("a", "b"), "a");
    assert_eq!(two_lifetimes("", "b"), "b");
    *mutable_borrow(&mut vec![]).unwrap() = 2;
    reborrows(&mut vec![]).clear();
    assert_eq!(mutable_parameter(vec![]), [1]);
    assert_eq!(pattern_parameter((1, 2), [3, 4, 5]), 7);
    assert_eq!(struct_pattern(Point { x: 1, y: 2 }, String::new()), 3);
    assert_eq!(generic(&"a"), "a");
    assert_eq!(generic_where(1, 'a'), ('a', 1));
    assert_eq!(constant_generic([1, 2]), [1, 2]);
    assert_eq!(higher_ranked(|x| x), 2);
    assert_eq!(impl_argument('a', |x| x), "a1");
    assert_eq!(impl_return("a1").count(), 1);
    assert!(impl_in_result("").is_err());
    assert_eq!(impl_in_tuple(1).0.to_string(), "1");
    assert_eq!(impl_fn()(1), 2);
    assert_eq!(boxed_fn(1)(1), 2);
    assert_eq!(coerces().to_string(), "text");
    assert_eq!(coerces_to_slice().len(), 3);
    assert_eq!(fn_pointer(|x| x)(1), 1);
    assert_eq!(infers_from_the_head(), b"ab");
    assert_eq!(parses_by_the_head(), Ok(7));
    assert!(defaults_by_the_head().is_empty());
    assert_eq!(loops(), 5);
    assert_eq!(labelled_block(1), 2);
    assert!(closures_inside(&[1, 0]).is_err());
    assert_eq!(items_inside(), 6);
    assert_eq!(recursive(5), 5);
    assert_eq!(not_send(Rc::new(Cell::new(1))).get(), 2);
    assert_eq!(for_c(1), 1);
    restricted();
    assert_eq!(r#match(1), 1);
    assert_eq!(attributes_inside(), 2);
    assert_eq!(attributes_around(1), 1);
    assert_eq!(borrows_a_cell(&RefCell::new(vec![1])).len(), 1);
    assert!(macros_return(1).is_err());
    assert_eq!(*pinned(Pin::new(&mut 1)), 1);
    assert!(raw_pointer(std::ptr::null()).is_null());
    assert_eq!(left_out(), 3);
    assert_eq!(by_macro_rules(), Ok(1));
    assert_eq!(by_macro_parts(0), Err(true));
    by_macro_item(1);
    renamed();

    let page = vitalsigns::global().render(vitalsigns::Format::Text);
    let calls = |function: &str, outcome: &str, count: u32| {
        let line = format!(
            "function_calls_total{{function=\"{function}\",module=\"{}\",outcome=\"{outcome}\"}} {count}\n",
            module_path!()
        );
        assert!(page.contains(&line), "{line}{page}");
    };
    calls("nothing", "ok", 2);
    calls("question_mark", "error", 1);
    calls("question_mark_on_option", "ok", 1);
    calls("result_by_alias", "error", 1);
    calls("impl_in_result", "error", 1);
    calls("closures_inside", "error", 1);
    calls("macros_return", "error", 1);
    calls("recursive", "ok", 6);
    calls("match", "ok", 1);
    calls("items_inside::Inner::get", "ok", 1);
    calls("items_inside::inner", "ok", 1);
    calls("other::name", "ok", 1);
    calls("by_macro_rules", "ok", 1);
    calls("by_macro_parts", "error", 1);
    calls("by_macro_item", "ok", 1);
    // Never called, and there.
    calls("panics", "panicked", 0);
    calls("diverges", "ok", 0);
    assert!(!page.contains("left_out"));
    assert!(!page.contains("not_compiled"));
}
