//! The catalogue lists what the page has, before it has anything.

use vitalsigns::families::{AiOptimization, HttpServer, VideoGeneration};
use vitalsigns::{Format, Kind, LabelValue, MetricGroup, Registry, StateSet};

#[derive(LabelValue, Clone, Copy)]
#[allow(dead_code)]
enum Theme {
    Tech,
    Nature,
}

#[derive(MetricGroup)]
#[allow(dead_code)]
struct Mode {
    /// The theme of the day.
    theme_of_the_day: StateSet<Theme>,
}

fn registry() -> Registry {
    let registry = Registry::builder().namespace("aura").build().unwrap();
    HttpServer::register(&registry).unwrap();
    VideoGeneration::<Theme>::register(&registry).unwrap();
    AiOptimization::<Theme>::register(&registry).unwrap();
    Mode::register(&registry).unwrap();
    registry
}

#[test]
fn catalogue_and_page_agree_family_by_family() {
    let registry = registry();
    let catalogue = registry.catalogue();
    let page = registry.render(Format::Text);
    let on_page: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let listed: Vec<&str> = catalogue
        .families
        .iter()
        .map(|family| family.name.as_str())
        .collect();
    assert_eq!(listed, on_page);
    for family in &catalogue.families {
        assert!(
            !family.help.is_empty() && !family.group.is_empty(),
            "{family:?}"
        );
        assert_eq!(
            family.buckets.is_some(),
            family.kind == Kind::Histogram,
            "{family:?}"
        );
    }
}

#[test]
fn an_entry_says_everything() {
    let catalogue = registry().catalogue();
    let requests = catalogue.family("aura_http_requests_total").unwrap();
    assert_eq!(
        (requests.kind, requests.unit.as_deref()),
        (Kind::Counter, None)
    );
    assert_eq!(requests.group, "HttpMetrics");
    let labels: Vec<&str> = requests
        .labels
        .iter()
        .map(|label| label.name.as_str())
        .collect();
    assert_eq!(labels, ["method", "route", "status"]);
    assert!(
        requests.labels[0]
            .values
            .as_ref()
            .unwrap()
            .contains(&"_OTHER".to_owned())
    );
    assert_eq!(
        (requests.labels[1].cap, &requests.labels[1].values),
        (Some(1000), &None)
    );

    let duration = catalogue
        .family("aura_video_generation_duration_seconds")
        .unwrap();
    assert_eq!(duration.unit.as_deref(), Some("seconds"));
    assert_eq!(duration.buckets.as_ref().unwrap().last(), Some(&3600.0));

    let mode = catalogue.family("aura_theme_of_the_day").unwrap();
    assert_eq!(
        mode.states.as_deref(),
        Some(&["tech".to_owned(), "nature".to_owned()][..])
    );
}

#[cfg(feature = "json")]
#[test]
fn it_goes_to_json_and_back() {
    let catalogue = registry().catalogue();
    let json = catalogue.to_json();
    assert_eq!(vitalsigns::Catalogue::from_json(&json).unwrap(), catalogue);
    assert_eq!(
        json,
        registry().catalogue().to_json(),
        "the same bytes each time"
    );
    let error = vitalsigns::Catalogue::from_json("{\"namespace\": 7}").unwrap_err();
    assert!(
        error.to_string().starts_with("not a catalogue: "),
        "{error}"
    );
    assert!(error.to_string().contains("line 1"), "{error}");
}
