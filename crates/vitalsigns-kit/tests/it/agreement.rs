//! Pages beside catalogues.

use vitalsigns::{Catalogue, Format, LabelSet, LabelValue, MetricGroup, Registry};
use vitalsigns::{Counter, Family, Histogram, StateSet};
use vitalsigns_kit::agreement::agreement;
use vitalsigns_kit::lint::Subject;

#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Door {
    Open,
    Closed,
}

#[derive(LabelSet, Clone, Debug, PartialEq, Eq, Hash)]
struct Visit {
    door: Door,
}

#[derive(MetricGroup)]
struct House {
    /// Visits.
    visits_total: Family<Visit, Counter>,
    /// How long they are.
    #[metric(buckets = [1.0, 60.0])]
    visit_duration_seconds: Histogram,
    /// The door.
    door: StateSet<Door>,
}

fn house() -> (Catalogue, [String; 2]) {
    let registry = Registry::new();
    let house = House::register(&registry).unwrap();
    house.visits_total.with(&Visit { door: Door::Open }).inc();
    house.visit_duration_seconds.observe(3.0);
    house.door.set(Door::Closed);
    let pages = [Format::Text, Format::OpenMetrics].map(|format| registry.render(format));
    (registry.catalogue(), pages)
}

fn codes(catalogue: &Catalogue, page: &str) -> Vec<&'static str> {
    let findings = agreement(catalogue, &Subject::file("page", page.as_bytes()));
    findings.iter().map(|finding| finding.code()).collect()
}

#[test]
fn a_page_agrees_with_its_own_catalogue() {
    let (catalogue, pages) = house();
    for page in pages {
        assert_eq!(codes(&catalogue, &page), [""; 0], "{page}");
    }
}

#[test]
fn every_difference_is_found() {
    let (catalogue, pages) = house();
    for (from, to, code) in [
        ("visits_total", "visitors_total", "exported-not-declared"),
        ("visits_total", "visitors_total", "declared-not-exported"),
        ("visits_total counter", "visits_total gauge", "kind-differs"),
        ("{door=\"open\"}", "{gate=\"open\"}", "labels-differ"),
        (
            "visits_total{door=\"open\"}",
            "visits_total",
            "labels-differ",
        ),
        (
            "visits_total{door=\"open\"}",
            "visits_total{door=\"ajar\"}",
            "value-not-declared",
        ),
        ("le=\"60.0\"", "le=\"90.0\"", "bounds-differ"),
    ] {
        let page = &pages[0];
        assert!(page.contains(from), "`{from}` is not on the page:\n{page}");
        let found = codes(&catalogue, &page.replace(from, to));
        assert!(found.contains(&code), "{from} → {to}: {found:?}");
    }
    let other_unit = pages[1].replace(
        "# UNIT visit_duration_seconds seconds",
        "# UNIT visit_duration_seconds minutes",
    );
    assert_eq!(codes(&catalogue, &other_unit), ["unit-differs"]);
}
