//! The order of the page, and what is on it, while series come and go: beside a sorted map.

use std::collections::BTreeMap;

use vitalsigns::{Counter, Family, Format, LabelSet, LabelValue, MetricGroup, Registry};

#[derive(LabelValue, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Size {
    #[label(rename = "small")]
    Small,
    /// As text it is in front of the other.
    #[label(rename = "big \"one\"")]
    Big,
}

#[derive(LabelSet)]
struct Parcel<'a> {
    #[label(cap = 100)]
    from: &'a str,
    size: Size,
    #[label(cap = 100)]
    to: &'a str,
}

#[derive(MetricGroup)]
struct Post {
    /// Parcels.
    parcels_total: Family<Parcel<'static>, Counter>,
}

/// Texts that begin alike, that are shorter than others, and that have to be escaped.
fn places() -> Vec<String> {
    let mut places: Vec<String> = [
        "", "a", "a\"", "a\\", "a\n", "a!", "a\0", "aä", "aö", "ä", "n", "\\n",
    ]
    .map(str::to_owned)
    .into();
    places
        .extend([1, 62, 63, 64, 65, 4095, 65_534, 65_536, 70_000].map(|length| "x".repeat(length)));
    places.push(format!("{}y", "x".repeat(70_000)));
    places
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[test]
fn series_that_come_and_go_are_on_the_page_in_order() {
    let registry = Registry::new();
    let post = Post::register(&registry).unwrap();
    let places = places();
    let mut expected = BTreeMap::new();
    let mut random = 1_u64;
    let mut next = |below: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % below
    };
    for round in 0..60 {
        for _ in 0..next(12) {
            let (from, to) = (&*places[next(places.len())], &*places[next(places.len())]);
            let size = if next(2) == 0 { Size::Small } else { Size::Big };
            let labels = Parcel { from, size, to };
            if next(3) == 0 {
                let was_there = expected.remove(&(from, size, to)).is_some();
                assert_eq!(post.parcels_total.remove(&labels), was_there);
            } else {
                post.parcels_total.with(&labels).inc();
                *expected.entry((from, size, to)).or_insert(0_u64) += 1;
            }
        }
        let line = |((from, size, to), count): (&(&str, Size, &str), &u64)| {
            let size = ["small", "big \\\"one\\\""][*size as usize];
            let (from, to) = (escaped(from), escaped(to));
            format!("parcels_total{{from=\"{from}\",size=\"{size}\",to=\"{to}\"}} {count}")
        };
        let expected: Vec<String> = expected.iter().map(line).collect();
        let page = registry.render(Format::Text);
        let found: Vec<&str> = page
            .split('\n')
            .filter(|line| line.starts_with("parcels_total{"))
            .collect();
        assert!(found == expected, "round {round}");
    }
    assert!(expected.len() > 100);
}
