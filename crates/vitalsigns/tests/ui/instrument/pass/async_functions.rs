//! Async functions, functions that return futures, and `async_trait`.

#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code, clippy::all)]

use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use vitalsigns::instrument_metrics;

#[instrument_metrics]
async fn nothing() {}

#[instrument_metrics]
async fn value(x: u32) -> u32 {
    if x == 3 {
        return 4;
    }
    x
}

#[instrument_metrics]
async fn question_mark(x: &str) -> Result<u32, std::num::ParseIntError> {
    let x: u32 = x.parse()?;
    nothing().await;
    Ok(x)
}

type Short<T> = std::result::Result<T, String>;

#[instrument_metrics]
async fn by_alias(x: bool) -> Short<()> {
    ready(()).await;
    if x { Ok(()) } else { Err("no".to_owned()) }
}

#[instrument_metrics]
async fn elided(x: &mut Vec<u32>) -> &mut u32 {
    x.push(1);
    nothing().await;
    &mut x[0]
}

#[instrument_metrics]
async fn two<'a, 'b>(x: &'a str, y: &'b str) -> (&'a str, &'b str) {
    nothing().await;
    (x, y)
}

#[instrument_metrics]
async fn generic<T: Clone + Send, const N: usize>(x: &[T; N]) -> Vec<T>
where
    T: Debug,
{
    nothing().await;
    x.to_vec()
}

#[instrument_metrics]
async fn impl_argument(x: impl Display + Send, f: impl AsyncFnOnce(u32) -> u32) -> String {
    format!("{x}{}", f(1).await)
}

#[instrument_metrics]
async fn impl_return(x: &str) -> impl Iterator<Item = char> {
    x.chars()
}

#[instrument_metrics]
async fn impl_in_result(x: &str) -> Result<impl Iterator<Item = char>, String> {
    if x.is_empty() {
        return Err("empty".to_owned());
    }
    Ok(x.chars())
}

#[instrument_metrics]
async fn infers() -> Vec<u8> {
    "ab".bytes().collect()
}

#[instrument_metrics]
async fn coerces(x: bool) -> Box<dyn Display> {
    if x {
        return Box::new("text");
    }
    Box::new(1)
}

#[instrument_metrics]
async fn mutable((a, mut b): (u32, u32), mut c: u32, _: String) -> u32 {
    b += 1;
    c += 1;
    a + b + c
}

#[instrument_metrics]
async fn not_send(x: Rc<Cell<u32>>) -> u32 {
    nothing().await;
    x.get()
}

#[instrument_metrics]
async fn holds_a_guard(x: &Mutex<u32>) -> u32 {
    *x.lock().unwrap()
}

#[instrument_metrics]
async fn recursive(x: u32) -> u32 {
    match x {
        0 => 0,
        x => 1 + Box::pin(recursive(x - 1)).await,
    }
}

#[instrument_metrics]
async fn for_ever() -> ! {
    loop {
        std::future::pending::<()>().await;
    }
}

#[instrument_metrics]
async fn diverges() -> u32 {
    unimplemented!()
}

#[instrument_metrics]
async fn blocks_inside(x: u32) -> Result<u32, String> {
    let inner = async move {
        if x == 0 {
            return Err("zero".to_owned());
        }
        Ok(x)
    };
    let closure = async |x: u32| -> Result<u32, String> { Ok(x) };
    closure(inner.await?).await
}

#[instrument_metrics]
fn returns_a_future(x: u32) -> impl Future<Output = Result<u32, String>> {
    let y = x + 1;
    async move {
        nothing().await;
        if y == 1 { Err("one".to_owned()) } else { Ok(y) }
    }
}

#[instrument_metrics]
fn returns_a_bounded_future<'a>(x: &'a str) -> impl Future<Output = &'a str> + Send + 'a {
    if x.is_empty() {
        return ready("none");
    }
    ready(x)
}

