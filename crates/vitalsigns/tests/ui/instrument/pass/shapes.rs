//! Shapes that attributes around functions are known to trip over.

#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(clippy::all)]

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use vitalsigns::instrument_metrics;

struct Borrowed<'a>(&'a str);

struct Shop {
    items: Vec<u32>,
}

#[instrument_metrics]
fn attributes_on_parameters(#[allow(unused_variables)] x: u32, #[cfg(any())] y: Nonsense) -> u32 {
    1
}

#[instrument_metrics]
async fn attributes_on_parameters_later(#[allow(unused_variables)] x: u32) -> u32 {
    1
}

#[instrument_metrics]
fn references_in_patterns(&(a, ref b): &(u32, String), whole @ [first, ..]: [u32; 2]) -> u32 {
    a + b.len() as u32 + whole[1] + first
}

#[instrument_metrics]
async fn references_in_patterns_later(&(a, ref b): &(u32, String)) -> u32 {
    a + b.len() as u32
}

#[instrument_metrics]
fn trait_objects(x: &mut dyn FnMut(&str) -> usize, y: &(dyn Debug + Send)) -> usize {
    x("ab") + format!("{y:?}").len()
}

#[instrument_metrics]
fn anonymous_lifetime(x: Borrowed<'_>) -> Borrowed<'_> {
    x
}

#[instrument_metrics]
async fn anonymous_lifetime_later(x: Borrowed<'_>, y: &mut Borrowed<'_>) -> usize {
    x.0.len() + y.0.len()
}

#[instrument_metrics]
fn captures_precisely<'a>(x: &'a [u32], _: &str) -> impl Iterator<Item = u32> + use<'a> {
    x.iter().copied()
}

#[instrument_metrics]
fn starts_with_an_operator(x: i32) -> i32 {
    -x
}

#[instrument_metrics]
fn starts_with_a_match(x: u32) -> u32 {
    match x {
        0 => 7,
        x => x,
    }
    .count_ones()
}

#[instrument_metrics]
fn ends_with_a_macro() -> String {
    format!("{}", 1)
}

#[instrument_metrics]
fn ends_with_a_temporary(x: &std::sync::Mutex<Vec<u32>>) -> Option<u32> {
    x.lock().unwrap().first().copied()
}

#[instrument_metrics]
fn lets_else(x: Option<u32>) -> Result<u32, String> {
    let Some(x) = x else {
        return Err("nothing".to_owned());
    };
    Ok(x)
}

#[instrument_metrics]
fn numbers_of_other_types(x: u64) -> u8 {
    x as _
}

#[instrument_metrics]
fn converts_by_the_head(x: &'static str) -> Result<Box<str>, Box<dyn std::error::Error + Send + Sync>> {
    Err(x)?;
    Ok(x.into())
}

#[instrument_metrics]
fn takes_an_error_by_closure(x: &[&str]) -> Result<Vec<u32>, std::num::ParseIntError> {
    x.iter().map(|x| x.parse()).collect()
}

impl Shop {
    #[instrument_metrics]
    async fn consumes_mutably(mut self, x: u32) -> Vec<u32> {
        self.items.push(x);
        self.items
    }

    #[instrument_metrics]
    async fn pinned(self: Pin<&mut Self>) -> usize {
        self.items.len()
    }

    #[instrument_metrics]
    fn shadows_itself(&self) -> u32 {
        let this = self;
        struct Inner;
        impl Inner {
            fn get(self) -> u32 {
                let _ = self;
                1
            }
        }
        Inner.get() + this.items.len() as u32
    }

    #[instrument_metrics]
    fn closure_over_self(&mut self) -> Result<(), ()> {
        let mut push = |x| self.items.push(x);
        push(1);
        Ok(())
    }
}

trait Lends {
    type Item<'a>: Debug
    where
        Self: 'a;

    fn lend<'a>(&'a mut self) -> Self::Item<'a>;

    fn all(&self) -> impl Iterator<Item = u32> + '_;
}

