use proptest::prelude::*;
use vitalsigns::families::BuildInfo;
use vitalsigns::testing::{assert_family, samples, value};
use vitalsigns::{Format, Registry};

#[test]
fn a_typical_hour() {
    let registry = Registry::new();
    BuildInfo::new("1.4.0")
        .revision("d566938")
        .rustc("1.95.0")
        .register(&registry)
        .unwrap();
    let expected = "build_info{version=\"1.4.0\",revision=\"d566938\",rustc=\"1.95.0\"} 1\n";
    for _minute in 0..60 {
        assert_family(&registry, "build_info", expected);
    }
}

#[test]
fn a_later_build_replaces_the_facts() {
    let registry = Registry::builder().namespace("shop").build().unwrap();
    let build = BuildInfo::new("1.4.0");
    build.register(&registry).unwrap();
    build.revision("d566938").register(&registry).unwrap();
    let expected = "build_info{version=\"1.4.0\",revision=\"d566938\",rustc=\"unknown\"} 1\n";
    assert_family(&registry, "build_info", expected);
    assert!(
        registry
            .render(Format::OpenMetrics)
            .contains("# TYPE build info\n")
    );
}

#[test]
fn a_fact_that_is_missing_or_empty_reads_unknown() {
    let registry = Registry::new();
    BuildInfo::new("")
        .revision(None)
        .rustc(" \n")
        .register(&registry)
        .unwrap();
    let expected = "build_info{version=\"unknown\",revision=\"unknown\",rustc=\"unknown\"} 1\n";
    assert_family(&registry, "build_info", expected);
}

proptest! {
    #[test]
    fn there_is_always_one_sample(facts in prop::collection::vec((".*", prop::option::of(".*")), 1..5)) {
        let registry = Registry::new();
        for (version, revision) in &facts {
            BuildInfo::new(version)
                .revision(revision.as_deref())
                .register(&registry)
                .unwrap();
            prop_assert_eq!(samples(&registry, "build_info").lines().count(), 1);
        }
        let (version, revision) = facts.last().unwrap();
        let or_unknown = |text: &str| match text.trim() {
            "" => "unknown".to_owned(),
            text => text.to_owned(),
        };
        let labels = [
            ("version", or_unknown(version)),
            ("revision", or_unknown(revision.as_deref().unwrap_or(""))),
            ("rustc", "unknown".to_owned()),
        ];
        let labels: Vec<(&str, &str)> = labels.iter().map(|(name, text)| (*name, &**text)).collect();
        prop_assert_eq!(value(&registry, "build_info", &labels), Some(1.0));
    }
}