#[instrument_metrics]
fn returns_a_boxed_future<'a>(x: &'a str) -> Pin<Box<dyn Future<Output = &'a str> + Send + 'a>> {
    let y = &x[1..];
    Box::pin(async move { y })
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
use Boxed as BoxFuture;

#[instrument_metrics]
fn boxed_by_alias<'a>(x: &'a str) -> BoxFuture<'a, Result<u32, ()>> {
    std::boxed::Box::pin(boxed_inner(x))
}

async fn boxed_inner(x: &str) -> Result<u32, ()> {
    x.parse().map_err(drop)
}

#[instrument_metrics]
fn a_future_that_diverges() -> impl Future<Output = Result<Vec<fn() -> u8>, String>> + Send {
    async { unimplemented!() }
}

#[instrument_metrics]
fn a_boxed_future_that_diverges<'a>(_: &'a str) -> Pin<Box<dyn Future<Output = &'a str> + 'a>> {
    Box::pin(async { unimplemented!() })
}

#[instrument_metrics]
fn a_future_of_something(x: &str) -> impl Future<Output = impl Iterator<Item = char>> {
    ready(x.chars())
}

#[instrument_metrics(outcome = |_| true)]
async fn gives_a_future(x: u32) -> impl Future<Output = u32> {
    ready(x)
}

#[instrument_metrics(outcome = |_| true)]
fn only_makes_a_future() -> Ready<u32> {
    ready(1)
}

struct Shop {
    items: Vec<u32>,
}

impl Shop {
    #[instrument_metrics]
    async fn get(&self, index: usize) -> Option<&u32> {
        nothing().await;
        self.items.get(index)
    }

    #[instrument_metrics]
    async fn change(&mut self) -> &mut Self {
        self.items.push(1);
        nothing().await;
        self
    }

    #[instrument_metrics]
    async fn consume(self) -> Result<Self, String> {
        let _ = Self::open().await?;
        Ok(self)
    }

    #[instrument_metrics]
    async fn open() -> Result<Self, String> {
        Ok(Self { items: Vec::new() })
    }
}

trait Native {
    async fn fetch(&self) -> Result<u32, String>;

    fn later(&self) -> impl Future<Output = u32> + Send;

    #[instrument_metrics]
    async fn twice(&self) -> Result<u32, String> {
        Ok(self.fetch().await? * 2)
    }
}

impl Native for Shop {
    #[instrument_metrics]
    async fn fetch(&self) -> Result<u32, String> {
        Ok(1)
    }

    #[instrument_metrics]
    fn later(&self) -> impl Future<Output = u32> + Send {
        ready(1)
    }
}

#[async_trait]
trait Dynamic: Send {
    async fn plain(&mut self, x: u32) -> Result<u32, String>;

    async fn borrowed<'a>(&'a self, x: &'a str) -> &'a str
    where
        Self: Sync;

    #[instrument_metrics]
    async fn provided(&mut self) -> Result<u32, String> {
        self.plain(1).await
    }
}

// On the method: the other attribute has written its part before.
#[async_trait]
impl Dynamic for Shop {
    #[instrument_metrics]
    async fn plain(&mut self, x: u32) -> Result<u32, String> {
        nothing().await;
        if x == 0 {
            return Err("zero".to_owned());
        }
        self.items.push(x);
        Ok(x)
    }

    #[instrument_metrics]
    async fn borrowed<'a>(&'a self, x: &'a str) -> &'a str {
        nothing().await;
        x
    }
}

struct Above;

#[instrument_metrics]
#[async_trait]
impl Dynamic for Above {
    async fn plain(&mut self, x: u32) -> Result<u32, String> {
        nothing().await;
        Err(x.to_string())
    }

    async fn borrowed<'a>(&'a self, x: &'a str) -> &'a str {
        x
    }
}

struct Below;

#[async_trait]
#[instrument_metrics]
impl Dynamic for Below {
    async fn plain(&mut self, x: u32) -> Result<u32, String> {
        nothing().await;
        Err(x.to_string())
    }

    async fn borrowed<'a>(&'a self, x: &'a str) -> &'a str {
        x
    }
}