impl Lends for Shop {
    type Item<'a> = &'a mut [u32];

    #[instrument_metrics]
    fn lend<'a>(&'a mut self) -> Self::Item<'a> {
        &mut self.items
    }

    #[instrument_metrics]
    fn all(&self) -> impl Iterator<Item = u32> + '_ {
        self.items.iter().copied()
    }
}

#[async_trait]
trait Stores<T: Send + 'static> {
    async fn keep(&mut self, items: Vec<T>) -> Result<usize, String>;

    async fn without_value(&self);
}

// Generic in the trait and in the method's argument, with a formatting of its own.
#[async_trait]
impl<T> Stores<T> for Shop where T: Into<u32> + Send + 'static {
    #[instrument_metrics] async fn keep(&mut self, items: Vec<T>)
        -> Result<usize, String>
    {
        let before = self.items.len();
        self.items.extend(items.into_iter().map(Into::into));
        match self.items.len() - before { 0 => Err("nothing".into()), kept => Ok(kept) }
    }

    #[instrument_metrics]
    async fn without_value(&self) {
        std::future::ready(()).await;
    }
}

fn run<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

fn main() {
    assert_eq!(attributes_on_parameters(1), 1);
    assert_eq!(run(attributes_on_parameters_later(1)), 1);
    assert_eq!(references_in_patterns(&(1, "ab".to_owned()), [3, 4]), 10);
    assert_eq!(run(references_in_patterns_later(&(1, "ab".to_owned()))), 3);
    assert_eq!(trait_objects(&mut |x| x.len(), &1), 3);
    assert_eq!(anonymous_lifetime(Borrowed("a")).0, "a");
    assert_eq!(run(anonymous_lifetime_later(Borrowed("a"), &mut Borrowed("bc"))), 3);
    let items = vec![1, 2];
    let captured = captures_precisely(&items, &String::new());
    assert_eq!(captured.count(), 2);
    assert_eq!(starts_with_an_operator(1), -1);
    assert_eq!(starts_with_a_match(0), 3);
    assert_eq!(ends_with_a_macro(), "1");
    assert_eq!(ends_with_a_temporary(&std::sync::Mutex::new(vec![1])), Some(1));
    assert!(lets_else(None).is_err());
    assert_eq!(numbers_of_other_types(257), 1);
    assert!(converts_by_the_head("a").is_err());
    assert!(takes_an_error_by_closure(&["1", "x"]).is_err());
    let shop = Shop { items: Vec::new() };
    let mut shop = Shop { items: run(shop.consumes_mutably(1)) };
    assert_eq!(run(Pin::new(&mut shop).pinned()), 1);
    assert_eq!(shop.shadows_itself(), 2);
    shop.closure_over_self().unwrap();
    shop.lend()[0] = 5;
    assert_eq!(shop.all().sum::<u32>(), 6);
    assert!(run(shop.keep(Vec::<u8>::new())).is_err());
    assert_eq!(run(shop.keep(vec![1_u16, 2])), Ok(2));
    run(Stores::<u8>::without_value(&shop));

    let page = vitalsigns::global().render(vitalsigns::Format::Text);
    let calls = |function: &str, outcome: &str, count: u32| {
        let line = format!(
            "function_calls_total{{function=\"{function}\",module=\"{}\",outcome=\"{outcome}\"}} {count}\n",
            module_path!()
        );
        assert!(page.contains(&line), "{line}{page}");
    };
    calls("attributes_on_parameters", "ok", 1);
    calls("references_in_patterns_later", "ok", 1);
    calls("lets_else", "error", 1);
    calls("converts_by_the_head", "error", 1);
    calls("takes_an_error_by_closure", "error", 1);
    calls("Shop::consumes_mutably", "ok", 1);
    calls("<Shop as Lends>::lend", "ok", 1);
    calls("<Shop as Stores>::keep", "error", 1);
    calls("<Shop as Stores>::keep", "ok", 1);
}
