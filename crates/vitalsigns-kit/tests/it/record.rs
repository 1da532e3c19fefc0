//! Catalogues that are recorded from pages.

use vitalsigns::{Catalogue, Format, Kind, Registry, families::HttpServer};
use vitalsigns_kit::lint::Subject;
use vitalsigns_kit::query::Queries;
use vitalsigns_kit::record::record;

fn recorded(page: &str) -> Catalogue {
    record(&[Subject::file("page", page.as_bytes())]).unwrap()
}

#[test]
fn a_page_of_ours_is_recorded_as_what_it_is() {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    http.expect("GET", "/", &[200]);
    let own = registry.catalogue();
    for format in [Format::Text, Format::OpenMetrics] {
        let page = registry.render(format);
        let recorded = recorded(&page);
        for family in &recorded.families {
            let declared = own
                .family(&family.name)
                .unwrap_or_else(|| panic!("{}", family.name));
            assert_eq!(family.kind, declared.kind, "{}", family.name);
            assert_eq!(family.unit, declared.unit, "{}", family.name);
            assert_eq!(family.buckets, declared.buckets, "{}", family.name);
        }
        let durations = recorded.family("http_request_duration_seconds").unwrap();
        let labels: Vec<&str> = durations
            .labels
            .iter()
            .map(|label| label.name.as_str())
            .collect();
        assert_eq!(labels, ["method", "route"]);
    }
}

#[test]
fn a_summary_is_what_is_stored_of_it() {
    let catalogue = recorded(
        "# HELP wait_seconds Waits.\n# TYPE wait_seconds summary\n\
         wait_seconds{queue=\"a\",quantile=\"0.5\"} 0.1\n\
         wait_seconds_sum{queue=\"a\"} 3\nwait_seconds_count{queue=\"a\"} 9\n",
    );
    let kinds: Vec<(&str, Kind, Option<&str>)> = catalogue
        .families
        .iter()
        .map(|family| (family.name.as_str(), family.kind, family.unit.as_deref()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("wait_seconds", Kind::Gauge, Some("seconds")),
            ("wait_seconds_count", Kind::Counter, None),
            ("wait_seconds_sum", Kind::Counter, Some("seconds")),
        ]
    );
    let queries = Queries::new(&catalogue);
    let mean = queries.counter("wait_seconds_sum").unwrap().rate();
    assert!(mean.sum_by(["queue"]).is_ok());
}

#[test]
fn several_pages_are_one_catalogue() {
    let one = "# TYPE a gauge\na{x=\"1\"} 1\n";
    let other = "# TYPE a gauge\na{y=\"1\"} 1\n# TYPE b counter\nb_total 1\n# EOF\n";
    let both = [
        Subject::file("one", one.as_bytes()),
        Subject::file("other", other.as_bytes()),
    ];
    let catalogue = record(&both).unwrap();
    assert_eq!(catalogue.family("a").unwrap().labels.len(), 2);
    assert_eq!(catalogue.family("b_total").unwrap().kind, Kind::Counter);
}

#[test]
fn what_is_no_page_is_refused() {
    for page in ["", "{\"detail\": \"Not Found\"}", "a b c\n"] {
        let error = record(&[Subject::file("page", page.as_bytes())]).unwrap_err();
        assert!(error.to_string().starts_with("page"), "{page}: {error}");
    }
}
