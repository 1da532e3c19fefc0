//! Groups and label sets with parameters, and checks of names that wait for them.

#![deny(warnings, unused, dead_code)]

use std::borrow::Cow;

use vitalsigns::{
    Counter, CounterNumber, Family, Gauge, Histogram, Info, LabelSet, LabelValue, MetricGroup,
    OpenLabelValue, Registry, StateSet,
};

#[derive(LabelValue, Clone, Copy)]
enum Theme {
    Tech,
    Nature,
}

#[derive(LabelSet)]
struct ByTheme<T> {
    theme: T,
}

#[derive(LabelSet)]
struct Open<'a, T, C, const N: usize>
where
    T: Clone,
{
    theme: T,
    #[label(cap = 2)]
    campaign: C,
    #[label(cap = 3)]
    medium: &'a str,
    #[label(cap = 3)]
    source: Cow<'a, str>,
}

#[derive(LabelSet)]
struct Borrowed<'a, C: ?Sized> {
    #[label(cap = 2)]
    campaign: &'a C,
}

#[derive(MetricGroup)]
#[metrics(prefix = "video")]
struct Video<T, N: CounterNumber = u64>
where
    T: LabelValue + Clone,
{
    /// Generations.
    generations_total: Family<ByTheme<T>, Counter<N>>,
    /// Views.
    views_total: Family<Open<'static, T, String, 3>, Counter>,
    /// Waiting.
    waiting: Gauge,
    /// Time.
    #[metric(buckets = [1, 2])]
    duration_seconds: Family<ByTheme<T>, Histogram>,
    /// The theme of today.
    theme: StateSet<T>,
    /// The build.
    build_info: Info<ByTheme<T>>,
}

#[derive(MetricGroup)]
struct Shop<C: OpenLabelValue + ?Sized + 'static> {
    /// Orders.
    orders_total: Family<Borrowed<'static, C>, Counter>,
}

fn main() {
    let registry = Registry::new();
    let video = Video::<Theme>::register(&registry).unwrap();
    video.generations_total.with(&ByTheme { theme: Theme::Tech }).inc();
    let medium = String::from("mail");
    let labels = Open::<'_, _, _, 3> {
        theme: Theme::Nature,
        campaign: String::from("spring"),
        medium: &medium,
        source: Cow::Borrowed(&medium),
    };
    video.views_total.with(&labels).inc();
    video.waiting.inc();
    video.duration_seconds.with(&ByTheme { theme: Theme::Tech }).observe(1.5);
    video.theme.set(Theme::Nature);
    video.build_info.set(&ByTheme { theme: Theme::Nature });

    let again = Video::<Theme>::register(&registry).unwrap();
    assert_eq!(again.views_total.with(&labels).get(), 1);

    let floats = Video::<bool, f64>::register(&Registry::new()).unwrap();
    floats.generations_total.with(&ByTheme { theme: true }).add(0.5);
    assert_eq!(floats.generations_total.with(&ByTheme { theme: true }).get(), 0.5);

    let shop = Shop::<str>::register(&registry).unwrap();
    shop.orders_total.with(&Borrowed { campaign: medium.as_str() }).inc();
    assert_eq!(shop.orders_total.with(&Borrowed { campaign: "mail" }).get(), 1);
}