#[async_trait(?Send)]
trait Local {
    async fn count(&self, x: Rc<u32>) -> u32;
}

#[async_trait(?Send)]
impl Local for Shop {
    #[instrument_metrics]
    async fn count(&self, x: Rc<u32>) -> u32 {
        nothing().await;
        *x
    }
}

fn run<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    run(is_send(nothing()));
    assert_eq!(run(is_send(value(3))), 4);
    assert!(run(is_send(question_mark("x"))).is_err());
    assert!(run(by_alias(false)).is_err());
    assert_eq!(*run(is_send(elided(&mut vec![]))), 1);
    assert_eq!(run(two("a", "b")), ("a", "b"));
    assert_eq!(run(is_send(generic(&[1, 2]))), [1, 2]);
    assert_eq!(run(impl_argument('a', async |x| x)), "a1");
    assert_eq!(run(impl_return("ab")).count(), 2);
    assert!(run(impl_in_result("")).is_err());
    assert_eq!(run(infers()), b"ab");
    assert_eq!(run(coerces(true)).to_string(), "text");
    assert_eq!(run(mutable((1, 2), 3, String::new())), 8);
    assert_eq!(run(not_send(Rc::new(Cell::new(1)))), 1);
    assert_eq!(run(holds_a_guard(&Mutex::new(1))), 1);
    assert_eq!(run(recursive(5)), 5);
    drop(for_ever());
    assert!(run(is_send(blocks_inside(0))).is_err());
    assert!(run(is_send(returns_a_future(0))).is_err());
    assert_eq!(run(returns_a_bounded_future("a")), "a");
    assert_eq!(run(is_send(returns_a_boxed_future("ab"))), "b");
    assert!(run(boxed_by_alias("x")).is_err());
    run(only_makes_a_future());
    let mut shop = run(is_send(Shop::open())).unwrap();
    assert_eq!(run(is_send(shop.get(0))), None);
    run(is_send(shop.change()));
    shop = run(is_send(shop.consume())).unwrap();
    assert_eq!(run(shop.twice()), Ok(2));
    assert_eq!(run(is_send(shop.later())), 1);
    assert!(run(is_send(shop.plain(0))).is_err());
    assert!(run(shop.provided()).is_ok());
    assert_eq!(run(shop.borrowed("a")), "a");
    assert!(run(Above.plain(1)).is_err());
    assert!(run(Below.plain(1)).is_err());
    assert_eq!(run(shop.count(Rc::new(1))), 1);

    let page = vitalsigns::global().render(vitalsigns::Format::Text);
    let calls = |function: &str, outcome: &str, count: u32| {
        let line = format!(
            "function_calls_total{{function=\"{function}\",module=\"{}\",outcome=\"{outcome}\"}} {count}\n",
            module_path!()
        );
        assert!(page.contains(&line), "{line}{page}");
    };
    calls("question_mark", "error", 1);
    calls("by_alias", "error", 1);
    calls("impl_in_result", "error", 1);
    calls("recursive", "ok", 6);
    calls("blocks_inside", "error", 1);
    calls("returns_a_future", "error", 1);
    calls("returns_a_boxed_future", "ok", 1);
    calls("boxed_by_alias", "error", 1);
    calls("only_makes_a_future", "ok", 1);
    calls("Native::twice", "ok", 1);
    calls("<Shop as Native>::fetch", "ok", 1);
    calls("<Shop as Native>::later", "ok", 1);
    calls("<Shop as Dynamic>::plain", "error", 1);
    calls("<Shop as Dynamic>::plain", "ok", 1);
    calls("Dynamic::provided", "ok", 1);
    calls("<Shop as Dynamic>::borrowed", "ok", 1);
    calls("<Above as Dynamic>::plain", "error", 1);
    calls("<Below as Dynamic>::plain", "error", 1);
    calls("<Shop as Local>::count", "ok", 1);
    // Never polled.
    calls("for_ever", "cancelled", 0);
}
