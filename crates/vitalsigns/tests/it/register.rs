//! Registering: what is refused, and that nothing is left behind.

use vitalsigns::{
    Counter, Family, Format, Gauge, Histogram, LabelSet, MetricGroup, NameFault, RegisterError,
    Registry,
};

#[derive(LabelSet)]
struct Region<'a> {
    #[label(cap = 5)]
    region: &'a str,
}

#[derive(MetricGroup)]
#[allow(dead_code)]
struct Jobs {
    /// Jobs done.
    jobs_total: Counter,
    /// Jobs by region.
    regional_jobs_total: Family<Region<'static>, Counter>,
    /// Time of a job.
    job_seconds: Histogram,
}

#[test]
fn registering_a_group_again_gives_the_same_handles() {
    let registry = Registry::new();
    let one = Jobs::register(&registry).unwrap();
    let other = Jobs::register(&registry.clone()).unwrap();
    one.jobs_total.inc();
    one.regional_jobs_total.with(&Region { region: "eu" }).inc();
    assert_eq!(other.jobs_total.get(), 1);
    assert_eq!(
        other
            .regional_jobs_total
            .with(&Region { region: "eu" })
            .get(),
        1
    );
    assert_eq!(
        registry
            .render(Format::Text)
            .matches("# TYPE jobs_total")
            .count(),
        1
    );
}

#[test]
fn two_registries_share_nothing() {
    let (one, other) = (Registry::new(), Registry::new());
    Jobs::register(&one).unwrap().jobs_total.inc();
    assert_eq!(Jobs::register(&other).unwrap().jobs_total.get(), 0);
}

#[test]
fn every_way_to_clash_is_refused_and_nothing_of_the_group_stays() {
    #[derive(MetricGroup, Debug)]
    #[allow(dead_code)]
    struct Clashes {
        /// Fine.
        fine_total: Counter<f64>,
        /// The base name of a counter in OpenMetrics.
        jobs: Gauge,
    }
    #[derive(MetricGroup, Debug)]
    #[allow(dead_code)]
    struct Time {
        /// The name of a histogram.
        job_seconds: Gauge,
    }
    let registry = Registry::new();
    Jobs::register(&registry).unwrap();
    let before = registry.render(Format::Text);
    let error = Clashes::register(&registry).unwrap_err();
    assert!(
        matches!(&error, RegisterError::Clash { name, existing, .. }
        if name == "jobs" && existing == "jobs_total"),
        "{error}"
    );
    assert!(matches!(
        Time::register(&registry),
        Err(RegisterError::Clash { .. })
    ));
    assert_eq!(
        registry.render(Format::Text),
        before,
        "nothing of the groups is there"
    );
}

#[test]
fn the_namespace_is_part_of_what_is_checked() {
    let registry = |namespace: &str| Registry::builder().namespace(namespace).build();
    for (namespace, fault) in [
        ("My-Shop", NameFault::NotSnakeCase),
        ("9lives", NameFault::NotSnakeCase),
        ("shop_", NameFault::StrayUnderscore),
        ("shop_ms", NameFault::TimeUnit),
    ] {
        let error = registry(namespace).unwrap_err();
        assert!(error.to_string().contains(fault.message()), "{error}");
    }
    assert!(registry("").is_ok());
}

#[test]
fn a_group_can_do_without_the_namespace() {
    #[derive(MetricGroup)]
    #[metrics(prefix = "process", namespace = false)]
    #[allow(dead_code)]
    struct Process {
        /// Threads.
        threads: Gauge,
    }
    let registry = Registry::builder().namespace("shop").build().unwrap();
    Process::register(&registry).unwrap();
    assert!(
        registry
            .render(Format::Text)
            .contains("\nprocess_threads 0\n")
    );
}

#[test]
fn labels_of_the_registry_are_checked_alone_and_against_the_metrics() {
    let error = Registry::builder()
        .constant_label("le", "1")
        .build()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`le` as a namespace or constant label"),
        "{error}"
    );
    let twice = Registry::builder()
        .constant_label("a", "1")
        .constant_label("a", "2")
        .build();
    assert!(matches!(twice, Err(RegisterError::DuplicateLabel { .. })));
    let registry = Registry::builder()
        .constant_label("region", "eu")
        .build()
        .unwrap();
    let error = Jobs::register(&registry).err().unwrap();
    assert_eq!(
        error.to_string(),
        "label `region` stands twice in metric `regional_jobs_total`; constant labels of the \
         registry count as well"
    );
    assert!(!registry.render(Format::Text).contains("jobs_total"));
}

#[test]
fn a_label_of_the_registry_does_not_take_the_place_of_a_state() {
    #[derive(MetricGroup, Debug)]
    #[allow(dead_code)]
    struct Lamp {
        /// Lit.
        lit: vitalsigns::StateSet<bool>,
    }
    let registry = Registry::builder()
        .constant_label("lit", "x")
        .build()
        .unwrap();
    let error = Lamp::register(&registry).unwrap_err();
    assert!(
        matches!(error, RegisterError::DuplicateLabel { .. }),
        "{error}"
    );
}

#[test]
fn the_builder_can_set_other_buckets() {
    let registry = Registry::builder()
        .namespace("shop")
        .buckets("shop_job_seconds", [60.0, 3600.0])
        .build()
        .unwrap();
    assert_eq!(registry.unused_buckets(), ["shop_job_seconds"]);
    Jobs::register(&registry).unwrap().job_seconds.observe(100);
    assert!(registry.unused_buckets().is_empty());
    assert!(
        registry
            .render(Format::Text)
            .contains("shop_job_seconds_bucket{le=\"3600.0\"} 1\n")
    );

    for bounds in [
        vec![],
        vec![2.0, 1.0],
        vec![1.0, 1.0],
        vec![f64::NAN],
        vec![f64::INFINITY],
    ] {
        let result = Registry::builder().buckets("x", bounds.clone()).build();
        assert!(
            matches!(result, Err(RegisterError::Buckets { .. })),
            "{bounds:?}"
        );
    }
    let wrong = Registry::builder()
        .buckets("jobs_total", [1.0])
        .build()
        .unwrap();
    let error = Jobs::register(&wrong).err().unwrap();
    assert_eq!(
        error.to_string(),
        "buckets were set for metric `jobs_total`, which is a counter"
    );
}
