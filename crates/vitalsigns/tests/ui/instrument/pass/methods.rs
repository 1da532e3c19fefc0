//! Methods, associated functions, traits, `impl` blocks and modules.

#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code, clippy::all)]

use std::fmt::Display;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use vitalsigns::instrument_metrics;

#[derive(Clone)]
struct Shop {
    items: Vec<u32>,
}

impl Shop {
    const EMPTY: &'static str = "empty";

    #[instrument_metrics]
    fn new() -> Self {
        Self { items: Vec::new() }
    }

    #[instrument_metrics]
    fn try_new() -> Result<Self, String> {
        Ok(Self::new())
    }

    #[instrument_metrics]
    fn by_reference(&self) -> &[u32] {
        &self.items
    }

    #[instrument_metrics]
    fn by_mutable_reference(&mut self) -> &mut u32 {
        self.items.push(1);
        &mut self.items[0]
    }

    #[instrument_metrics]
    fn chains(&mut self) -> &mut Self {
        self.items.push(1);
        self
    }

    #[instrument_metrics]
    fn by_value(mut self) -> Vec<u32> {
        self.items.push(1);
        self.items
    }

    #[instrument_metrics]
    fn boxed(self: Box<Self>) -> Self {
        *self
    }

    #[instrument_metrics]
    fn counted(self: Arc<Self>) -> usize {
        Arc::strong_count(&self)
    }

    #[instrument_metrics]
    fn referenced(self: &Rc<Self>) -> &Self {
        self
    }

    #[instrument_metrics]
    fn pinned(self: Pin<&mut Self>) -> usize {
        self.items.len()
    }

    #[instrument_metrics]
    fn named<'a>(&'a self, other: &'a Self) -> &'a Self {
        if self.items.is_empty() { other } else { self }
    }

    #[instrument_metrics]
    fn constant(&self) -> &'static str {
        Self::EMPTY
    }

    #[instrument_metrics]
    fn iterates(&self) -> impl Iterator<Item = &u32> {
        self.items.iter()
    }

    #[instrument_metrics]
    fn find(&self, which: impl Fn(&u32) -> bool) -> Option<&u32> {
        self.items.iter().find(|item| which(item))
    }
}

struct Typed<'a, T, const N: usize> {
    value: &'a [T; N],
}

impl<'a, T: Clone + Display, const N: usize> Typed<'a, T, N> {
    #[instrument_metrics]
    fn first(&self) -> Option<&'a T> {
        self.value.first()
    }

    #[instrument_metrics]
    fn with<U: From<T>>(&self, index: usize) -> Result<U, usize> {
        let value = self.value.get(index).ok_or(index)?;
        Ok(U::from(value.clone()))
    }
}

trait Sells {
    type Good: Display;

    fn sell(&mut self, amount: u32) -> Result<Self::Good, String>;

    #[instrument_metrics]
    fn sell_one(&mut self) -> Result<Self::Good, String> {
        self.sell(1)
    }

    #[instrument_metrics]
    fn at_all() -> bool
    where
        Self: Sized,
    {
        true
    }
}

impl Sells for Shop {
    type Good = u32;

    #[instrument_metrics]
    fn sell(&mut self, amount: u32) -> Result<Self::Good, String> {
        if amount == 0 {
            Err("nothing")?;
        }
        Ok(amount)
    }
}

#[instrument_metrics]
impl Drop for Closing {
    fn drop(&mut self) {
        self.0 += 1;
    }
}

struct Closing(u32);

struct Whole<T>(PhantomData<T>);

#[instrument_metrics]
impl<T: Default> Whole<T> {
    pub fn open() -> T {
        T::default()
    }

    pub(crate) fn with(&self, x: u32) -> Result<u32, ()> {
        self.private(x)
    }

    fn private(&self, x: u32) -> Result<u32, ()> {
        Ok(x)
    }

    #[instrument_metrics]
    fn private_and_meant(&self) {}

    #[instrument_metrics(name = "named")]
    pub fn with_a_name(&self) {}

    #[instrument_metrics(skip)]
    pub fn left_out(&self) {}

    #[instrument_metrics(skip)]
    pub const fn constant() -> u32 {
        1
    }

    pub const NUMBER: u32 = 1;
}

#[instrument_metrics]
impl<T> Iterator for Whole<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        None
    }
}

#[instrument_metrics]
mod inline {
    pub fn public(x: u32) -> u32 {
        private(x)
    }

    fn private(x: u32) -> u32 {
        x
    }

    #[super::instrument_metrics(skip)]
    pub fn left_out() {}

    pub struct Inner;

    impl Inner {
        pub fn method(&self) {}

        fn private(&self) {}
    }

    impl Default for Inner {
        fn default() -> Self {
            Inner.private();
            Inner
        }
    }

    pub(super) async fn later() {}
}

fn main() {
    let mut shop = Shop::new();
    Shop::try_new().unwrap();
    assert!(shop.by_reference().is_empty());
    *shop.by_mutable_reference() = 2;
    shop.chains().chains();
    Box::new(shop.clone()).boxed();
    Arc::new(shop.clone()).counted();
    Rc::new(shop.clone()).referenced();
    Pin::new(&mut shop).pinned();
    shop.named(&shop);
    shop.constant();
    assert_eq!(shop.iterates().count(), 3);
    assert!(shop.find(|item| *item == 2).is_some());
    let typed = Typed { value: &["a", "b"] };
    assert_eq!(typed.first(), Some(&"a"));
    assert_eq!(typed.with::<String>(2), Err(2));
    assert!(shop.sell(0).is_err());
    assert!(shop.sell_one().is_ok());
    assert!(Shop::at_all());
    drop(shop);
    drop(Closing(1));

    let mut whole = Whole::<u32>(PhantomData);
    Whole::<u32>::open();
    whole.with(1).unwrap();
    whole.private_and_meant();
    whole.with_a_name();
    whole.left_out();
    Whole::<u32>::constant();
    whole.next();
    inline::public(1);
    inline::left_out();
    inline::Inner::default().method();
    drop(inline::later());

    let page = vitalsigns::global().render(vitalsigns::Format::Text);
    let calls = |function: &str, module: &str, outcome: &str, count: u32| {
        let line = format!(
            "function_calls_total{{function=\"{function}\",module=\"{}{module}\",outcome=\"{outcome}\"}} {count}\n",
            module_path!()
        );
        assert!(page.contains(&line), "{line}{page}");
    };
    calls("Shop::new", "", "ok", 2);
    calls("Shop::chains", "", "ok", 2);
    calls("Typed::with", "", "error", 1);
    calls("<Shop as Sells>::sell", "", "error", 1);
    calls("Sells::sell_one", "", "ok", 1);
    calls("<Closing as Drop>::drop", "", "ok", 1);
    calls("Whole::open", "", "ok", 1);
    calls("Whole::with", "", "ok", 1);
    calls("Whole::private_and_meant", "", "ok", 1);
    calls("named", "", "ok", 1);
    calls("<Whole as Iterator>::next", "", "ok", 1);
    calls("public", "::inline", "ok", 1);
    calls("Inner::method", "::inline", "ok", 1);
    calls("<Inner as Default>::default", "::inline", "ok", 1);
    // The future was dropped before anything was called.
    calls("later", "::inline", "cancelled", 0);
    for absent in ["left_out", "constant\"", "private\""] {
        let lines = page.lines().filter(|line| line.contains(absent));
        let lines: Vec<&str> = lines.filter(|line| !line.contains("Shop::constant")).collect();
        assert!(lines.is_empty(), "{lines:?}");
    }
}
